"""One connection, from its hello to its end.

Two tasks: one reads, and answers pings at once; the other carries calls out, one after the other. A call that takes long
therefore never makes the device look dead. Calls still waiting when the socket goes are dropped with it: the server sends
them again, and those that were carried out are answered from the journal.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from device.calls import Call, Frame, Outcome
from device.errors import DeviceError
from device.faulty_journals import Crashed
from device.hooks import CallDone, Hooks
from device.levers import Cut, Levers
from device.resume import Heard, Turns

log = logging.getLogger(__name__)

_READY_WITHIN_S = 15.0
_USUAL_HEARTBEAT_S = 30.0
_TURN_FRAMES = {"stream_start", "floating_domain", "activity", "stream_text", "stream_end"}
_APPROVAL_FRAMES = {"approval_request", "approval_resolved"}

CarryOut = Callable[[Call], Awaitable[Outcome]]
Renew = Callable[[], Awaitable[str]]


class Connection:
    """`renew` returns a fresh access token. `became_ready` is called once, when the server has accepted the hello; `hear`
    with every frame that is no duplicate, before anything is done about it."""

    def __init__(
        self,
        websocket: ClientConnection,
        *,
        carry_out: CarryOut,
        renew: Renew,
        became_ready: Callable[[Frame], None],
        hear: Callable[[Frame], None],
        turns: Turns,
        hooks: Hooks,
        levers: Levers,
    ) -> None:
        self._websocket = websocket
        self._carry_out, self._renew = carry_out, renew
        self._became_ready, self._hear = became_ready, hear
        self._turns, self._hooks, self._levers = turns, hooks, levers
        self._calls: asyncio.Queue[tuple[Call, float]] = asyncio.Queue()
        self._renewal: asyncio.Task[None] | None = None
        self._patience_s = _READY_WITHIN_S
        self._is_ready = False
        self._on: dict[str, Callable[[Frame], Awaitable[None]]] = {
            "device_ready": self._ready,
            "tool_call": self._line_up,
            "ping": self._pong,
            "auth_expiring": self._token_expiring,
            "error": self._error,
        }

    async def live(self, hello: Frame) -> None:
        """Until the connection ends; that it raises: `ConnectionClosed`, or `TimeoutError` for a server gone silent."""
        worker = asyncio.create_task(self._work())
        try:
            await self.send(hello)
            await self._read()
        finally:
            ending = [task for task in (worker, self._renewal) if task is not None]
            for task in ending:
                task.cancel()
            await asyncio.gather(*ending, return_exceptions=True)
            self._levers.torn()

    async def send(self, frame: Frame) -> None:
        await self._send_text(orjson.dumps(frame))

    def abort(self) -> None:
        """Tear the TCP connection off, as a cut cable would."""
        self._websocket.transport.abort()

    async def _send_text(self, text: bytes) -> None:
        await self._websocket.send(text, text=True)

    async def _read(self) -> None:
        while True:
            # A laptop that slept, a router that forgot: TCP may not notice for minutes that nobody is there any more.
            async with asyncio.timeout(self._patience_s):
                message = await self._websocket.recv()
            await self._take(message)

    async def _take(self, message: str | bytes) -> None:
        frame = parsed(message)
        if frame is None:
            log.warning("ignored a malformed frame of %d bytes", len(message))
            self._hooks.tell("say", "A malformed frame of the service was ignored.")
            return
        kind = frame["type"]
        if kind in _TURN_FRAMES:
            if not self._is_news(frame):
                return
        elif kind not in self._on and kind not in _APPROVAL_FRAMES:
            log.info("ignored a frame of type %.40r", kind)
        self._hear(frame)
        self._hooks.tell("frame", frame)
        if kind in self._on:
            await self._on[kind](frame)

    def _is_news(self, frame: Frame) -> bool:
        """False for a duplicate, and for a frame that belongs to no turn."""
        request_id, seq = frame.get("request_id"), frame.get("seq")
        if not isinstance(request_id, str) or type(seq) is not int or seq < 1:
            log.warning("ignored a %s without request_id and seq", frame["type"])
            return False
        expected = self._turns.expected(request_id)
        heard = self._turns.hear(frame)
        if heard is Heard.AFTER_GAP:
            self._hooks.tell("say", f"Turn {request_id}: frame {seq} came where {expected} was due.")
            self._hooks.tell("gap", request_id, expected, seq)
        return heard is not Heard.DUPLICATE

    async def _ready(self, frame: Frame) -> None:
        heartbeat_s = frame.get("heartbeat_s")
        if not isinstance(heartbeat_s, (int, float)) or isinstance(heartbeat_s, bool) or not 0 < heartbeat_s < 3600:
            heartbeat_s = _USUAL_HEARTBEAT_S
        self._patience_s = 2 * heartbeat_s + 10.0
        lost = [each for each in _listed(frame.get("lost")) if isinstance(each, str)]
        if lost:
            self._turns.drop(lost)
            self._hooks.tell("lost", lost)
        if not self._is_ready:
            self._is_ready = True
            self._became_ready(frame)

    async def _pong(self, _frame: Frame) -> None:
        if not self._levers.no_pong:
            await self.send({"type": "pong"})

    async def _error(self, frame: Frame) -> None:
        self._hooks.tell("say", f"The service reports {frame.get('code')}: {frame.get('message')}")
        self._hooks.tell("error", frame)

    async def _token_expiring(self, _frame: Frame) -> None:
        """Beside the reading: the request may take seconds, and pings go on."""
        if self._renewal is None or self._renewal.done():
            self._renewal = asyncio.create_task(self._send_fresh_token())

    async def _send_fresh_token(self) -> None:
        try:
            await self.send({"type": "auth_refresh", "token": await self._renew()})
        except DeviceError as error:  # not the end: the server closes with 4401 when the token is over
            self._hooks.tell("say", str(error))
        except ConnectionClosed:
            pass  # the reader has noticed, too

    async def _line_up(self, frame: Frame) -> None:
        call = Call.read(frame)
        if call is None:
            log.warning("ignored a tool_call without a usable id")
            return
        self._calls.put_nowait((call, time.monotonic()))

    async def _work(self) -> None:
        while True:
            call, arrived = await self._calls.get()
            try:
                await self._answer(call, arrived)
            except (Cut, Crashed):  # ordered by the levers
                self.abort()
                return
            except ConnectionClosed:
                return
            except Exception:
                log.exception("carrying out call %s failed", call.id)
                self.abort()  # without an answer the server would wait; after a reconnect it asks again
                return

    async def _answer(self, call: Call, arrived: float) -> None:
        await self._levers.before()
        outcome = await self._carry_out(call)
        self._hooks.tell("call", CallDone(call, outcome, (time.monotonic() - arrived) * 1000))
        for text in await self._levers.outgoing(call, {"type": "tool_result", "id": call.id, **outcome.result}):
            await self._send_text(text)


def parsed(message: str | bytes) -> Frame | None:
    """A frame has a `type`; None for anything else."""
    try:
        frame = orjson.loads(message) if isinstance(message, str) else None  # frames are text
    except orjson.JSONDecodeError:
        return None
    return frame if isinstance(frame, dict) and isinstance(frame.get("type"), str) else None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
