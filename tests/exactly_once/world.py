"""A service, its database and a real device, on an event loop of their own, with everything that can break within reach."""

import asyncio
import socket
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import httpx
from uvicorn.config import Config

from app.cli.draining import DrainingServer
from app.cli.server_flags import server_flags
from app.config import Settings
from app.devices.deps import DeviceServices
from app.devices.limits import SocketLimits
from app.main import create_app
from device import Device, Levers
from tests.conftest import CHEAP_PASSWORDS
from tests.exactly_once.witness import Change, Witness
from tests.factories.people import Person

T = TypeVar("T")

# Short enough that a run meets every deadline; the proportions are those of the service.
LIMITS = SocketLimits(call_s=0.6, absence_s=1.0)


class Loop:
    """An event loop in a thread, for tests that are written without one."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T], within_s: float = 60) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(within_s)

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


class Served:
    """The service on a port that stays the same when it is killed and started again."""

    def __init__(self, settings: Settings, limits: SocketLimits = LIMITS) -> None:
        self._settings, self._limits = settings, limits
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._server: DrainingServer | None = None
        self._serving: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def devices(self) -> DeviceServices:
        assert self._server is not None
        services: DeviceServices = self._server._app.state.devices
        return services

    async def start(self) -> None:
        app = create_app(self._settings, with_worker=False, limits=self._limits, password_cost=CHEAP_PASSWORDS)
        flags = server_flags(self._settings) | {"loop": "none", "timeout_graceful_shutdown": 1}
        self._server = DrainingServer(Config(app, **flags), app)
        self._serving = asyncio.create_task(self._server._serve([socket.create_server(("127.0.0.1", self.port))]))
        while not self._server.started:
            await asyncio.wait([self._serving], timeout=0.01)
            assert not self._serving.done()

    async def kill(self) -> None:
        """Gone in the middle of everything: what was not committed is lost, and nobody is told."""
        assert self._server is not None
        assert self._serving is not None
        self._server._app.state.drain_sockets = _nothing
        calls = self.devices.calls
        for listening in self._server.servers:
            listening.close()
        for connection in list(self._server.server_state.connections):
            connection.transport.abort()
        for task in [*self._server.server_state.tasks, *calls._recording]:
            task.cancel()
        self._server.should_exit = True
        await self._serving

    stop = kill


async def _nothing() -> None: ...


class World:
    """One person, their device, and the changes they asked for."""

    def __init__(self, served: Served, home: Path, http: httpx.AsyncClient, levers: Levers | None = None) -> None:
        self.served, self.http = served, http
        self._home, self._levers = home, levers or Levers()
        self.changes: list[Change] = []
        self._asking: set[asyncio.Task[None]] = set()
        self._made = 0

    async def begin(self) -> None:
        self.person = await Person.register(self.http)
        self.user_id = await self.person.id()
        self.device = Device(
            self._home,
            self.served.url,
            tokens=self.person.access_token,
            levers=self._levers,
            backoff_base_s=0.02,
            backoff_cap_s=0.1,
            crowded_s=0.05,
            durable=False,
        )
        self.witness = Witness(self.device.store.path)
        self._running = asyncio.create_task(self.device.run())
        await self.device.ready()

    def tag(self) -> str:
        self._made += 1
        return f"{self.user_id[:8]} {self._made}"

    async def ask(self, action: str, tag: str, **body: Any) -> Change:
        """Ask for a change, and do not wait."""
        change = Change(action, tag, {"action": action, "table": "tasks", **body})
        self.changes.append(change)
        task = asyncio.create_task(self._ask(change))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)
        await asyncio.sleep(0)
        return change

    async def _ask(self, change: Change) -> None:
        try:
            answer = await self.person.post(f"/devices/{self.device.device_id}/call", json=change.body, timeout=30)
        except httpx.TransportError:
            return
        change.told, change.answer = answer.status_code, answer.json()

    async def answered(self) -> None:
        """Everybody who asked has been told, or left alone."""
        if self._asking:
            await asyncio.wait(self._asking, timeout=30)
        assert not self._asking, "a call never ended"

    async def quiet(self, pending: Any) -> None:
        """Nothing is broken any more, and nothing under way: what was unanswered has been asked again and recorded."""
        self._heal()
        await self.answered()
        await self.device.ready()
        for attempt in range(200):
            if not pending():
                return
            if attempt % 40 == 39:
                self.device.cut()  # what was given up while connected is asked for at the next hello
            await asyncio.sleep(0.05)
        raise AssertionError("a change never got its outcome recorded")

    def _heal(self) -> None:
        levers = self._levers
        levers.slow_before_s = levers.slow_after_s = levers.cut_before_chance = levers.cut_after_chance = 0
        levers.cut_before = levers.cut_after = levers.duplicate = levers.reorder = levers.forget = 0

    async def end(self) -> None:
        await self.device.stop()
        await asyncio.wait([self._running], timeout=5)

    def open_calls(self) -> list[str]:
        """The ids of the calls under way, as the service knows them."""
        line = self.served.devices.hub.line(UUID(self.user_id), self.device.device_id)
        return list(line.calls) if line is not None else []
