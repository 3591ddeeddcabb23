"""What an adapter is to the layer that repeats, waits and falls back: one attempt at an answer."""

from collections.abc import AsyncGenerator, Sequence
from typing import Literal, Protocol

from app.llm.port import Finished, ModelRequest, ToolCallRequest

Kind = Literal["unreachable", "busy", "broken", "refused", "timeout", "too_long"]
# Text; a tool call; the end; or None: a sign of life that is not for handing on (reasoning, a piece of a tool call).
Part = str | ToolCallRequest | Finished | None


class AttemptFailed(Exception):
    """One attempt came to nothing, or broke off. Holds facts for the log and never what the provider wrote.

    unreachable: no connection, or it was lost before an answer began. busy: 429 and 5xx. broken: the answer cannot be
    read or has no end. refused: asking again changes nothing. timeout: silence. too_long: over the model's window.
    """

    def __init__(
        self, kind: Kind, *, status: int | None = None, code: str | None = None, retry_after_s: float | None = None
    ) -> None:
        super().__init__(kind)
        self.kind = kind
        self.status = status
        self.code = code
        self.retry_after_s = retry_after_s

    @property
    def may_pass(self) -> bool:
        """Can the same question to the same model succeed a moment later?"""
        return self.kind in ("unreachable", "busy", "broken")


class Provider(Protocol):
    """A model at its provider. Ends with `Finished`, or raises `AttemptFailed`; closing it closes its request."""

    name: str
    is_free: bool

    def attempt(self, request: ModelRequest) -> AsyncGenerator[Part, None]: ...


class EmbeddingProvider(Protocol):
    """Vectors in the order of the texts, as they came, and the tokens read. Raises `AttemptFailed`."""

    name: str

    async def vectors(self, texts: Sequence[str]) -> tuple[list[list[float]], int]: ...
