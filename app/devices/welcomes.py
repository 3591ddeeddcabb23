"""What a device is told once it is ready. Features register theirs; the greeting does not wait for it, nor fail with it."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from app.devices.connection import DeviceConnection
from app.edge.problems import database_is_away

log = structlog.get_logger()

Welcome = Callable[[DeviceConnection], Awaitable[None]]


class Welcomes:
    """Async functions, each run in a task of its own behind `device_ready`, and cancelled when the device leaves."""

    def __init__(self) -> None:
        self._welcomes: list[Welcome] = []
        self._under_way: dict[DeviceConnection, set[asyncio.Task[None]]] = {}

    def register(self, welcome: Welcome) -> None:
        self._welcomes.append(welcome)

    def begin(self, connection: DeviceConnection) -> None:
        tasks = {asyncio.create_task(_carried_out(welcome, connection)) for welcome in self._welcomes}
        self._under_way[connection] = tasks
        for task in tasks:
            task.add_done_callback(tasks.discard)
            task.add_done_callback(_note_failure)

    async def left(self, connection: DeviceConnection) -> None:
        tasks = list(self._under_way.pop(connection, ()))
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


async def _carried_out(welcome: Welcome, connection: DeviceConnection) -> None:
    await welcome(connection)


def _note_failure(task: "asyncio.Task[None]") -> None:
    error = None if task.cancelled() else task.exception()
    if error is None:
        return
    if database_is_away(error):
        log.warning("database_unavailable", error=type(error).__name__)
    else:
        log.error("welcome_failed", exc_info=error)
