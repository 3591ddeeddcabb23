"""Keeping hold of the turns under way, and ending those that nobody holds any more."""

import asyncio
from contextlib import suppress

import structlog

from app.assistant.assistant import Assistant
from app.assistant.services import TurnServices
from app.edge.problems import database_is_away

log = structlog.get_logger()


class Leases:
    """One task of the process: every ten seconds it renews its own leases, hears of cancels, and sweeps what was left: ends
    what ran, and takes up what waits."""

    def __init__(self, services: TurnServices, assistant: Assistant) -> None:
        self._services, self._assistant = services, assistant
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._keep(), name="keep leases of turns")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _keep(self) -> None:
        while True:
            try:
                await self.once()
            except Exception as error:
                if database_is_away(error):
                    log.warning("leases_not_renewed", error=type(error).__name__)
                else:
                    log.exception("leases_failed")
            await asyncio.sleep(self._services.limits.lease_every_s)

    async def once(self) -> None:
        self._assistant.stop_runs(await self._services.runs.renew())
        await self._services.runs.interrupt_abandoned()
        await self._assistant.take_up(are_left=True)
