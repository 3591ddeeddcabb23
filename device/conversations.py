"""The questions of this device, from the asking to the end of each turn, across connections.

A request goes out when there is a connection, and again with the same `request_id` after each reconnect until the turn's
first frame has come: the service runs it once. From then on `resume` carries on. What ends a turn:

| what comes | how it ends |
|---|---|
| `stream_end` | `Ended` |
| `error` with its `request_id`, before its first frame | `TurnRefused` |
| it is listed in `device_ready.lost`; `duplicate_request` for a repeated request | `TurnLost` |
| the device stops | `DeviceStopped` |
"""

import asyncio
from collections.abc import Coroutine

from device.approvals import Approvals, Send
from device.calls import Frame
from device.decisions import OnApproval
from device.errors import DeviceStopped, TurnLost, TurnRefused
from device.events import ApprovalAsked, ApprovalResolved, Ended, event_of
from device.hooks import Hooks
from device.turn import Question, Turn


class Conversations:
    """`send` does nothing while there is no connection: what counts is sent again by `connected`."""

    def __init__(self, send: Send, on_approval: OnApproval | None, hooks: Hooks) -> None:
        self._send = send
        self.approvals = Approvals(on_approval, send, hooks)
        self._turns: dict[str, Turn] = {}
        self._times_sent: dict[str, int] = {}
        self._to_cancel: set[str] = set()
        self._sending: set[asyncio.Task[None]] = set()
        self._is_connected = False

    def ask(self, question: Question) -> Turn:
        """Raises `ValueError` for a `request_id` whose turn is under way."""
        if question.request_id in self._turns:
            raise ValueError(f"the turn {question.request_id} is under way")
        turn = Turn(question, self._cancel)
        self._turns[question.request_id] = turn
        if self._is_connected:
            self._soon(self._request(turn))
        return turn

    def connected(self) -> None:
        """The hello was accepted: ask again what was not begun, cancel again what was to be cancelled."""
        self._is_connected = True
        for turn in list(self._turns.values()):
            self._soon(self._catch_up(turn))

    def disconnected(self) -> None:
        self._is_connected = False

    def hear(self, frame: Frame) -> None:
        """Every frame that is no duplicate."""
        if frame["type"] == "device_ready":
            self._lose(frame.get("lost"))
        elif frame["type"] == "error":
            self._refuse(frame)
        else:
            self._happened(frame)

    async def close(self, why: str) -> None:
        """The device stops: nothing more will come."""
        self._is_connected = False
        for turn in list(self._turns.values()):
            turn.fail(DeviceStopped(why))
            self._forget(turn)
        for task in self._sending:
            task.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)
        await self.approvals.close()

    def _happened(self, frame: Frame) -> None:
        event, turn = event_of(frame), self._turns.get(str(frame.get("request_id")))
        if event is None:
            return
        if isinstance(event, ApprovalAsked):
            self.approvals.asked(event.approval)
        elif isinstance(event, ApprovalResolved):
            self.approvals.resolved(event.id)
        elif isinstance(event, Ended):
            self.approvals.turn_over(str(frame.get("request_id")))
        if turn is not None:
            turn.has_begun = turn.has_begun or "seq" in frame
            turn.happened(event)
            if turn.is_over:
                self._forget(turn)

    def _lose(self, request_ids: object) -> None:
        for request_id in request_ids if isinstance(request_ids, list) else []:
            self.approvals.turn_over(str(request_id))
            if (turn := self._turns.get(str(request_id))) is not None:
                turn.fail(_lost(turn))
                self._forget(turn)

    def _refuse(self, frame: Frame) -> None:
        self.approvals.refused(str(frame.get("id")))
        turn = self._turns.get(str(frame.get("request_id")))
        if turn is None or turn.has_begun:  # a turn that has begun ends with stream_end
            return
        code, wait = str(frame.get("code")), frame.get("retry_after")
        if code == "duplicate_request" and self._times_sent.get(turn.request_id, 0) > 1:
            turn.fail(_lost(turn))
        else:
            seconds = float(wait) if isinstance(wait, (int, float)) and wait > 0 else 0.0
            turn.fail(TurnRefused(str(frame.get("message")), code, seconds))
        self._forget(turn)

    async def _catch_up(self, turn: Turn) -> None:
        if not turn.has_begun:
            await self._request(turn)
        if turn.request_id in self._to_cancel:
            await self._send({"type": "cancel", "request_id": turn.request_id})

    async def _request(self, turn: Turn) -> None:
        if turn.is_over or not self._is_connected:
            return
        self._times_sent[turn.request_id] = self._times_sent.get(turn.request_id, 0) + 1
        await self._send(turn.question.frame())

    async def _cancel(self, turn: Turn) -> None:
        if not self._is_connected and not self._times_sent.get(turn.request_id):
            turn.happened(Ended("cancelled"))  # nobody has heard of it
            self._forget(turn)
            return
        self._to_cancel.add(turn.request_id)
        if self._is_connected:
            await self._send({"type": "cancel", "request_id": turn.request_id})

    def _soon(self, sending: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(sending)
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    def _forget(self, turn: Turn) -> None:
        self._turns.pop(turn.request_id, None)
        self._times_sent.pop(turn.request_id, None)
        self._to_cancel.discard(turn.request_id)


def _lost(turn: Turn) -> TurnLost:
    where = f"in the thread {turn.thread_id}" if turn.thread_id else f"at GET /chat/{turn.request_id}"
    return TurnLost(f"The rest of this answer was lost on the way; it can be read {where}.", turn.thread_id)
