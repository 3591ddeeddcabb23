"""Just enough HTTP/1.1 to break it on purpose: bodies that stop, headers that never come, clients that hang up."""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus


class Connection(asyncio.Protocol):
    """One client's connection: a request, its answer, the next request. It knows at once when the client hangs up."""

    def __init__(self, server: "HttpServer") -> None:
        self._server = server
        self._received = bytearray()
        self._answering: asyncio.Task[None] | None = None
        self.headers: dict[str, str] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._server.connections.add(self)
        self._server.ports.add(transport.get_extra_info("peername")[1])

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, rest = bytes(self._received).partition(b"\r\n\r\n")
        if not found:
            return
        request, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", "0"))
        if len(rest) < length:
            return
        self.headers = headers
        self._received = bytearray(rest[length:])
        self._answering = asyncio.get_running_loop().create_task(self._answer(request.split(" ")[1], rest[:length]))

    async def _answer(self, path: str, body: bytes) -> None:
        self._server.in_flight += 1
        self._server.changed()
        try:
            await self._server.answer(self, path, body)
        finally:
            self._server.in_flight -= 1
            self._server.changed()

    def connection_lost(self, _error: Exception | None) -> None:
        self._server.connections.discard(self)
        if self._answering is not None and not self._answering.done():
            self._server.closed_early += 1
            self._answering.cancel()

    def open(
        self, status: int, content_type: str, *, length: int | None = None, retry_after: str | None = None
    ) -> None:
        """Send the head. Without a length the body goes in chunks."""
        size = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
        wait = f"Retry-After: {retry_after}\r\n" if retry_after is not None else ""
        head = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: {content_type}\r\n{wait}{size}\r\n\r\n"
        self.transport.write(head.encode())

    def whole(self, status: int, body: bytes, content_type: str, *, retry_after: str | None = None) -> None:
        self.open(status, content_type, length=len(body), retry_after=retry_after)
        self.transport.write(body)

    def part(self, data: bytes) -> None:
        self.transport.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def end(self) -> None:
        self.transport.write(b"0\r\n\r\n")

    async def stop(self) -> None:
        answering, self._answering = self._answering, None
        self.transport.abort()
        if answering is not None and not answering.done():
            answering.cancel()
            await asyncio.wait([answering])


class HttpServer:
    """On a free port of 127.0.0.1, or on one of the caller's choice."""

    def __init__(self, answer: Callable[[Connection, str, bytes], Awaitable[None]], port: int = 0) -> None:
        self.answer = answer
        self.port = port
        self.in_flight = 0
        self.closed_early = 0
        self.connections: set[Connection] = set()
        self.ports: set[int] = set()  # of clients: one for each connection there was
        self._change = asyncio.Event()

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Connection(self), "127.0.0.1", self.port, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._server.close()
        for connection in list(self.connections):
            await connection.stop()
        await self._server.wait_closed()

    def changed(self) -> None:
        change, self._change = self._change, asyncio.Event()
        change.set()

    async def until_in_flight(self, least: int, most: int, within_s: float) -> None:
        async with asyncio.timeout(within_s):
            while not least <= self.in_flight <= most:
                await self._change.wait()
