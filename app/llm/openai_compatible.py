"""Any server that speaks the OpenAI chat API, straight over HTTP: a tenth of the work LiteLLM does for one."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from typing import Any

import httpx
import msgspec

from app.llm.answer import Answer
from app.llm.http import Endpoint, whole
from app.llm.limits import ModelLimits
from app.llm.optional_fields import OptionalFields
from app.llm.port import ModelRequest
from app.llm.provider import AttemptFailed, Part
from app.llm.sse import EventReader, EventTooLarge
from app.llm.wire import chunks

USAGE_WAIT_S = 2.0  # after the answer's end, for its usage
END_WAIT_S = 0.25  # after everything, for the body's end: only then the connection can be used again


class OpenAICompatible:
    """`model` is what the server calls it, `name` what the settings do. `base_url` includes any version: `…/v1`."""

    is_free = False

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        base_url: str,
        model: str,
        name: str | None = None,
        api_key: str | None = None,
        limits: ModelLimits | None = None,
    ) -> None:
        self.name = name or f"openai/{model}"
        self._model = model
        limits = limits or ModelLimits()
        self._endpoint = Endpoint(http, base_url, "/chat/completions", api_key=api_key, limits=limits)
        self._optional = OptionalFields(stream_options={"include_usage": True})

    async def attempt(self, request: ModelRequest) -> AsyncGenerator[Part, None]:
        body: dict[str, Any] = {"model": self._model, "stream": True, "messages": list(request.messages)}
        if request.tools:
            body["tools"] = list(request.tools)
        answer = Answer()
        async with self._endpoint.post(body, self._optional) as (response, size):
            if response.headers.get("content-type", "").startswith("application/json"):
                for part in _parts(answer, [await whole(response)]):  # a server that does not stream
                    yield part
            else:
                async for events in _reads(response, answer):
                    for part in _parts(answer, events):
                        yield part
        for part in answer.end(self.name, size):
            yield part


async def _reads(response: httpx.Response, answer: Answer) -> AsyncIterator[list[bytes]]:
    """Events as they come. Once the answer has finished, losing the connection or waiting long ends it, and well."""
    reader, wait_s = EventReader(), None
    pieces = response.aiter_bytes()
    try:
        while True:
            async with asyncio.timeout(wait_s):
                piece = await anext(pieces, None)
            events = reader.end() if piece is None else reader.feed(piece)
            if events:
                yield events
            if piece is None:
                return
            if answer.has_finished:
                wait_s = USAGE_WAIT_S if answer.usage is None and b"[DONE]" not in events else END_WAIT_S
    except (httpx.HTTPError, EventTooLarge, TimeoutError):
        if not answer.has_finished:
            raise AttemptFailed("broken") from None


def _parts(answer: Answer, events: list[bytes]) -> Iterator[Part]:
    for event in events:
        if event == b"[DONE]":
            answer.has_finished = True
            continue
        try:
            chunk = chunks.decode(event)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise AttemptFailed("broken") from None
        yield from answer.take(chunk)
