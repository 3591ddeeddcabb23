"""A call to a device, from the question to its answer, whatever happens to the socket in between.

Reads never touch the database. A change is written into the ledger and committed before its frame leaves, and its result is
recorded before anybody is told.
"""

import asyncio
from dataclasses import dataclass
from typing import Any, get_args
from uuid import UUID, uuid4

import structlog

from app.devices.answers import answer
from app.devices.codec import encode
from app.devices.frames import Action, Table, ToolCall, ToolResult
from app.devices.hub import Hub
from app.devices.ledger import Ledger
from app.devices.limits import SocketLimits
from app.devices.line import Line, OpenCall
from app.devices.measures import CALLS
from app.devices.outcomes import CallFailed, CallTooLarge, DeviceOffline, DeviceRefused, DeviceTimeout, MalformedResult
from app.devices.slots import Slots
from app.edge.problems import database_is_away

log = structlog.get_logger()

_DONE = {action: CALLS.labels(action, "done") for action in get_args(Action)}  # looking one up costs more than counting
SETTLES_S = 3.0
TAKE_BACK_ATTEMPTS, TAKE_BACK_PAUSE_S = 30, 1.0
ROOM_FOR_ATTEMPTS = 64  # bytes by which a frame may grow when it is sent


@dataclass(slots=True, kw_only=True)
class Ask:
    """What a device is asked for; docs/protocol.md says which action takes which fields."""

    action: Action
    table: Table | None = None
    data: dict[str, Any] | None = None
    filters: dict[str, Any] | None = None
    vector: list[float] | None = None
    limit: int | None = None
    request_id: str | None = None
    run_id: str | None = None


