"""One POST to an OpenAI-compatible server over the shared client."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import orjson

from app.llm.limits import ModelLimits
from app.llm.optional_fields import OptionalFields
from app.llm.provider import AttemptFailed
from app.llm.refusals import from_answer

MAX_WHOLE_BYTES = 32 * 1024 * 1024  # of a body that is not a stream
MAX_ERROR_BYTES = 64 * 1024


class Endpoint:
    """`http` is shared and stays its owner's to close. Silence after the connection is the business of who waits."""

    def __init__(
        self, http: httpx.AsyncClient, base_url: str, path: str, *, api_key: str | None, limits: ModelLimits
    ) -> None:
        self._http = http
        self._url = httpx.URL(base_url.rstrip("/") + path)
        # Compressed pieces would wait in the decompressor for the next ones.
        headers = {"content-type": "application/json", "accept-encoding": "identity"}
        self._headers = httpx.Headers(headers | ({"authorization": f"Bearer {api_key}"} if api_key else {}))
        self._timeout = httpx.Timeout(None, connect=limits.connect_s, pool=limits.connect_s)

    @asynccontextmanager
    async def post(self, body: dict[str, Any], optional: OptionalFields) -> AsyncIterator[tuple[httpx.Response, int]]:
        """A response with status 200, not read yet, and the size of the request. Raises `AttemptFailed`.

        Leaving closes the request, wherever it stands.
        """
        while True:
            content = orjson.dumps(body | optional.now)
            response = await self._send(content)
            try:
                if response.status_code == 200:
                    yield response, len(content)
                    return
                error = await whole(response, MAX_ERROR_BYTES)
            finally:
                await response.aclose()
            failure = from_answer(response.status_code, response.headers, error)
            if not optional.dropped(failure, error):
                raise failure

    async def _send(self, content: bytes) -> httpx.Response:
        request = self._http.build_request(
            "POST", self._url, content=content, headers=self._headers, timeout=self._timeout
        )
        try:
            return await self._http.send(request, stream=True)
        except httpx.HTTPError:
            raise AttemptFailed("unreachable") from None


async def whole(response: httpx.Response, limit: int = MAX_WHOLE_BYTES) -> bytes:
    """A body up to a size; larger ones are cut. Raises `AttemptFailed` when the connection is lost."""
    received = bytearray()
    try:
        async for piece in response.aiter_bytes():
            received += piece
            if len(received) > limit:
                break
    except httpx.HTTPError:
        raise AttemptFailed("broken") from None
    return bytes(received[:limit])
