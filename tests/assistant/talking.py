"""A person with a real device who talks with the assistant; the model behind it is scripted."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from device import Device
from device.calls import Call as DeviceCall
from device.decisions import Approve, Decision, Edit, Reject
from device.events import Approval
from tests.devices.live import LiveService
from tests.factories.people import Person
from tests.fakes.model import Call, Reply, ScriptedModel, call, calls, say

Frame = dict[str, Any]
PATIENCE_S = 20.0
TURN_FRAMES = {"stream_start", "floating_domain", "activity", "stream_text", "stream_end"}


@dataclass
class Desktop:
    """One person's device, and every frame it was sent."""

    person: Person
    device: Device
    frames: list[Frame] = field(default_factory=list)
    decide: Callable[[Approval], Decision] | None = None
    asked: list[Approval] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def came(self, frame: Frame) -> None:
        self.frames.append(frame)
        self._news.set()
        self._news = asyncio.Event()

    async def heard(self, fits: Callable[[Frame], bool], within_s: float = PATIENCE_S) -> Frame:
        """The first frame that fits, of those that came or come."""
        async with asyncio.timeout(within_s):
            while True:
                news = self._news
                for frame in self.frames:
                    if fits(frame):
                        return frame
                await news.wait()

    async def ask(self, message: str, **fields: Any) -> "Heard":
        """Ask, and wait for the end."""
        turn = self.device.ask(message, **fields)
        async with asyncio.timeout(PATIENCE_S):
            await turn.ended()
        return self.of(turn.request_id)

    def of(self, request_id: str) -> "Heard":
        """What has come of a turn."""
        return Heard([frame for frame in self.frames if frame.get("request_id") == request_id])

    async def insert(self, table: str, data: dict[str, Any]) -> dict[str, Any]:
        """A row the user makes on their device, apart from the service."""
        outcome = await self.device.store.carry_out(DeviceCall(id=uuid4().hex, action="insert", table=table, data=data))
        row: dict[str, Any] = outcome.result["row"]
        return row

    def rows(self, table: str, **equal: Any) -> list[dict[str, Any]]:
        return self.device.store.rows(table, **equal)

    async def on_approval(self, approval: Approval) -> Decision:
        self.asked.append(approval)
        if self.decide is None:
            await asyncio.Event().wait()
        assert self.decide is not None
        return self.decide(approval)


@dataclass
class Heard:
    """All frames of one turn, in the order in which they came."""

    frames: list[Frame]

    @property
    def turn(self) -> list[Frame]:
        return [frame for frame in self.frames if frame["type"] in TURN_FRAMES]

    @property
    def text(self) -> str:
        return "".join(frame["chunk"] for frame in self.frames if frame["type"] == "stream_text")

    @property
    def end(self) -> Frame:
        (end,) = [frame for frame in self.frames if frame["type"] == "stream_end"]
        return end

    @property
    def tools(self) -> list[str]:
        """Tools that were begun, in order."""
        return [frame["tool"] for frame in self._activity("started") if "tool" in frame]

    @property
    def agents(self) -> list[str]:
        return [frame["agent"] for frame in self._activity("started") if "tool" not in frame]

    def _activity(self, state: str) -> list[Frame]:
        return [frame for frame in self.frames if frame["type"] == "activity" and frame["state"] == state]

    @property
    def error(self) -> str:
        """The code the turn failed with."""
        return str(self.end["error"]["code"])

    def check(self) -> None:
        """What holds for every turn: seq without a gap, one start, one end, and that last."""
        turn = self.turn
        assert [frame["seq"] for frame in turn] == list(range(1, len(turn) + 1))
        assert [frame["type"] for frame in turn].count("stream_start") == 1
        assert [frame["type"] for frame in turn].count("stream_end") == 1
        assert turn[-1]["type"] == "stream_end"


@asynccontextmanager
async def desktop(
    service: LiveService, home: Path, *, person: Person | None = None, **wanted: Any
) -> AsyncIterator[Desktop]:
    person = person or await service.person()
    holder: list[Desktop] = []
    device = Device(
        home,
        service.url,
        tokens=person.access_token,
        on_frame=lambda frame: holder[0].came(frame),  # noqa: PLW0108 - it is made after the device
        on_approval=lambda approval: holder[0].on_approval(approval),  # noqa: PLW0108 - likewise
        backoff_base_s=0.02,
        backoff_cap_s=0.1,
        crowded_s=0.05,
        durable=False,
        **{"timezone": "Europe/Rome", **wanted},
    )
    holder.append(Desktop(person, device))
    async with device.online():
        yield holder[0]


def delegated(agent: str, *steps: Reply, answer: str = "Done.", report: str = "Done as ordered.") -> Sequence[Reply]:
    """A turn in which the supervisor hands one order to one agent, who takes these steps."""
    return (call("task", description="the order", subagent_type=agent), *steps, say(report), say(answer))


__all__ = [
    "Approve",
    "Call",
    "Decision",
    "Desktop",
    "Edit",
    "Heard",
    "Reject",
    "ScriptedModel",
    "call",
    "calls",
    "delegated",
    "desktop",
    "say",
]
