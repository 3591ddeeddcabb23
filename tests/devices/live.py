"""The service behind a real port, in this process: its clock can be moved and its parts be looked at."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
from uvicorn.config import Config

from app.assistant.limits import TurnLimits
from app.cli.draining import DrainingServer
from app.cli.server_flags import server_flags
from app.config import Settings
from app.devices.deps import DeviceServices
from app.devices.limits import SocketLimits
from app.llm.limits import ModelLimits
from app.main import create_app
from tests.conftest import CHEAP_PASSWORDS, Service
from tests.fakes.clock import MovableClock


@dataclass
class LiveService(Service):
    port: int = 0
    stop: Callable[[], Awaitable[None]] | None = None  # what SIGTERM does; returns when all is closed
    server: DrainingServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def socket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/api/v1/ws/device"

    @property
    def devices(self) -> DeviceServices:
        services: DeviceServices = self.app.state.devices
        return services


@asynccontextmanager
async def live(
    settings: Settings,
    *,
    limits: SocketLimits | None = None,
    turn_limits: TurnLimits | None = None,
    model_limits: ModelLimits | None = None,
    with_worker: bool = False,
    port: int = 0,
) -> AsyncIterator[LiveService]:
    """Serve until the block ends, as `python -m app serve` does: drained, then closed."""
    clock = MovableClock()
    app = create_app(
        settings,
        clock=clock,
        with_worker=with_worker,
        limits=limits,
        turn_limits=turn_limits,
        model_limits=model_limits,
        password_cost=CHEAP_PASSWORDS,
    )
    listener = socket.create_server(("127.0.0.1", port), backlog=1024)
    flags = server_flags(settings) | {"loop": "none", "timeout_graceful_shutdown": 2}
    server = DrainingServer(Config(app, **flags), app)
    server.capture_signals = _no_signals  # type: ignore[method-assign, assignment]  # they belong to pytest
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    await _until_it_listens(server, serving)
    bound = listener.getsockname()[1]

    async def stop() -> None:
        app.state.begin_stopping()
        server.should_exit = True
        await serving

    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{bound}/api/v1", timeout=40, verify=False) as http:
            yield LiveService(app, settings, clock, http, port=bound, stop=stop, server=server)
    finally:
        await stop()


async def _until_it_listens(server: DrainingServer, serving: "asyncio.Task[None]") -> None:
    while not server.started:
        await asyncio.wait([serving], timeout=0.01)
        if serving.done():
            await serving


class _no_signals:  # noqa: N801 - stands for a method that is a context manager
    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...
