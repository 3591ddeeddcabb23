"""One device of one user, whether it is connected right now or not, and the calls it owes an answer to.

A call waits `call_s` while the device is connected and `absence_s` while it is not: two clocks, of which one stands still
while the other runs. When the device is back, every unanswered call is sent again with the same id and the next attempt.

A change that nobody waits for any more (its caller gave up, or the service was restarted) stays here as long as the device
is connected, so that its result is recorded; after that the ledger remembers it.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from uuid import UUID

import msgspec

from app.devices.codec import encode
from app.devices.connection import DeviceConnection
from app.devices.frames import ToolCall, ToolResult
from app.devices.limits import SocketLimits
from app.devices.outcomes import CallFailed, DeviceOffline, DeviceTimeout, OutcomeUnknown
from app.kit.clock import Clock, to_ms

CHANGES = frozenset({"insert", "update", "delete", "vector_upsert"})
_NEVER = float("inf")


class OpenCall:
    """A call that has no answer yet."""

    __slots__ = ("due", "frame", "other_clock", "sent", "waiter")

    def __init__(self, frame: ToolCall, waiter: asyncio.Future[ToolResult] | None = None) -> None:
        self.frame, self.waiter = frame, waiter
        self.sent = False
        self.due = _NEVER  # for ever, when nobody waits
        self.other_clock = 0.0  # what is left on the clock that stands still

    @property
    def changes_something(self) -> bool:
        return self.frame.action in CHANGES


class Line:
    __slots__ = (
        "_again",
        "_clock",
        "_limits",
        "_on_change",
        "_resending",
        "_timer",
        "_timer_due",
        "calls",
        "connection",
        "device_id",
        "user_id",
    )

    def __init__(
        self,
        user_id: UUID,
        device_id: str,
        limits: SocketLimits,
        clock: Clock,
        on_change: Callable[["Line", OpenCall, ToolResult], None],
    ) -> None:
        self.user_id, self.device_id = user_id, device_id
        self.connection: DeviceConnection | None = None
        self.calls: dict[str, OpenCall] = {}
        self._limits, self._clock = limits, clock
        self._on_change = on_change  # takes the result of a change: it is recorded first, then told
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due = _NEVER
        self._again: deque[OpenCall] = deque()  # still to be sent on this connection
        self._resending: asyncio.Task[None] | None = None

    @property
    def is_idle(self) -> bool:
        return self.connection is None and not self.calls

    @property
    def is_open(self) -> bool:
        """Can something be sent now?"""
        return self.connection is not None and not self.connection.is_closing

    @property
    def answers_owed(self) -> int:
        """Calls somebody waits for."""
        return sum(1 for call in self.calls.values() if call.waiter is not None)

    # The socket comes and goes

    def attach(self, connection: DeviceConnection, unanswered: Iterable[ToolCall]) -> DeviceConnection | None:
        """The device is connected. What it owes is sent again, changes in the order in which they were asked.

        `unanswered` is what the ledger remembers. Gives back the connection this one replaces, if there is one.
        """
        replaced, self.connection = self.connection, connection
        now = asyncio.get_running_loop().time()
        self._forget_those_nobody_waits_for()
        again: list[OpenCall] = []
        for frame in unanswered:
            call = self.calls.get(frame.id)
            if call is None:
                call = self.calls[frame.id] = OpenCall(frame)
                call.sent = True
            if call.sent:  # else it is being written down at this moment, and sends itself
                again.append(call)
        again += [call for call in self.calls.values() if call.sent and call not in again]  # reads
        for call in again:
            if call.waiter is None:
                continue  # the ledger has counted the attempt
            call.frame = msgspec.structs.replace(call.frame, attempt=call.frame.attempt + 1)
            if replaced is None:
                call.due, call.other_clock = now + call.other_clock, call.due - now
        self._arm()
        self._again = deque(again)
        if again:
            self._resending = asyncio.get_running_loop().create_task(self._send_again(connection, self._again))
        return replaced

    async def _send_again(self, connection: DeviceConnection, calls: deque[OpenCall]) -> None:
        """As fast as the device reads: together they may be more than its queue holds."""
        while calls:
            if not await connection.room() or self.connection is not connection:
                return
            call = calls.popleft()
            if self.calls.get(call.frame.id) is call:
                self._transmit(call)

    def _forget_those_nobody_waits_for(self) -> None:
        """They are in the ledger, and come from there with the next hello."""
        for call in [call for call in self.calls.values() if call.sent and call.waiter is None]:
            del self.calls[call.frame.id]

    def detach(self, connection: DeviceConnection) -> None:
        """The device is gone; its calls wait for it, on their other clock."""
        if self.connection is not connection:
            return
        self.connection = None
        now = asyncio.get_running_loop().time()
        self._forget_those_nobody_waits_for()
        for call in self.calls.values():
            if call.sent:
                call.due, call.other_clock = now + call.other_clock, call.due - now
        self._arm()

    # Calls

    def open(self, call: OpenCall) -> None:
        """Expect an answer, without sending yet."""
        call.other_clock = self._limits.absence_s
        self.calls[call.frame.id] = call

    def send(self, call: OpenCall) -> None:
        """Send an opened call, or have it sent when the device is back."""
        call.sent = True
        now = asyncio.get_running_loop().time()
        if self.connection is None:
            # It was there a moment ago: the ledger took its time.
            call.due, call.other_clock = now + self._limits.absence_s, self._limits.call_s
        else:
            call.due = now + self._limits.call_s
            if self._again:
                self._again.append(call)  # nothing overtakes an older change
            else:
                self._transmit(call)
        if call.due < self._timer_due:
            self._arm()

    def drop(self, call: OpenCall) -> None:
        """Nobody waits for this call any more."""
        call.waiter = None
        call.due = _NEVER
        if call.changes_something and call.sent and self.connection is not None and call not in self._again:
            # Its result is still to be recorded, its arguments are not needed for that.
            call.frame = msgspec.structs.replace(call.frame, data=None, vector=None)
        else:
            self.calls.pop(call.frame.id, None)

    def answered(self, result: ToolResult) -> bool:
        """Take a result. False when this line has no such call: it is ignored, and whose it was makes no difference."""
        call = self.calls.get(result.id)
        if call is None or not call.sent:
            return False
        del self.calls[result.id]
        if call.changes_something:
            self._on_change(self, call, result)
        elif call.waiter is not None and not call.waiter.done():
            call.waiter.set_result(result)
        return True

    def _transmit(self, call: OpenCall) -> None:
        assert self.connection is not None
        left = self._limits.call_s
        if call.due != _NEVER:
            left = max(0.0, call.due - asyncio.get_running_loop().time())
        deadline = to_ms(self._clock.now()) + int(left * 1000)
        self.connection.send_encoded(encode(msgspec.structs.replace(call.frame, deadline=deadline)))

    # Giving up: one timer for all calls of the line

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._timer_due = min((call.due for call in self.calls.values()), default=_NEVER)
        if self._timer_due != _NEVER:
            self._timer = asyncio.get_running_loop().call_at(self._timer_due, self._give_up)

    def give_up(self) -> None:
        """End every call that was sent, as if its time were over."""
        for call in self.calls.values():
            if call.sent:
                call.due = 0
        self._give_up()

    def _give_up(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        for call in [each for each in self.calls.values() if each.due <= now]:
            waiter = call.waiter
            failure = self._failure(call)
            self.drop(call)
            if waiter is not None and not waiter.done():
                waiter.set_exception(failure)
        self._arm()

    def _failure(self, call: OpenCall) -> CallFailed:
        changes = call.changes_something
        if self.is_open:
            detail = "The device did not answer in time."
            if changes:
                detail += " It may have made the change nevertheless."
            return DeviceTimeout(detail, may_have_happened=changes)
        if changes:
            return OutcomeUnknown(
                "The device went away before it answered; it may have made the change. What happened is recorded when it "
                "is back.",
                may_have_happened=True,
            )
        return DeviceOffline("The device went away before it answered, and did not come back in time.")
