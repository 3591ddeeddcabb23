"""A question to the assistant and its answer, as the program that asked sees it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from device.calls import Frame
from device.errors import DeviceError
from device.events import Ended, Event, Started, Text


@dataclass(frozen=True)
class Scope:
    """What the user is looking at; a question with a scope is a floating one. `none` has no id."""

    type: Literal["task", "project", "note", "timeline", "client", "none"]
    id: str = ""

    def fields(self) -> Frame:
        return {"type": self.type} | ({"id": self.id} if self.id else {})


@dataclass(frozen=True)
class Question:
    """`history`: `{role, content}` of a talk the service does not know; ignored with a `thread_id`. `context`: an object
    of the client's own. `session_id` groups turns that belong together."""

    message: str
    request_id: str
    thread_id: str | None = None
    session_id: str | None = None
    context: Mapping[str, Any] | None = None
    history: Sequence[Mapping[str, str]] | None = None
    scope: Scope | None = None

    def frame(self) -> Frame:
        given: Frame = {
            "thread_id": self.thread_id,
            "session_id": self.session_id,
            "context": None if self.context is None else dict(self.context),
            "conversation_history": None if self.history is None else [dict(each) for each in self.history],
            "scope": None if self.scope is None else self.scope.fields(),
        }
        kind = "home_request" if self.scope is None else "floating_request"
        told = {name: value for name, value in given.items() if value is not None}
        return {"type": kind, "request_id": self.request_id, "message": self.message, **told}


class Turn:
    """`async for event in turn` tells every event from the first to `Ended`, to each who asks, whenever they begin.
    It raises `TurnRefused`, `TurnLost` or `DeviceStopped` where a turn comes to no end of its own."""

    def __init__(self, question: Question, cancel: Callable[["Turn"], Awaitable[None]]) -> None:
        self.question = question
        self.thread_id = question.thread_id
        self.has_begun = False  # a frame of it has come
        self._cancel = cancel
        self._events: list[Event] = []
        self._failure: DeviceError | None = None
        self._more = asyncio.Event()

    @property
    def request_id(self) -> str:
        return self.question.request_id

    @property
    def answer(self) -> str:
        """The text so far, tags included."""
        return "".join(each.chunk for each in self._events if isinstance(each, Text))

    @property
    def is_over(self) -> bool:
        return self._failure is not None or (bool(self._events) and isinstance(self._events[-1], Ended))

    async def cancel(self) -> None:
        """Have the service stop; the turn then ends with the status `cancelled`, unless it was done already. May be called
        while there is no connection."""
        if not self.is_over:
            await self._cancel(self)

    async def ended(self) -> Ended:
        """Wait for the end. Raises what iterating raises."""
        async for event in self:
            if isinstance(event, Ended):
                return event
        raise AssertionError("a turn ends with Ended or an exception")

    async def __aiter__(self) -> AsyncIterator[Event]:
        told = 0
        while True:
            more = self._more
            while told < len(self._events):
                told += 1
                yield self._events[told - 1]
            if self.is_over:
                break
            await more.wait()
        if self._failure is not None:
            raise self._failure

    def happened(self, event: Event) -> None:
        """For `Conversations`. Nothing happens after the end."""
        if self.is_over:
            return
        if isinstance(event, Started) and event.thread_id:
            self.thread_id = event.thread_id
        self._events.append(event)
        self._wake()

    def fail(self, failure: DeviceError) -> None:
        """For `Conversations`: it will not come to its end."""
        if not self.is_over:
            self._failure = failure
            self._wake()

    def _wake(self) -> None:
        self._more.set()
        self._more = asyncio.Event()
