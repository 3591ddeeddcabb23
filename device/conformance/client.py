"""The other end: the client under test, across all its connections, as the rules see it."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from secrets import token_hex
from typing import Any
from uuid import uuid4

from device.conformance import answers
from device.conformance.accounts import Accounts
from device.conformance.calls import Call, Calls
from device.conformance.conduct import Conduct
from device.conformance.connection import ABORT, DeviceConnection
from device.conformance.frames import Frame
from device.conformance.options import Options
from device.conformance.reception import Reception
from device.conformance.tables import Row
from device.conformance.turns import Turn, Turns
from device.conformance.verdicts import Broken, GaveUp, Gone, NotTested

_SILENT_CALLS = 5
_TELL_AFTER_S = 2.0
_ASK_S = 300.0


class Client:
    def __init__(self, options: Options, say: Callable[[str], None]) -> None:
        self.options, self.say = options, say
        self.run = token_hex(3)
        self.accounts, self.conduct, self.turns = Accounts(), Conduct(), Turns()
        self.calls = Calls(self.conduct, self.run)
        self.reception = Reception(self.conduct, self.turns, self.accounts, options)
        self.reception.take, self.reception.lost = self._take, self.calls.lost
        self.restart: Callable[[], Awaitable[None]] | None = None
        """Ends the client as a crash would and starts it again, where the checker was told how to."""
        self._expected: dict[str, list[asyncio.Future[Frame]]] = {}
        self._pong = asyncio.Event()
        self._answering: set[asyncio.Task[None]] = set()
        self._wanted: asyncio.Event | None = None
        """Set while a rule waits for the client to ask for a turn."""

    # What it is

    @property
    def connection(self) -> DeviceConnection:
        """The open connection. Raises `Gone`."""
        current = self.reception.current
        if current is None or not current.is_open:
            raise Gone("the connection to last", current.end if current is not None else "the client went away")
        return current

    @property
    def hello(self) -> Frame:
        return self.connection.hello or {}

    @property
    def keeps_journal(self) -> bool:
        """Section 4 asks for one. A client is given ids for its rows only where it says that it keeps none."""
        return self.hello.get("journal") is not False

    def text(self, words: str) -> str:
        """Something to store: recognisable as the checker's, and as this run's."""
        return f"conformance {self.run} {words}"

    # Calls

    async def post(self, action: str, **fields: Any) -> Call:
        """Send a call and do not wait for it."""
        call = self.calls.new(action, **fields)
        await self.connection.send(call.frame)
        return call

    async def again(self, call: Call) -> Call:
        """Send a call once more with the same id, `attempt` + 1."""
        repeated = self.calls.again(call)
        await self.connection.send(repeated.frame)
        return repeated

    async def answer(self, call: Call, within: float | None = None) -> Frame:
        """Raises `Broken` when it does not come, `Gone` when the connection ends first."""
        within = within or self.options.patience
        try:
            async with asyncio.timeout(within):
                answer = await call.answer
        except TimeoutError:
            self.calls.silent += 1
            raise Broken(f"an answer to {call.name} within {within:g} s", "none") from None
        if answer is None:
            raise Gone(f"an answer to {call.name}", "the connection ended first")
        return answer

    async def call(self, action: str, **fields: Any) -> Frame:
        return await self.answer(await self.post(action, **fields))

    async def insert(self, table: str, **data: Any) -> Row:
        """The stored row, of which only the id has been looked at."""
        row = answers.row(await self.call("insert", table=table, data=self.with_id(data)))
        if not isinstance(row.get("id"), str):
            raise Broken("a string as `id` of the inserted row", repr(row.get("id")))
        return row

    def with_id(self, data: dict[str, Any]) -> dict[str, Any]:
        """What an insert sends. A client without a journal is given the id, as the service does."""
        return data if self.keeps_journal else {"id": str(uuid4()), **data}

    async def get(self, table: str, row_id: str) -> Row | None:
        return answers.row_or_null(await self.call("get", table=table, data={"id": row_id}))

    async def select(self, table: str, limit: int | None = None, **filters: Any) -> list[Row]:
        return answers.rows(await self.call("select", table=table, filters=filters or None, limit=limit))

    async def update(self, table: str, row_id: str, **updates: Any) -> Row:
        return answers.row(await self.call("update", table=table, data={"id": row_id, "updates": updates}))

    async def delete(self, table: str, row_id: str) -> bool:
        return answers.deleted(await self.call("delete", table=table, data={"id": row_id}))

    async def grace(self, call: Call) -> None:
        """A moment for an answer that may come and need not."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(0.5, self.options.patience)):
                await call.answer

    # Other frames

    async def ping(self) -> float:
        """Seconds until the `pong`, which must come within ten."""
        within = min(10.0, self.options.patience)
        began, connection = time.monotonic(), self.connection
        wanted = await connection.ping(self.conduct)
        try:
            async with asyncio.timeout(within):
                while connection.pongs < wanted:
                    self._pong.clear()
                    await self._pong.wait()
        except TimeoutError:
            raise Broken(f"`pong` within {within:g} s of a `ping`", "none") from None
        return time.monotonic() - began

    async def next(self, kind: str, within: float) -> Frame | None:
        """The next frame of that type, or nothing in that time."""
        waiting: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._expected.setdefault(kind, []).append(waiting)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                return await waiting
        return None

    async def turn(self) -> Turn:
        """A turn to stream: one that the client asked for where there is one, else one of the checker's own."""
        if self.options.ask and not self.turns.requests:
            await self._ask_for_message()
        request = self.turns.requests.popleft() if self.turns.requests else None
        turn = self.turns.new(request.get("request_id") if request else None)
        if request is not None and request["type"] == "floating_request":
            await self.connection.send(turn.floating())
        return turn

    async def request(self) -> Frame:
        """A request for a turn that somebody typed into the client; nothing has been answered yet. Raises `NotTested`."""
        if not self.options.ask:
            raise NotTested("only a client that is asked to send a message shows it; use --ask")
        if not self.turns.requests:
            await self._ask_for_message()
        return self.turns.requests.popleft()

    # Connections

    async def cut(self, *, code: int = ABORT) -> float:
        """End the connection, with a close code or by cutting it off. When that was, on the monotonic clock."""
        connection = self.connection
        self.forget_arrivals()
        await connection.close(code)
        return time.monotonic()

    async def cut_unread(self, seconds: float = 0.2) -> None:
        """Cut the connection off so that the answers of the last moment are lost on their way."""
        connection = self.connection
        self.forget_arrivals()
        await connection.cut_unread(seconds)

    async def arrival(self, within: float) -> DeviceConnection | None:
        """The client's next connection, with or without a usable hello; nothing if none came."""
        came = asyncio.ensure_future(self.reception.came.get())
        try:
            done, _ = await asyncio.wait({came}, timeout=min(_TELL_AFTER_S, within))
            if not done and within > _TELL_AFTER_S:
                self.say(f"… waiting for the client to come back (up to {within:g} s)")
                await asyncio.wait({came}, timeout=within - _TELL_AFTER_S)
            return came.result() if came.done() else None
        finally:
            came.cancel()

    async def back(self, after: str) -> DeviceConnection:
        """The client's next connection with a usable hello. `after` says what happened, for the report."""
        within = self.options.reconnect_within
        connection = await self.arrival(within)
        if connection is None:
            raise Gone(f"a new connection within {within:g} s after {after}", "none")
        if connection.fault is not None:
            raise Broken(connection.fault[0], connection.fault[1])
        return connection

    async def back_after_cut(self) -> None:
        """Lose the answers of the last moment with the connection, and wait for the client's next one."""
        await self.cut_unread()
        await self.back("the connection was cut")

    async def back_after_crash(self) -> None:
        """Lose them because the client is killed, and start it again."""
        assert self.restart is not None
        await self.cut_unread()
        await self.restart()
        await self.back("the client was started again")

    def give_up_if_hopeless(self) -> None:
        """Raises `GaveUp` where waiting for the client would only cost time."""
        first = self.reception.first
        if self.conduct.is_flooding:
            raise GaveUp("the client floods the socket")
        if self.calls.silent >= _SILENT_CALLS:
            raise GaveUp(f"{self.calls.silent} calls in a row went unanswered")
        if first is not None and first.hello is None and not self.is_connected():
            raise GaveUp("the client has not said hello")

    async def settled(self) -> None:
        """Return with a connection to work on. Raises `GaveUp`."""
        if not self.is_connected():
            await self.arrival(self.options.reconnect_within)
        if not self.is_connected():
            raise GaveUp("the client is not connected and did not come back")

    def is_connected(self) -> bool:
        return self.reception.current is not None and self.reception.current.is_open

    def forget_arrivals(self) -> None:
        """What came until now does not count as the client's next connection."""
        while not self.reception.came.empty():
            self.reception.came.get_nowait()

    # Inside

    def _take(self, connection: DeviceConnection, frame: Frame) -> None:
        kind = frame["type"]
        if kind == "tool_result":
            self.calls.take(frame)
        elif kind == "pong":
            connection.pongs += 1
            self._pong.set()
        elif kind in ("home_request", "floating_request"):
            self._requested(connection, frame)
        for waiting in self._expected.pop(kind, []):
            if not waiting.done():
                waiting.set_result(frame)

    def _requested(self, connection: DeviceConnection, request: Frame) -> None:
        """Somebody types into the client: keep it for a rule that waits for it, else answer and be done."""
        request_id = request.get("request_id")
        if isinstance(request_id, str) and request_id in self.turns.by_id:
            return
        if self._wanted is not None:
            self.turns.requests.append(request)
            self._wanted.set()
            return
        task = asyncio.create_task(self._reply(connection, request))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _reply(self, connection: DeviceConnection, request: Frame) -> None:
        request_id = request.get("request_id")
        turn = self.turns.new(request_id if isinstance(request_id, str) else None)
        if request["type"] == "floating_request":
            turn.floating()
        turn.start()
        turn.text("This is the protocol checker. It answers nothing, and it is busy with your client.")
        turn.end()
        with contextlib.suppress(Broken):
            for frame in turn.frames:
                await connection.send(frame)

    async def _ask_for_message(self) -> None:
        """Have somebody type into the client; what they send is kept for the rule that asks."""
        self.say("Send any message from your client now.")
        self._wanted = asyncio.Event()
        try:
            async with asyncio.timeout(_ASK_S):
                await self._wanted.wait()
        except TimeoutError:
            raise NotTested(f"no message came from the client within {_ASK_S:g} s") from None
        finally:
            self._wanted = None
