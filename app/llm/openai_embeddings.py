"""Embeddings of any server that speaks the OpenAI API. Base64 is asked for: fewer bytes, and far less parsing."""

import base64
import binascii
import sys
from array import array
from collections.abc import Sequence
from typing import Any

import httpx
import msgspec

from app.llm.answer import BYTES_PER_TOKEN
from app.llm.embedder import DIMENSIONS
from app.llm.http import Endpoint, whole
from app.llm.limits import ModelLimits
from app.llm.optional_fields import OptionalFields
from app.llm.provider import AttemptFailed
from app.llm.wire import embedded

FIXED_SIZE = {"text-embedding-ada-002"}  # refuses `dimensions`, and has the right number


class OpenAIEmbeddings:
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
        self._endpoint = Endpoint(http, base_url, "/embeddings", api_key=api_key, limits=limits or ModelLimits())
        sized = {} if model in FIXED_SIZE else {"dimensions": DIMENSIONS}
        self._optional = OptionalFields(encoding_format="base64", **sized)

    async def vectors(self, texts: Sequence[str]) -> tuple[list[list[float]], int]:
        body: dict[str, Any] = {"model": self._model, "input": list(texts)}
        async with self._endpoint.post(body, self._optional) as (response, size):
            answer = await whole(response)
        try:
            found = embedded.decode(answer)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise AttemptFailed("broken") from None
        ordered = sorted(enumerate(found.data), key=lambda pair: pair[0] if pair[1].index is None else pair[1].index)
        usage = found.usage.usage if found.usage is not None else None
        tokens = usage.input_tokens if usage is not None else size // BYTES_PER_TOKEN
        return [_numbers(each.embedding) for _, each in ordered], tokens


def _numbers(written: str | list[float]) -> list[float]:
    """From a list, or from base64 of little-endian 32-bit floats."""
    if isinstance(written, list):
        return written
    numbers = array("f")
    try:
        numbers.frombytes(base64.b64decode(written, validate=True))
    except (binascii.Error, ValueError):
        raise AttemptFailed("broken") from None
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tolist()
