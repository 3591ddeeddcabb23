"""The frames of turns, kept so that a device that lost its socket gets the rest.

A turn's frames are numbered, encoded once and appended to its buffer. Each socket that follows the turn reads the buffer
from where it stands, as fast as it can send: following from the start and resuming are the same thing. Buffers live in
this process until five minutes after the turn's end; what is older is read from the thread.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Literal
from uuid import UUID

from app.devices.closing import Close
from app.devices.codec import encode
from app.devices.connection import DeviceConnection
from app.devices.frames import (
    Activity,
    FloatingDomain,
    Mutation,
    StreamEnd,
    StreamStart,
    StreamText,
    TurnError,
    TurnFrame,
    Usage,
)
from app.devices.limits import SocketLimits
from app.devices.outbox import size


class TurnStream:
    """One turn's frames. Whoever runs the turn writes; sockets follow."""

    def __init__(self, request_id: str, limits: SocketLimits) -> None:
        self.request_id = request_id
        self._limits = limits
        self.on_end: Callable[[], None] | None = None
        self._frames: list[str] = []
        self._dropped = 0  # frames at the front that are no longer kept
        self._bytes = 0
        self._more = asyncio.Event()
        self.has_ended = False
        self._is_left = False

    # Writing

    def start(self, thread_id: str) -> None:
        self._append(StreamStart(request_id=self.request_id, seq=self._next, thread_id=thread_id))

    def domain(self, domain: Literal["tasks", "projects", "notes", "timelines", "clients"]) -> None:
        self._append(FloatingDomain(request_id=self.request_id, seq=self._next, domain=domain))

    def activity(
        self, agent: str, state: Literal["started", "finished", "failed"], label: str, tool: str | None = None
    ) -> None:
        frame = Activity(request_id=self.request_id, seq=self._next, agent=agent, state=state, label=label, tool=tool)
        self._append(frame)

    def text(self, chunk: str) -> None:
        self._append(StreamText(request_id=self.request_id, seq=self._next, chunk=chunk))

    def end(
        self,
        status: Literal["completed", "cancelled", "failed"],
        *,
        mutations: list[Mutation],
        usage: Usage,
        error: TurnError | None = None,
    ) -> None:
        """The last frame. A turn that has ended takes no more."""
        frame = StreamEnd(
            request_id=self.request_id, seq=self._next, status=status, mutations=mutations, usage=usage, error=error
        )
        self._append(frame)
        self.has_ended = True
        if self.on_end is not None:
            self.on_end()

    @property
    def last_seq(self) -> int:
        return self._dropped + len(self._frames)

    @property
    def _next(self) -> int:
        return self.last_seq + 1

    def _append(self, frame: TurnFrame) -> None:
        if self.has_ended:
            raise RuntimeError("the turn has ended")
        text = encode(frame)
        self._frames.append(text)
        self._bytes += size(text)
        while self._bytes > self._limits.turn_bytes and len(self._frames) > 1:
            self._bytes -= size(self._frames.pop(0))
            self._dropped += 1
        self._tell()

    def _tell(self) -> None:
        more, self._more = self._more, asyncio.Event()
        more.set()

    def kept(self) -> tuple[list[str], int]:
        """The frames as they were sent, and how many before them are no longer kept."""
        return list(self._frames), self._dropped

    def leave(self) -> None:
        """The turn goes on in another process: nothing more comes here, and no end."""
        self._is_left = True
        self._tell()

    def refill(self, frames: list[str], dropped: int) -> None:
        """Stand where a turn stood that goes on in this process."""
        self._frames, self._dropped = list(frames), dropped
        self._bytes = sum(size(frame) for frame in frames)

    # Following

    async def frames(self, last_seq: int = 0) -> AsyncIterator[str]:
        """The encoded frames after `last_seq`, until no more come. Raises `LookupError` when some are gone."""
        seen = last_seq
        while True:
            more = self._more
            while seen < self.last_seq:
                if seen < self._dropped:
                    raise LookupError("frames of this turn are no longer kept")
                yield self._frames[seen - self._dropped]
                seen += 1
            if self.has_ended or self._is_left:
                return
            await more.wait()

    def can_resume(self, last_seq: int) -> bool:
        """Is everything after this still here? Nobody has seen what was not sent yet."""
        return self._dropped <= last_seq <= self.last_seq

    async def follow(self, connection: DeviceConnection, last_seq: int) -> None:
        """Send what comes after `last_seq`, and go on until the turn or the connection ends."""
        seen = last_seq
        while not (self.has_ended and seen >= self.last_seq):
            more = self._more
            while seen < self.last_seq:
                if not await connection.room():
                    return
                if seen < self._dropped:
                    connection.close(Close.RESTARTING, "Frames of a turn are no longer kept; its thread has the text.")
                    return
                connection.send_encoded(self._frames[seen - self._dropped])
                seen += 1
            if self._is_left:
                return
            if not self.has_ended:
                await more.wait()
            if connection.is_closing:
                return


