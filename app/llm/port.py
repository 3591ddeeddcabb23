"""The model port: what the service asks of a language model, in its own words.

A model is asked once and answers as a stream of deltas. Messages and tools have the shapes of the OpenAI chat API, which
every adapter takes as they are or translates (https://platform.openai.com/docs/api-reference/chat).
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

Message = dict[str, Any]  # {"role": "system" | "user" | "assistant" | "tool", "content": ..., ...}
ToolSchema = dict[str, Any]  # {"type": "function", "function": {"name", "description", "parameters"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRequest:
    """One question to a model. `tools` empty: it must answer in text."""

    messages: Sequence[Message]
    tools: Sequence[ToolSchema] = ()


@dataclass(frozen=True, slots=True)
class TextDelta:
    """More of the answer's text: all that one read from the network brought, never empty."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCallRequest:
    """A tool the model wants called, complete. `arguments` is what the model wrote: maybe not JSON at all."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ModelUsage:
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class Finished:
    """The last delta of every answer that came to its end. `model` is the one that answered (maybe a fallback).

    `usage` is the provider's count, or an estimate when it gives none. `is_free`: costs nobody anything.
    """

    usage: ModelUsage
    model: str
    is_free: bool = False


Delta = TextDelta | ToolCallRequest | Finished


@runtime_checkable
class ChatModel(Protocol):
    """Ask it with `async for delta in model.stream(request)`.

    Tool calls come complete, after the text. Closing the iterator, or cancelling whoever waits on it, closes the
    request to the provider. Raises the errors of `app.llm.failures` and nothing else.
    """

    @property
    def is_free(self) -> bool: ...

    def stream(self, request: ModelRequest) -> AsyncIterator[Delta]: ...


@runtime_checkable
class Embedder(Protocol):
    """Texts to vectors of 1536 floats, unit length. Raises the errors of `app.llm.failures`."""

    async def embed(self, texts: Sequence[str]) -> list[list[float]]: ...
