"""Goes through the rules, one after the other, and tidies up after each."""

import asyncio
import contextlib
import time
from collections.abc import Sequence

from device.conformance import answers
from device.conformance.calls import Place
from device.conformance.client import Client
from device.conformance.process import ClientProcess
from device.conformance.report import Report, Result, Verdict
from device.conformance.rule import Level, Rule
from device.conformance.tables import COLUMNS
from device.conformance.verdicts import Broken, GaveUp, NotTested

_RESTARTS = 3
_BY_HAND_S = 300.0
_CHILDREN_FIRST = ("taskComments", "tasks", "timelines", "notes", "projects", "clients")


class Runner:
    def __init__(self, client: Client, report: Report, process: ClientProcess | None) -> None:
        self._client, self._report, self._process = client, report, process
        self._gave_up = ""
        self._stopped = False
        """The client was told to stay away, and did."""
        self._restarts = 0
        self.left_behind: set[Place] = set()
        if process is not None:
            client.restart = self._crash_and_start

    async def run(self, rules: Sequence[Rule]) -> None:
        swept = False
        for rule in rules:
            if rule.stops_client and not swept:
                await self._sweep()
                swept = True
            verdict = await self._judge(rule)
            self._report.add(verdict)
            await self._tidy()
        if not swept:
            await self._sweep()

    async def _judge(self, rule: Rule) -> Verdict:
        began = time.monotonic()

        def verdict(result: Result, *found: str, note: str = "", blocked: bool = False) -> Verdict:
            expected, got = found or ("", "")
            return Verdict(rule, result, expected, got, note, time.monotonic() - began, blocked)

        try:
            if rule.needs_connection:
                await self._ready_for(rule)
            note = await rule.check(self._client)
        except NotTested as why:
            return verdict(Result.SKIPPED, note=str(why))
        except GaveUp as why:
            note = "the same" if self._gave_up else str(why)
            self._gave_up = self._gave_up or str(why)
            return verdict(Result.SKIPPED, note=note, blocked=True)
        except Broken as broken:
            failed = Result.FAIL if rule.level is Level.MUST else Result.WARNING
            return verdict(failed, broken.expected, broken.got)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            # Rules read what the client sent; what none of them foresaw is the client's fault, not the end of the run.
            return verdict(
                Result.FAIL, "answers of the shape that the protocol has", f"{type(error).__name__}: {error}"
            )
        else:
            self._stopped = self._stopped or rule.stops_client
            return verdict(Result.PASS, note=note or "")

    async def _ready_for(self, rule: Rule) -> None:
        """Return with a connection for the rule. Raises `GaveUp`, `NotTested`."""
        if self._gave_up:
            raise GaveUp(self._gave_up)
        self._client.give_up_if_hopeless()
        if self._stopped:
            await self._fresh(rule)
        elif self._process is not None and not self._client.is_connected():
            await self._revive(self._process)
        await self._client.settled()

    async def _fresh(self, rule: Rule) -> None:
        """A client that has stopped for good is started again, by us or by hand."""
        if self._process is not None:
            await self._process.stop()
            await self._start(self._process)
        elif self._client.options.only:
            self._report.say(f"Start your client again, for {rule.id}.")
            await self._client.arrival(_BY_HAND_S)
        else:
            raise NotTested(f"the client has stopped, as it should; use --client COMMAND, or --only {rule.id}")
        self._stopped = False

    async def _revive(self, process: ClientProcess) -> None:
        """A client that died by itself is started again, and the report says so. One that is on its way is waited for."""
        if self._restarts >= _RESTARTS or not await self._has_died(process):
            return
        self._restarts += 1
        status = f"it ended with exit status {process.ended_with}"
        self._report.say(f"The client has died: {status}. It is started again. Its last words:")
        self._report.line(process.tail())
        self._client.conduct.found("discipline.stays", "a client that keeps running", status)
        await self._start(process)

    async def _has_died(self, process: ClientProcess) -> bool:
        """Wait until the client is back, or its process has ended, which it may be about to do."""
        dying = asyncio.create_task(process.wait())
        arriving = asyncio.create_task(self._client.arrival(self._client.options.reconnect_within))
        try:
            await asyncio.wait({dying, arriving}, return_when=asyncio.FIRST_COMPLETED)
            return dying.done() and not self._client.is_connected()
        finally:
            for task in (dying, arriving):
                task.cancel()
            await asyncio.wait({dying, arriving})

    async def _start(self, process: ClientProcess) -> None:
        self._client.forget_arrivals()
        await process.start()
        await self._client.arrival(self._client.options.reconnect_within)

    async def _crash_and_start(self) -> None:
        assert self._process is not None
        self._client.reception.end_is_expected = True
        await self._process.kill()
        self._client.forget_arrivals()
        await self._process.start()

    async def _tidy(self) -> None:
        """Delete what the rule inserted, the newest first, because it may refer to what is older."""
        for place in reversed(list(self._client.calls.litter)):
            if not self._client.is_connected() or self._client.calls.silent:
                return
            deleted = place[0] not in COLUMNS or await self._deleted(place)
            if not deleted and not self._client.is_connected():
                return  # it can be tried again when the client is back
            self._client.calls.litter.pop(place, None)
            if not deleted:
                self.left_behind.add(place)

    async def _sweep(self) -> None:
        """Find what no answer told of, such as a second row where one was asked for. Best effort."""
        for table in _CHILDREN_FIRST:
            if not self._client.is_connected() or self._client.calls.silent:
                break
            filters = {"search": f"conformance {self._client.run}", "includeArchived": True}
            if table != "projects":
                filters.pop("includeArchived")
            with contextlib.suppress(Broken, LookupError, TypeError):
                for row in answers.rows(await self._client.call("select", table=table, filters=filters)):
                    await self._deleted((table, row["id"]))
        self.left_behind |= set(self._client.calls.litter)

    async def _deleted(self, place: Place) -> bool:
        try:
            return "error" not in await self._client.call("delete", table=place[0], data={"id": place[1]})
        except Broken:
            return False
