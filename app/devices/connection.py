"""One device's socket, once it has said hello. Knows nothing of FastAPI or the database."""

import asyncio
from collections.abc import Callable
from uuid import UUID

from app.devices.closing import Close, SocketClosed
from app.devices.codec import BadFrame, encode
from app.devices.credentials import Credential
from app.devices.frames import AuthExpiring, DeviceHello, Error, Frame, Ping
from app.devices.introductions import timezone_of
from app.devices.limits import SocketLimits
from app.devices.measures import CLOSED
from app.devices.outbox import AsgiSend, Outbox
from app.kit.clock import Clock, to_ms

_PING = encode(Ping())
LARGE_FRAME = 32 * 1024  # characters; reading a frame of 1 MiB may take some 50 ms
# How long a replaced connection may still deliver what it had under way.
_LAST_WORDS_S = 0.25


class Allowance:
    """A token bucket: `rate` a second on the whole, `burst` at once."""

    __slots__ = ("_at", "_burst", "_left", "_rate")

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._left, self._at = burst, asyncio.get_running_loop().time()

    def take(self, cost: float = 1) -> bool:
        now = asyncio.get_running_loop().time()
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < cost:
            return False
        self._left -= cost
        return True

    def give_back(self, cost: float) -> None:
        self._left += cost


class DeviceConnection:
    __slots__ = (
        "_allowance",
        "_awaits_pong",
        "_beat",
        "_clock",
        "_credential",
        "_expiry",
        "_limits",
        "_mistakes",
        "_outbox",
        "arrival",
        "device_id",
        "id",
        "journal",
        "timezone",
        "user_id",
    )

    def __init__(
        self,
        connection_id: str,
        arrival: int,
        credential: Credential,
        hello: DeviceHello,
        send: AsgiSend,
        abort: Callable[[], None],
        clock: Clock,
        limits: SocketLimits,
    ) -> None:
        """`arrival`: sockets of this process, in the order in which they came."""
        self.id, self.device_id, self._credential = connection_id, hello.device_id, credential
        self.arrival = arrival
        self.user_id: UUID = credential.user_id
        self.journal = hello.journal is not False
        self.timezone = timezone_of(hello)  # as the device tells it; nobody has checked it
        self._clock, self._limits = clock, limits
        self._outbox = Outbox(send, abort, limits)
        self._allowance = Allowance(limits.frames_per_second, limits.frames_at_once)
        self._mistakes = Allowance(limits.protocol_errors_a_minute / 60, limits.protocol_errors_a_minute)
        self._beat: asyncio.TimerHandle | None = None
        self._awaits_pong = False
        self._expiry: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Start the heartbeat, and watch the credential's end."""
        self._beat = asyncio.get_running_loop().call_later(self._limits.ping_every_s, self._ping)
        self._watch_expiry()

    # Sending

    def send(self, frame: Frame) -> None:
        self._outbox.put(encode(frame))

    def send_encoded(self, text: str) -> None:
        self._outbox.put(text)

    async def room(self) -> bool:
        """Wait until more can be sent; False when the connection has ended."""
        return await self._outbox.room()

    def close(self, code: Close, reason: str) -> None:
        if not self._outbox.is_closing:
            CLOSED.labels(str(int(code))).inc()
        self._outbox.close(int(code), reason)

    def replace(self, reason: str) -> None:
        """Another connection of this device has come. What is still under way on this one may arrive."""
        self._stop_timers()
        asyncio.get_running_loop().call_later(_LAST_WORDS_S, self.close, Close.REPLACED, reason)

    @property
    def is_closing(self) -> bool:
        return self._outbox.is_closing

    async def ended(self) -> None:
        self._stop_timers()
        await self._outbox.finish()

    # Counting what comes in

    def count_frame(self) -> None:
        """For every frame nobody here had asked for. Raises `SocketClosed` when they come too fast."""
        self._count(1)

    def count_size(self, text: str) -> float:
        """A large frame costs as many as it could have been, before it is read: reading it is what costs. Give it back if
        it was asked for. Raises `SocketClosed`."""
        # Never more than some of what may come at once: limits may be set so that a frame is larger than that.
        cost = min(len(text) // LARGE_FRAME, self._limits.frames_at_once / 4)
        self._count(cost)
        return cost

    def was_asked_for(self, cost: float) -> None:
        self._allowance.give_back(cost)

    def _count(self, cost: float) -> None:
        if not self._allowance.take(cost):
            raise SocketClosed(Close.TOO_MANY, "Frames came faster than the limit.")

    def reject(self, bad: BadFrame) -> None:
        """Tell the device what was wrong. Raises `SocketClosed` when it makes too many mistakes."""
        self.send(Error(code=bad.code, message=bad.message, id=bad.id, request_id=bad.request_id))
        if bad.code == "unknown_type":
            return  # a frame of a later protocol, and no mistake
        if not self._mistakes.take():
            raise SocketClosed(Close.PROTOCOL_ERRORS, "Too many frames that could not be taken.")

    # Heartbeat

    def _ping(self) -> None:
        self._awaits_pong = True
        self._outbox.put(_PING)
        self._beat = asyncio.get_running_loop().call_later(self._limits.pong_s, self._silent)

    def _silent(self) -> None:
        self.close(Close.SILENT, "No pong came in time.")

    def pong(self) -> None:
        if self._beat is not None and self._awaits_pong:  # one that nobody asked for proves nothing
            self._awaits_pong = False
            self._beat.cancel()
            wait = self._limits.ping_every_s
            self._beat = asyncio.get_running_loop().call_later(wait, self._ping)

    # The credential

    @property
    def credential(self) -> Credential:
        return self._credential

    def renew(self, credential: Credential) -> None:
        self._credential = credential
        self._watch_expiry()

    def _watch_expiry(self) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None
        if self._credential.expires_at is None:
            return
        left = (self._credential.expires_at - self._clock.now()).total_seconds()
        loop = asyncio.get_running_loop()
        self._expiry = loop.call_later(max(0, left - self._limits.auth_warning_s), self._warn)

    def _warn(self) -> None:
        expires_at = self._credential.expires_at
        assert expires_at is not None
        self.send(AuthExpiring(expires_at=to_ms(expires_at)))
        left = (expires_at - self._clock.now()).total_seconds()
        self._expiry = asyncio.get_running_loop().call_later(max(0, left), self._expired)

    def _expired(self) -> None:
        self.close(Close.NOT_AUTHENTICATED, "The access token has expired.")

    def _stop_timers(self) -> None:
        for timer in (self._beat, self._expiry):
            if timer is not None:
                timer.cancel()
        self._beat = self._expiry = None
