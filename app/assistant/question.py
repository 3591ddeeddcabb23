"""A question, the same whatever it came in by."""

from typing import Any, Literal
from uuid import UUID

import msgspec

from app.devices.frames import Scope
from app.errors import AdiuvaError
from app.threads.tokens import PER_MESSAGE, cut, tokens

MOST_CHARACTERS = 32_000
MOST_HISTORY = 200  # messages a client may send along


class MessageTooLong(AdiuvaError):
    status = 413
    code = "too_large"


class Question(msgspec.Struct, frozen=True, kw_only=True):
    user_id: UUID
    request_id: str
    kind: Literal["home", "floating"]
    message: str
    thread_id: UUID | None = None
    session_id: str | None = None
    context: dict[str, Any] = {}
    history: list[dict[str, Any]] = []  # of the client; used when there is no thread
    scope: Scope | None = None
    device_id: str | None = None  # the sender; None: asked over REST
    timezone: str | None = None
    request_hash: bytes | None = None  # of all that was asked, when the request may be sent again

    def check(self) -> None:
        """Raises `MessageTooLong`."""
        if len(self.message) > MOST_CHARACTERS:
            raise MessageTooLong(f"A message may have at most {MOST_CHARACTERS:,} characters.")

    def earlier(self, *, most_tokens: int) -> list[dict[str, str]]:
        """What the client tells of the conversation so far: words of user and assistant, nothing else.

        The newest that fit together, whole; only when already the newest is too long, its beginning.
        """
        told: list[dict[str, str]] = []
        left = most_tokens
        for message in reversed(self.history[-MOST_HISTORY:]):
            role, content = message.get("role"), message.get("content")
            if not (role in ("user", "assistant") and isinstance(content, str) and content.strip()):
                continue
            if not told:
                content = cut(content, left - PER_MESSAGE)
            left -= tokens([{"role": role, "content": content}])
            if left < 0:
                break
            told.append({"role": role, "content": content})
        return told[::-1]
