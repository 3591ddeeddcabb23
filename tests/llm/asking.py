"""Asking a model in a test, and which adapters there are."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
import structlog

from app.llm.limits import ModelLimits
from app.llm.litellm_provider import LiteLLMModel
from app.llm.openai_compatible import OpenAICompatible
from app.llm.port import ChatModel, Finished, ModelRequest, TextDelta, ToolCallRequest
from app.llm.provider import Provider

Adapter = Callable[[httpx.AsyncClient, str, str, ModelLimits], Provider]

LIST_TASKS: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "list_tasks",
        "description": "Tasks.",
        "parameters": {"type": "object", "properties": {"status": {"type": "string"}}},
    },
}


def lean(http: httpx.AsyncClient, url: str, name: str, limits: ModelLimits) -> Provider:
    return OpenAICompatible(http, base_url=url, model=name, name=name, api_key="sk-test", limits=limits)


def through_litellm(http: httpx.AsyncClient, url: str, name: str, limits: ModelLimits) -> Provider:
    return LiteLLMModel(f"openai/{name}", api_base=url, api_key="sk-test", limits=limits)


@dataclass
class Heard:
    """What came of one question."""

    texts: list[str] = field(default_factory=list)
    calls: list[ToolCallRequest] = field(default_factory=list)
    finished: Finished | None = None

    @property
    def text(self) -> str:
        return "".join(self.texts)

    @property
    def called(self) -> list[tuple[str, Any]]:
        return [(call.name, orjson.loads(call.arguments)) for call in self.calls]


def question(text: str = "Hello?", *, tools: bool = False) -> ModelRequest:
    return ModelRequest(messages=[{"role": "user", "content": text}], tools=[LIST_TASKS] if tools else ())


async def ask(model: ChatModel, request: ModelRequest | None = None, heard: Heard | None = None) -> Heard:
    """Everything to the end. `heard` is filled as it comes, for answers that fail."""
    heard = heard or Heard()
    async for delta in model.stream(request or question()):
        assert heard.finished is None, "something came after the end"
        match delta:
            case TextDelta(text):
                assert text
                assert not heard.calls, "text after a tool call"
                heard.texts.append(text)
            case ToolCallRequest():
                heard.calls.append(delta)
            case Finished():
                heard.finished = delta
    return heard


def lines(logged: list[structlog.typing.EventDict], event: str) -> list[structlog.typing.EventDict]:
    return [line for line in logged if line["event"] == event]
