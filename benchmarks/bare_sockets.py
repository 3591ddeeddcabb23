"""The baselines of the device socket: round trips over a WebSocket route as anybody would write them, and nothing else.

No accounts, no limits, no checks: a future for each id, `asyncio.timeout` around it, JSON both ways. Ids are a counter,
which costs less than making them unguessable.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import orjson
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket, WebSocketDisconnect

from benchmarks.bare import OneStatement, Pool
from benchmarks.driver import Driver
from benchmarks.round_trips import FILTERS, LIMIT, NEW_TASK, REQUEST, device_id

PATH = "/ws"
CALL_S = 30
INSERT = """
    INSERT INTO tool_calls (id, user_id, device_id, action, arguments, created_at) VALUES ($1, $2, $3, $4, $5, $6)
"""
COMMITTED = b"x" * 420  # about what a task's sealed frame takes

Frame = dict[str, Any]


class BareDevice:
    def __init__(self, socket: WebSocket, *, stdlib_json: bool) -> None:
        self._socket, self._stdlib_json = socket, stdlib_json
        self._waiting: dict[str, asyncio.Future[Frame]] = {}
        self._ids = count(1)

    async def serve(self) -> None:
        loads = json.loads if self._stdlib_json else orjson.loads
        try:
            while True:
                frame: Frame = loads(await self._socket.receive_text())
                waiter = self._waiting.get(frame.get("id", ""))
                if waiter is not None and not waiter.done():
                    waiter.set_result(frame)
        except WebSocketDisconnect:
            return

    async def call(self, **fields: Any) -> Frame:
        call_id = f"{next(self._ids):036d}"
        deadline = int(datetime.now(UTC).timestamp() * 1000) + CALL_S * 1000
        frame = {
            "type": "tool_call",
            "id": call_id,
            **fields,
            "request_id": REQUEST,
            "attempt": 1,
            "deadline": deadline,
        }
        waiter: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._waiting[call_id] = waiter
        try:
            await self._socket.send_text(json.dumps(frame) if self._stdlib_json else orjson.dumps(frame).decode())
            async with asyncio.timeout(CALL_S):
                return await waiter
        finally:
            del self._waiting[call_id]


class BareDevices:
    def __init__(self, *, stdlib_json: bool = False) -> None:
        self._stdlib_json = stdlib_json
        self._of: dict[str, BareDevice] = {}

    async def take(self, socket: WebSocket) -> None:
        """The socket's endpoint."""
        await socket.accept()
        hello = orjson.loads(await socket.receive_text())
        device = self._of[hello["device_id"]] = BareDevice(socket, stdlib_json=self._stdlib_json)
        await socket.send_text('{"type":"device_ready"}')
        await device.serve()

    async def select(self, number: int) -> object:
        answer = await self._of[device_id(number)].call(action="select", table="tasks", filters=FILTERS, limit=LIMIT)
        return answer["rows"]

    async def insert(self, number: int) -> object:
        return (await self._of[device_id(number)].call(action="insert", table="tasks", data=NEW_TASK))["row"]


def bare_sockets(*, database_url: str | None = None, user_id: str = "", pool_size: int = 5) -> ASGIApp:
    """A Starlette route, orjson. Given a database, it also commits: the ledger's INSERT, with nothing around it."""
    devices = BareDevices()
    pools: list[Pool] = []

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        if database_url is None:
            yield
            return
        async with asyncpg.create_pool(
            database_url, min_size=pool_size, max_size=pool_size, connection_class=OneStatement
        ) as pool:
            pools.append(pool)
            yield

    async def commit(number: int) -> object:
        values = (uuid4(), UUID(user_id), device_id(number), "insert", COMMITTED, datetime.now(UTC))
        return await pools[0].execute(INSERT, *values)

    app = Starlette(routes=[WebSocketRoute(PATH, devices.take)], lifespan=lifespan)
    return Driver(app, {"select": devices.select, "insert": devices.insert, "commit": commit})


def stock_sockets() -> ASGIApp:
    """As FastAPI's documentation has it: a FastAPI route and the standard library's json."""
    devices = BareDevices(stdlib_json=True)
    app = FastAPI()

    @app.websocket(PATH)
    async def take(socket: WebSocket) -> None:
        await devices.take(socket)

    return Driver(app, {"select": devices.select, "insert": devices.insert})
