"""Connections of the database pools."""

import asyncio
from urllib.parse import urlsplit

import pytest

from app.kit.db import APP_ROLE, connector


class _SwallowsWhatFollows:
    """Passes everything on between a client and Postgres until the client says a word; what follows is never answered."""

    def __init__(self, host: str, port: int, word: bytes) -> None:
        self._upstream, self._word = (host, port), word
        self.heard, self.hung_up = asyncio.Event(), asyncio.Event()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, questions = await asyncio.open_connection(*self._upstream)
        passing = asyncio.create_task(self._pass_on(answers, writer))
        while data := await reader.read(65536):
            if self._word in data:
                self.heard.set()
            else:
                questions.write(data)
        self.hung_up.set()
        passing.cancel()
        questions.close()
        writer.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)


async def test_a_connection_whose_opening_is_cancelled_is_closed(database_url: str) -> None:
    address = urlsplit(database_url)
    assert address.hostname is not None
    assert address.port is not None
    postgres = _SwallowsWhatFollows(address.hostname, address.port, b"SET ROLE")
    async with await asyncio.start_server(postgres, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        there = address._replace(netloc=address.netloc.replace(f":{address.port}", f":{port}")).geturl()
        opening = asyncio.ensure_future(connector(there, APP_ROLE)())
        await asyncio.wait_for(postgres.heard.wait(), 20)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        await asyncio.wait_for(postgres.hung_up.wait(), 20)
