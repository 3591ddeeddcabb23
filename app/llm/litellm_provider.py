"""Every other provider, through LiteLLM.

LiteLLM itself and not langchain-litellm's ChatLiteLLM: the port speaks OpenAI messages, which LiteLLM takes as they are.
ChatLiteLLM would have them turned into LangChain's and back, with a message object for every token of the answer.

Importing it takes four seconds, so the first question does it, in a thread. Nothing else imports it.
"""

import asyncio
import logging
import os
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from functools import cache
from types import ModuleType
from typing import Any

import httpx
import msgspec

from app.llm.answer import BYTES_PER_TOKEN, Answer
from app.llm.embedder import DIMENSIONS
from app.llm.limits import ModelLimits
from app.llm.port import ModelRequest
from app.llm.provider import AttemptFailed, Part
from app.llm.refusals import kind, retry_after_s
from app.llm.wire import Chunk

# Read by LiteLLM and LangSmith while they are imported.
ENVIRONMENT = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # no download of prices
    "LITELLM_MODE": "PRODUCTION",  # no reading of .env
    "REPEATED_STREAMING_CHUNK_LIMIT": "100000",  # a line of a hundred dashes is no loop; what an answer may take is bounded
    "LANGSMITH_TRACING": "false",
}

_UNREACHABLE = {"APIConnectionError", "APITimeoutError", "Timeout"}


@cache
def _imported() -> ModuleType:
    os.environ.update(ENVIRONMENT)
    import litellm

    litellm.telemetry = False
    litellm.suppress_debug_info = True  # it prints to the terminal
    litellm.turn_off_message_logging = True
    litellm.drop_params = True  # `dimensions` and the like, where a provider has no such thing
    for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)  # its messages repeat what providers said
    return litellm


async def litellm() -> ModuleType:
    """Imported without holding up anybody else."""
    return await asyncio.to_thread(_imported)


class _Access:
    """Which model, where, and with whose key. Without a key LiteLLM looks for the provider's own in the environment."""

    def __init__(self, model: str, api_base: str | None, api_key: str | None, limits: ModelLimits | None) -> None:
        limits = limits or ModelLimits()
        self.options: dict[str, Any] = {
            "model": model,
            "timeout": httpx.Timeout(limits.call_s, connect=limits.connect_s),
            "max_retries": 0,
            "num_retries": 0,
        }
        self.options |= {"api_base": api_base} if api_base else {}
        self.options |= {"api_key": api_key} if api_key else {}


class LiteLLMModel:
    is_free = False

    def __init__(
        self,
        model: str,
        *,
        api_base: str | None = None,
        api_key: str | None = None,
        limits: ModelLimits | None = None,
    ) -> None:
        self.name = model
        self._access = _Access(model, api_base, api_key, limits)

    async def attempt(self, request: ModelRequest) -> AsyncGenerator[Part, None]:
        library = await litellm()
        asked: dict[str, Any] = {"messages": list(request.messages)}
        if request.tools:
            asked["tools"] = list(request.tools)
        options = {"stream": True, "stream_options": {"include_usage": True}}
        answer = Answer()
        try:
            stream = await library.acompletion(**self._access.options, **asked, **options)
            async for chunk in _chunks(stream):
                for part in answer.take(chunk):
                    yield part
        except AttemptFailed:
            raise
        except Exception as error:  # noqa: BLE001 - LiteLLM passes on whatever a provider's code raises
            raise _failure(error) from None
        for part in answer.end(self.name, len(msgspec.json.encode(asked))):
            yield part


async def _chunks(stream: Any) -> AsyncIterator[Chunk]:
    """LiteLLM's chunks as ours. It writes a finish of its own under a stream that has none; that one is taken away."""
    try:
        async for chunk in stream:
            ours = msgspec.convert(chunk.model_dump(), Chunk)
            if getattr(stream, "received_finish_reason", "") is None and not stream.intermittent_finish_reason:
                for choice in ours.choices or ():
                    choice.finish_reason = None
            yield ours
    finally:
        await stream.aclose()


class LiteLLMEmbeddings:
    def __init__(
        self,
        model: str,
        *,
        api_base: str | None = None,
        api_key: str | None = None,
        limits: ModelLimits | None = None,
    ) -> None:
        self.name = model
        self._access = _Access(model, api_base, api_key, limits)

    async def vectors(self, texts: Sequence[str]) -> tuple[list[list[float]], int]:
        library = await litellm()
        # OpenAI's own models of this size are the only ones LiteLLM knows to take `dimensions`; others drop it.
        options = {"input": list(texts), "dimensions": DIMENSIONS, "encoding_format": "float"}
        try:
            answer = (await library.aembedding(**self._access.options, **options)).model_dump()
        except Exception as error:  # noqa: BLE001 - as above
            raise _failure(error) from None
        vectors = [[float(number) for number in each["embedding"]] for each in answer["data"]]
        counted = (answer.get("usage") or {}).get("prompt_tokens")
        return vectors, counted or sum(map(len, texts)) // BYTES_PER_TOKEN


def _failure(error: BaseException) -> AttemptFailed:
    """LiteLLM's exceptions have a status for every provider; code and headers stay with what they were made from."""
    original = getattr(error, "original_exception", None)  # of a stream that broke
    if isinstance(original, BaseException):
        error = original
    name, status = type(error).__name__, getattr(error, "status_code", None)
    if name == "ContextWindowExceededError":
        return AttemptFailed("too_long", status=400, code="context_length_exceeded")
    chain = list(_chain(error))
    if not isinstance(status, int) or any(type(each).__name__ in _UNREACHABLE for each in chain):
        return AttemptFailed("unreachable", code=name)
    codes = (getattr(each, "code", None) for each in chain)
    code = next((each for each in codes if isinstance(each, str) and each.isidentifier()), None)
    headers = (getattr(getattr(each, "response", None), "headers", None) for each in chain)
    retry_s = retry_after_s(next(filter(None, headers), {}))
    return AttemptFailed(kind(status, code, str(error)), status=status, code=code or name, retry_after_s=retry_s)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
