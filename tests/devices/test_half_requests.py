"""Connections that never become a request, or one that cannot be read: none stays open for ever."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.types import Receive, Scope, Send
from uvicorn.config import Config
from uvicorn.server import Server
from websockets.exceptions import InvalidStatus

from app.cli.http_server import HttpProtocol
from app.cli.server_flags import SERVER_FLAGS
from tests.devices.live import LiveService
from tests.devices.sockets import opened

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
)


class Impatient(HttpProtocol):
    head_s = 0.4


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    """An application: answers a request after twice the patience; accepts a socket and keeps it."""
    await receive()
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        await receive()
        return
    await asyncio.sleep(2 * Impatient.head_s)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@asynccontextmanager
async def connection() -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    flags = SERVER_FLAGS | {"loop": "none", "http": Impatient, "timeout_graceful_shutdown": 1}
    server = Server(Config(hello, host="127.0.0.1", port=0, lifespan="off", **flags))
    serving = asyncio.create_task(server._serve())
    while not server.started:  # noqa: ASYNC110 - a test looks from outside
        await asyncio.sleep(0.01)
    reader, writer = await asyncio.open_connection(*server.servers[0].sockets[0].getsockname())
    try:
        yield reader, writer
    finally:
        writer.close()
        server.should_exit = True
        await serving


async def is_closed(reader: asyncio.StreamReader, within_s: float = 10) -> bool:
    try:
        return await asyncio.wait_for(reader.read(), within_s) == b""
    except TimeoutError:
        return False


@pytest.mark.parametrize("half", [b"", b"\r\n", GET[:-2], UPGRADE[:-2], UPGRADE[:60]], ids=ascii)
async def test_half_a_request_is_not_waited_for_for_ever(half: bytes) -> None:
    async with connection() as (reader, writer):
        writer.write(half)
        assert await is_closed(reader)


async def test_bytes_that_trickle_in_do_not_prolong_the_wait() -> None:
    async with connection() as (reader, writer):
        for byte in UPGRADE[:100]:
            if reader.at_eof():
                break
            writer.write(bytes([byte]))
            await asyncio.sleep(0.05)
        assert reader.at_eof()


async def test_half_a_second_request_is_not_waited_for_either() -> None:
    async with connection() as (reader, writer):
        writer.write(GET)
        assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
        writer.write(GET[:-2])
        assert await is_closed(reader)


async def test_an_answer_may_take_longer_and_the_connection_is_kept() -> None:
    async with connection() as (reader, writer):
        for _ in range(2):
            writer.write(GET)
            await reader.readuntil(b"ok")
        assert not await is_closed(reader, 2 * Impatient.head_s)


async def test_a_socket_stays_open() -> None:
    async with connection() as (reader, writer):
        writer.write(UPGRADE)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")
        assert not await is_closed(reader, 2 * Impatient.head_s)


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"query": "?token=" + "x" * 9000}, 414),
        ({"headers": {"Authorization": "Bearer " + "x" * 9000}}, 431),
        ({"headers": {f"X-{number}": "x" for number in range(200)}}, 431),
    ],
    ids=["address", "header", "headers"],
)
async def test_an_upgrade_too_long_to_read_is_refused(
    service: LiveService, asked: dict[str, object], status: int
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with opened(service, None, **asked):  # type: ignore[arg-type]  # query or headers
            pass
    assert refused.value.response.status_code == status
    assert b"xxx" not in (refused.value.response.body or b"")