class Turns:
    """Every turn whose frames are kept, by user and request. A `request_id` is unique for its user only."""

    def __init__(self, limits: SocketLimits) -> None:
        self._limits = limits
        self._streams: dict[UUID, dict[str, TurnStream]] = {}
        self._until: dict[TurnStream, asyncio.TimerHandle] = {}  # how long those that have ended are kept
        self._following: dict[DeviceConnection, dict[TurnStream, asyncio.Task[None]]] = {}

    def begin(self, user_id: UUID, request_id: str) -> TurnStream:
        """The buffer of a new turn."""
        kept = self._streams.setdefault(user_id, {})
        stream = TurnStream(request_id, self._limits)
        stream.on_end = lambda: self._ended(user_id, stream)
        kept[request_id] = stream
        return stream

    def restore(self, user_id: UUID, request_id: str, frames: list[str], dropped: int) -> TurnStream:
        """The buffer of a turn that was begun by another process."""
        stream = self.begin(user_id, request_id)
        stream.refill(frames, dropped)
        return stream

    def find(self, user_id: UUID, request_id: str) -> TurnStream | None:
        return self._streams.get(user_id, {}).get(request_id)

    def resumable(self, user_id: UUID, resume: Mapping[str, int]) -> dict[str, TurnStream]:
        """Those of the turns a device asks for that can go on from where it stands."""
        found = {request_id: self.find(user_id, request_id) for request_id in resume}
        return {
            request_id: stream
            for request_id, stream in found.items()
            if stream is not None and stream.can_resume(resume[request_id])
        }

    def follow(self, connection: DeviceConnection, stream: TurnStream, last_seq: int = 0) -> None:
        """Have a connection sent the turn's frames from here on. One that is being sent them is not sent them twice."""
        tasks = self._following.setdefault(connection, {})
        if stream in tasks:
            return
        task = tasks[stream] = asyncio.get_running_loop().create_task(stream.follow(connection, last_seq))
        task.add_done_callback(lambda _task: self._followed(connection, stream))

    def _followed(self, connection: DeviceConnection, stream: TurnStream) -> None:
        """To its end, or to the connection's."""
        tasks = self._following.get(connection, {})
        tasks.pop(stream, None)
        if not tasks:
            self._following.pop(connection, None)

    async def left(self, connection: DeviceConnection) -> None:
        """The connection has ended; its turns go on without it."""
        tasks = list(self._following.pop(connection, {}).values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _ended(self, user_id: UUID, stream: TurnStream) -> None:
        kept = self._streams.get(user_id, {})
        ended = [each for each in kept.values() if each.has_ended]
        for oldest in ended[: max(0, len(ended) - self._limits.turns_kept_per_user)]:
            self.forget(user_id, oldest)
        later = asyncio.get_running_loop().call_later
        self._until[stream] = later(self._limits.turn_kept_s, self.forget, user_id, stream)

    def forget(self, user_id: UUID, stream: TurnStream) -> None:
        if (timer := self._until.pop(stream, None)) is not None:
            timer.cancel()  # it would hold the frames until it is due
        kept = self._streams.get(user_id, {})
        if kept.get(stream.request_id) is stream:
            del kept[stream.request_id]
        if not kept:
            self._streams.pop(user_id, None)
