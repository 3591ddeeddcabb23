"""The service behind its real server, on the loopback, for what an in-process client cannot send."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from typing import Any

import orjson
import uvicorn
from fastapi import FastAPI

from app.cli.server_flags import SERVER_FLAGS


@dataclass
class RawAnswer:
    status: int
    headers: Message
    body: bytes

    def json(self) -> Any:
        return orjson.loads(self.body)


@dataclass
class Served:
    port: int

    async def send(self, request: bytes, *more: bytes) -> RawAnswer:
        """Send exactly these bytes (and `more`, a moment apart), and read one answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(request)
            for part in more:
                await asyncio.sleep(0.02)
                writer.write(part)
            async with asyncio.timeout(10):
                return await _read(reader)
        finally:
            writer.close()

    async def request(self, method: str, path: str, *headers: str, body: bytes = b"") -> RawAnswer:
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *headers]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        return await self.send("\r\n".join([*lines, "", ""]).encode("latin-1") + body)


async def _read(reader: asyncio.StreamReader) -> RawAnswer:
    status_line = await reader.readline()
    raw_headers = b""
    while (line := await reader.readline()).strip():
        raw_headers += line
    headers = BytesParser().parsebytes(raw_headers)
    length = headers["content-length"]
    body = await reader.readexactly(int(length)) if length is not None else await reader.read()
    return RawAnswer(int(status_line.split()[1]), headers, body)


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[Served]:
    """The application must be running already; this is only the server in front of it."""
    flags = {name: value for name, value in SERVER_FLAGS.items() if name != "loop"}
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, lifespan="off", **flags))
    task = asyncio.create_task(server._serve())
    while not server.started:  # noqa: ASYNC110 - a test looks from outside
        await asyncio.sleep(0.01)
    yield Served(server.servers[0].sockets[0].getsockname()[1])
    server.should_exit = True
    await task