class Calls:
    def __init__(self, hub: Hub, ledger: Ledger, limits: SocketLimits) -> None:
        self._hub, self.ledger, self._limits = hub, ledger, limits
        self._recording: set[asyncio.Task[None]] = set()
        hub.tell_changes(self._changed)

    async def call(self, user_id: UUID, device_id: str | None, ask: Ask, *, patience_s: float = 0) -> dict[str, Any]:
        """The fields the action returns.

        `device_id` None asks the newest device online. `patience_s` is how long to wait for a device that is not
        connected. Raises `DeviceOffline`, `DeviceTimeout`, `OutcomeUnknown`, `DeviceRefused`, `MalformedResult`,
        `TooManyCalls`.
        """
        try:
            found = answer(ask.action, await self._result(user_id, device_id, ask, patience_s), self._limits)
        except CallFailed as failure:
            CALLS.labels(ask.action, failure.code).inc()
            log.info("tool_call_failed", action=ask.action, code=failure.code)
            raise
        except asyncio.CancelledError:
            CALLS.labels(ask.action, "cancelled").inc()
            raise
        _DONE[ask.action].inc()
        return found

    async def _result(self, user_id: UUID, device_id: str | None, ask: Ask, patience_s: float) -> ToolResult:
        line = self._hub.reachable(user_id, device_id) or await self._arrival(user_id, device_id, patience_s)
        chosen = line.device_id
        slots = self._hub.slots(user_id)
        if not slots.take_now(chosen):
            await self._turn(slots, chosen)
        try:
            if self._hub.reachable(user_id, chosen) is not line:  # it left while others were served
                line = self._hub.reachable(user_id, chosen) or await self._arrival(user_id, chosen, patience_s)
            return await self._exchange(line, ask)
        finally:
            slots.give_back(chosen)
            self._hub.release(line)

    async def _arrival(self, user_id: UUID, device_id: str | None, patience_s: float) -> Line:
        """The line to a device that is connected by then. Raises `DeviceOffline`."""
        line = await self._hub.arrival(user_id, device_id, patience_s) if patience_s else None
        if line is None:
            raise DeviceOffline("The device is not connected." if device_id else "No device is connected.")
        return line

    async def _turn(self, slots: Slots, device_id: str) -> None:
        try:
            async with asyncio.timeout(self._limits.call_s):
                await slots.take(device_id)
        except TimeoutError:
            raise DeviceTimeout("The device is busy with other calls. Nothing was sent.") from None

    async def _exchange(self, line: Line, ask: Ask) -> ToolResult:
        waiter: asyncio.Future[ToolResult] = asyncio.get_running_loop().create_future()
        call = OpenCall(_frame(ask, line), waiter)
        self._check_size(call)
        line.open(call)
        try:
            if call.changes_something:
                await self._write_down(line, call)
            line.send(call)
            return await waiter
        finally:
            if not waiter.done() or waiter.cancelled():
                line.drop(call)

    def _check_size(self, call: OpenCall) -> None:
        """Raises `CallTooLarge`: a device that closes over it would be sent it again, for a day."""
        if len(encode(call.frame)) > self._limits.frame_bytes - ROOM_FOR_ATTEMPTS:
            raise CallTooLarge(f"A call may have at most {self._limits.frame_bytes} bytes.")

    async def _write_down(self, line: Line, call: OpenCall) -> None:
        """Commit the call to the ledger. Whoever stops waiting meanwhile takes it back: it has not been sent."""
        writing = asyncio.ensure_future(self.ledger.open(line.user_id, line.device_id, call.frame))
        try:
            await asyncio.shield(writing)
        except BaseException:
            # Cancelled, or a connection that broke in the middle: it may have been committed all the same.
            self._keep(self._take_back(line.user_id, call.frame, writing))
            raise

    async def _take_back(self, user_id: UUID, frame: ToolCall, writing: "asyncio.Future[None]") -> None:
        await asyncio.wait([writing])
        for attempt in range(TAKE_BACK_ATTEMPTS):
            try:
                await self.ledger.void(user_id, UUID(frame.id))
            except Exception as error:
                if not database_is_away(error) or attempt == TAKE_BACK_ATTEMPTS - 1:
                    raise
                await asyncio.sleep(TAKE_BACK_PAUSE_S)
            else:
                return

    # Results of changes

    def _changed(self, line: Line, call: OpenCall, result: ToolResult) -> None:
        self._keep(self._record(line, call, result))

    def _keep(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._recording.add(task)
        task.add_done_callback(self._recorded)

    def _recorded(self, task: "asyncio.Task[None]") -> None:
        self._recording.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # The device keeps the answer in its journal: it is asked again when it next connects.
            log.warning("tool_result_not_recorded", exc_info=error)

    async def _record(self, line: Line, call: OpenCall, result: ToolResult) -> None:
        try:
            taken = await self.ledger.close(
                line.user_id, line.device_id, _state(call.frame.action, result, self._limits), result
            )
            if not taken:
                log.info("tool_result_repeated", call_id=result.id)
        finally:
            # What the device did is a fact, even if it could not be written down right now.
            if call.waiter is not None and not call.waiter.done():
                call.waiter.set_result(result)
            self._hub.release(line)

    async def settled(self, within_s: float = SETTLES_S) -> None:
        """Wait until every result that came is recorded; not for ever, when the database is away."""
        deadline = asyncio.get_running_loop().time() + within_s
        while self._recording and (left := deadline - asyncio.get_running_loop().time()) > 0:
            await asyncio.wait(self._recording, timeout=left)


def _frame(ask: Ask, line: Line) -> ToolCall:
    data = ask.data
    if ask.action == "insert" and data is not None and "id" not in data:
        assert line.connection is not None
        if not line.connection.journal:
            data = {"id": str(uuid4()), **data}  # without a journal, a repeated insert must name the same row
    return ToolCall(
        id=str(uuid4()),
        action=ask.action,
        table=ask.table,
        data=data,
        filters=ask.filters,
        vector=ask.vector,
        limit=ask.limit,
        request_id=ask.request_id,
        run_id=ask.run_id,
        attempt=1,
        deadline=0,
    )


def _state(action: Action, result: ToolResult, limits: SocketLimits) -> str:
    try:
        answer(action, result, limits)
    except DeviceRefused:
        return "refused"
    except MalformedResult:
        return "malformed"
    return "done"
