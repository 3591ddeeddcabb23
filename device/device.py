"""The device as a program uses it: start, wait until it is ready, look into its tables, stop."""

import asyncio
import random
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from device.api import Service
from device.backoff import Backoff
from device.calls import Call, Frame, Outcome, fits_a_frame
from device.clock import machine_timezone, now_ms
from device.connection import Connection
from device.conversations import Conversations
from device.decisions import OnApproval
from device.errors import DeviceError, DeviceStopped
from device.home import device_id as id_of_home
from device.hooks import CallDone, Hooks
from device.levers import Levers
from device.reconnecting import Ending, Reconnecting
from device.resume import Turns
from device.session import FixedTokens, KeptTokens
from device.store import Counts, Database
from device.tokens import Tokens
from device.turn import Question, Scope, Turn
from device.version import CLIENT_NAME, PROTOCOL, VERSION

ASKED = Ending("asked", "Stopped.")
_REQUESTS = {"home_request", "floating_request"}


class Device:
    """One device of one user: a home on disk, the connection to the service, and the questions to the assistant.

    `tokens`: what a sign-in gave, an access token or API key as text, or None for those kept in the home (`session.json`).
    Hooks (`say`, `on_…`): see `hooks.Hooks`. `on_approval` alone is awaited: it returns a `Decision`, and is cancelled when
    the question is withdrawn (see `approvals.py`). `timezone`: an IANA name; default: the machine's. `crowded_s`: the least
    wait after the service said "too many".
    `durable=False`: see `store.Database`. `levers`: faults to order, for tests.
    """

    def __init__(
        self,
        home: Path,
        url: str = "http://127.0.0.1:8000",
        *,
        tokens: Tokens | str | None = None,
        device_id: str | None = None,
        name: str | None = None,
        timezone: str | None = None,
        levers: Levers | None = None,
        say: Callable[[str], None] | None = None,
        on_frame: Callable[[Frame], None] | None = None,
        on_call: Callable[[CallDone], None] | None = None,
        on_error: Callable[[Frame], None] | None = None,
        on_lost: Callable[[list[str]], None] | None = None,
        on_gap: Callable[[str, int, int], None] | None = None,
        on_state: Callable[[str, str], None] | None = None,
        on_approval: OnApproval | None = None,
        backoff_base_s: float = 0.5,
        backoff_cap_s: float = 30.0,
        crowded_s: float = 5.0,
        dice: random.Random | None = None,
        durable: bool = True,
        clock: Callable[[], int] = now_ms,
    ) -> None:
        """Makes the home and its database. Raises `HomeUnusable`; `DeviceError` for a URL that is none."""
        service = Service(url)
        self.store = Database(home, durable=durable, clock=clock)
        self.device_id = device_id or id_of_home(home)
        self.levers = levers or Levers()
        self.turns = Turns()
        self.connections = 0  # that became ready
        self.ready_frame: Frame | None = None  # the last device_ready
        self.ending: Ending | None = None
        self._name = (name or socket.gethostname())[:128]
        self._timezone = timezone or machine_timezone()
        self._hooks = Hooks(say, on_frame, on_call, on_error, on_lost, on_gap, self._keep_state(on_state))
        self._conversations = Conversations(self._send_if_connected, on_approval, self._hooks)
        self._reconnecting = Reconnecting(
            service,
            _source(home, service, tokens),
            self._live,
            backoff=Backoff(backoff_base_s, backoff_cap_s, dice),
            crowded_s=crowded_s,
            hooks=self._hooks,
        )
        self._connection: Connection | None = None
        self._life: asyncio.Task[Ending] | None = None
        self._news = asyncio.Event()
        self._last_state = "It has not been started."
        self._is_running = self._is_ready = self._is_restarting = False

    @property
    def is_ready(self) -> bool:
        return self._is_ready

    @property
    def counts(self) -> Counts:
        return self.store.counts

    async def run(self) -> Ending:
        """Stay online until `stop()`, or until the service says for good that it will not have this device."""
        if self._is_running:
            raise RuntimeError("this device is running already")
        self._is_running, self.ending = True, None
        ending: Ending | None = None
        try:
            while ending is None:
                ending = await self._one_life()
        finally:
            self._is_running = False
            self.ending = ASKED if ending is None else ending
            self._hooks.tell("state", "stopped", self.ending.sentence)
        return ending

    async def stop(self) -> None:
        """Leave in order: a call that is being carried out is finished and journaled, the socket closed. `run` returns."""
        await asyncio.sleep(0)  # a task made for `run` a moment ago has not begun yet
        while self._is_running:
            await self._end_life()

    async def restart(self) -> None:
        """As if the process were killed and started again: the connection torn off, what was in memory forgotten, the same
        SQLite opened anew. Returns when all is closed; `run` goes on. Wait with `ready()`."""
        self._is_restarting = True
        self.cut()
        await self._end_life()

    async def ready(self, within_s: float = 10.0) -> Frame:
        """Wait until the server has accepted the hello; its `device_ready`. Raises `TimeoutError`, and `DeviceError` when
        the device has stopped."""
        try:
            async with asyncio.timeout(within_s):
                while not self._is_ready:
                    if self.ending is not None:
                        raise DeviceError(self.ending.sentence)
                    await self._news.wait()
        except TimeoutError:
            raise TimeoutError(f"The device was not ready within {within_s} s. {self._last_state}") from None
        assert self.ready_frame is not None
        return self.ready_frame

    @asynccontextmanager
    async def online(self, within_s: float = 10.0) -> AsyncIterator["Device"]:
        """Run inside a block that begins when the device is ready and ends when it has stopped."""
        self.ending = None
        running = asyncio.create_task(self.run())
        try:
            await self.ready(within_s)
            yield self
        finally:
            await self.stop()
            await running

    def ask(
        self,
        message: str,
        *,
        request_id: str | None = None,
        thread_id: str | None = None,
        session_id: str | None = None,
        context: Mapping[str, Any] | None = None,
        history: Sequence[Mapping[str, str]] | None = None,
        scope: Scope | None = None,
    ) -> Turn:
        """Ask the assistant: at home, or with a `scope` in the floating window. See `turn.Question` for what goes along.

        Needs no connection: it is sent when there is one. Raises `DeviceStopped` when there will be none, `DeviceError` for
        a question that is larger than a frame, `ValueError` for a `request_id` whose turn is under way.
        """
        if self.ending is not None:
            raise DeviceStopped(self.ending.sentence)
        question = Question(message, request_id or str(uuid4()), thread_id, session_id, context, history, scope)
        if not fits_a_frame(question.frame()):
            raise DeviceError("This is more than the service takes at once. Ask with less.")
        return self._conversations.ask(question)

    async def send(self, frame: Frame) -> None:
        """Any frame of the protocol, now. Raises `DeviceError` when not connected, `ConnectionClosed`."""
        if self._connection is None:
            raise DeviceError(f"The device is not connected. {self._last_state}")
        if frame.get("type") in _REQUESTS and isinstance(request_id := frame.get("request_id"), str):
            self.turns.ask_again(request_id)
        await self._connection.send(frame)

    def cut(self) -> None:
        """Tear the connection off, as a cut cable would. The device reconnects by itself."""
        if self._connection is not None:
            self._connection.abort()

    async def _send_if_connected(self, frame: Frame) -> None:
        """What counts is sent again by whoever sent it, when the next connection is ready."""
        if self._is_ready:
            with suppress(DeviceError, ConnectionClosed):
                await self.send(frame)

    async def _one_life(self) -> Ending | None:
        """None when it ended to begin again."""
        life = self._life = asyncio.create_task(self._reconnecting.until_over())
        try:
            await asyncio.wait({life})
        finally:  # also when `run` itself is cancelled
            life.cancel()
            await asyncio.wait({life})
            await self._conversations.close(_why(life))
            await self.store.close()
            self._life = None
            self._wake()
        if not life.cancelled():
            return life.result()
        if not self._is_restarting:
            return ASKED
        self._is_restarting = False
        self.turns = Turns()
        return None

    async def _end_life(self) -> None:
        if (life := self._life) is not None:
            life.cancel()
            while self._life is life:
                await self._news.wait()
        await asyncio.sleep(0)  # `run` takes note

    async def _live(self, websocket: ClientConnection) -> None:
        """An open socket until its end, which it raises."""
        self._connection = Connection(
            websocket,
            carry_out=self._carry_out,
            renew=self._reconnecting.fresh_token,
            became_ready=self._became_ready,
            hear=self._conversations.hear,
            turns=self.turns,
            hooks=self._hooks,
            levers=self.levers,
        )
        try:
            await self._connection.live(self._hello())
        finally:
            self._connection, self._is_ready = None, False
            self._conversations.disconnected()

    def _hello(self) -> Frame:
        return {
            "type": "device_hello",
            "device_id": self.device_id,
            "name": self._name,
            "protocol": PROTOCOL,
            "agent_ids": [],
            "timezone": self._timezone,
            "client": {"name": CLIENT_NAME, "version": VERSION, "platform": sys.platform},
            "journal": self.levers.claims_journal,
            "resume": self.turns.open,
        }

    def _became_ready(self, frame: Frame) -> None:
        self.ready_frame, self._is_ready = frame, True
        self.connections += 1
        self._reconnecting.became_ready()
        self._conversations.connected()
        self._hooks.tell("state", "ready", f"Ready. Connection {frame.get('connection_id')}")
        self.store.note_online()

    async def _carry_out(self, call: Call) -> Outcome:
        return await self.store.carry_out(call, self.levers.journal())

    def _keep_state(self, tell: Callable[[str, str], None] | None) -> Callable[[str, str], None]:
        """The last state explains to a waiting caller why it waits."""

        def keep(word: str, sentence: str) -> None:
            self._last_state = f"{sentence}."
            self._wake()
            if tell is not None:
                tell(word, sentence)

        return keep

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


def _why(life: asyncio.Task[Ending]) -> str:
    if life.cancelled() or life.exception() is not None:
        return ASKED.sentence
    return life.result().sentence


def _source(home: Path, service: Service, tokens: Tokens | str | None) -> FixedTokens | KeptTokens:
    if tokens is None:
        return KeptTokens(home)
    return FixedTokens(service, Tokens(tokens) if isinstance(tokens, str) else tokens)
