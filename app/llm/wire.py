"""The OpenAI chat and embeddings formats as answers come: what is read of them, leniently, and nothing else.

Servers differ: fields may be missing or null, a message's content may be a list of parts, arguments an object.
"""

import json
from typing import Any

import msgspec

from app.llm.port import ModelUsage
from app.llm.refusals import ErrorBody


class TextPart(msgspec.Struct):
    type: str | None = None
    text: str | None = None


class Function(msgspec.Struct):
    name: str | None = None
    arguments: str | dict[str, Any] | None = None

    @property
    def written(self) -> str:
        arguments = self.arguments
        return json.dumps(arguments) if isinstance(arguments, dict) else arguments or ""


class CallFragment(msgspec.Struct):
    index: int | None = None
    id: str | None = None
    function: Function | None = None


class AnswerDelta(msgspec.Struct):
    """A piece of a message or, in an answer that is not streamed, all of it. Reasoning is not read at all."""

    content: str | list[TextPart] | None = None
    refusal: str | None = None
    tool_calls: list[CallFragment] | None = None

    @property
    def text(self) -> str:
        content = self.content
        if isinstance(content, list):
            return "".join(part.text or "" for part in content if part.type == "text")
        return content or self.refusal or ""


class Choice(msgspec.Struct):
    index: int | None = None
    delta: AnswerDelta | None = None
    message: AnswerDelta | None = None
    finish_reason: str | None = None


class Counted(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None

    @property
    def usage(self) -> ModelUsage | None:
        if self.prompt_tokens is None and self.completion_tokens is None:
            return None
        return ModelUsage(self.prompt_tokens or 0, self.completion_tokens or 0)


class Chunk(msgspec.Struct):
    choices: list[Choice] | None = None
    usage: Counted | None = None
    error: ErrorBody | str | None = None


class Embedding(msgspec.Struct):
    embedding: str | list[float]
    index: int | None = None


class Embeddings(msgspec.Struct):
    data: list[Embedding]
    usage: Counted | None = None


chunks = msgspec.json.Decoder(Chunk)
embedded = msgspec.json.Decoder(Embeddings)
