"""A turn's hold on its run. Of a run that waits several processes may have a copy; one of them goes on with it."""

import asyncio
from dataclasses import replace

from app.assistant.ending import NoLongerOurs, TakenForDead
from app.threads.records import OpenedRun
from app.threads.runs import Also, Runs


class Hold:
    def __init__(self, runs: Runs, run: OpenedRun, *, is_waiting: bool) -> None:
        """`is_waiting`: it is a copy of a run that another process has put to wait."""
        self._runs, self.run, self.is_waiting = runs, run, is_waiting
        self.is_copy = is_waiting  # another process may have it, and answers for it
        self.is_lost = False
        self._is_unsure = False  # a claim was made, and it is not known what came of it
        self._taking = asyncio.Lock()  # an adoption changes the attempt that a claim has to name

    async def wait(self, also: Also) -> None:
        """Raises `TakenForDead`."""
        if not await self._runs.wait(self.run, also=also):
            raise TakenForDead
        self.is_waiting = True

    async def claim(self, also: Also | None = None) -> None:
        """Go on. Raises `NoLongerOurs` when somebody else does."""
        async with self._taking:
            self.is_waiting = False  # from here on a service that stops lets it end
            try:
                claimed = await self._runs.claim(self.run, also=also)
            except BaseException:
                self.is_waiting = self._is_unsure = True
                raise
            if claimed is None:
                self.is_lost = not self._is_unsure
                raise NoLongerOurs
            self.run, self.is_copy = claimed, False

    async def claim_to_end(self) -> None:
        """A run that waits is ended by one of those who have a copy. Raises `NoLongerOurs` when it is somebody else; not
        when it is gone, with its thread."""
        if not self.is_waiting:
            return
        try:
            await self.claim()
        except NoLongerOurs:
            if self._is_unsure:  # the earlier claim was ours, then; if not, the owner's fence is closed
                self.run = replace(self.run, attempt=self.run.attempt + 1)
                return
            if await self._runs.find(self.run.user_id, self.run.request_id) is None:
                self.is_lost = False
                return
            raise

    async def adopt(self) -> bool:
        """Answer for it, if nobody else who is alive does. True when it is this process's now."""
        async with self._taking:
            if not self.is_waiting:
                return False
            adopted = await self._runs.adopt(self.run)
            if adopted is None:
                return False
            self.run, self.is_copy = adopted, False
            return True

    def forget(self) -> None:
        """Nothing more is done for it here."""
        self._runs.forget(self.run)
