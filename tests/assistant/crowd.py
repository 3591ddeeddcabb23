"""Many people at once, who all call their things the same, and one model that repeats all it was given."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from device.turn import Scope
from tests.assistant.relaying import Body, is_first, is_supervisor
from tests.assistant.talking import Approve, Desktop, call, desktop, say
from tests.devices.live import LiveService
from tests.factories.people import Person
from tests.fakes.model import Reply, said_to

CANARY = re.compile(r"canary[0-9a-f]{16}")
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
PASSWORDS_AT_ONCE = 8  # more wait in a queue that is bounded
TALKING_AT_ONCE = 6  # all are connected; this process plays the service, the devices and the model at once


@dataclass
class Member:
    """`canary` stands in all that is theirs and in nothing else."""

    desk: Desktop
    canary: str
    task_id: str = ""

    async def live_a_day(self) -> None:
        """A home turn and a floating one side by side, then a delete that has to be approved, in the first one's thread."""
        task = await self.desk.insert("tasks", {"title": f"Old {self.canary}"})
        self.task_id = str(task["id"])
        profile = {"user_profile": {"name": self.canary}}
        first = self.desk.device.ask(f"note {self.canary}", request_id="first", session_id="s", context=profile)
        second = self.desk.device.ask(
            f"repeat {self.canary}", request_id="second", session_id="s", scope=Scope("task", self.task_id)
        )
        await asyncio.gather(first.ended(), second.ended())
        third = self.desk.device.ask(
            f"delete {self.canary} {self.task_id}", request_id="third", session_id="s", thread_id=first.thread_id
        )
        await third.ended()

    @property
    def ids(self) -> set[str]:
        """Of all that is theirs."""
        frames = self.desk.frames
        rows = [row["id"] for table in ("tasks", "notes") for row in self.desk.rows(table)]
        threads = [frame["thread_id"] for frame in frames if frame["type"] == "stream_start"]
        asked = [frame["id"] for frame in frames if frame["type"] in ("approval_request", "tool_call")]
        return {*rows, *threads, *asked, self.task_id}

    async def told_over_http(self) -> list[str]:
        """All that they can read of their turns."""
        person = self.desk.person
        answers = [await person.get("/threads")]
        threads = [f"/threads/{thread['id']}/events?limit=100" for thread in answers[0].json()["items"]]
        answers += [await person.get(path) for path in [*threads, "/chat/first", "/chat/second", "/approvals"]]
        assert [answer.status_code for answer in answers] == [200] * 6, [answer.text for answer in answers]
        return [answer.text for answer in answers]


class Belongings:
    """Whose is what?"""

    def __init__(self, crowd: Iterable[Member]) -> None:
        self._owners: dict[str, Member] = {}
        for member in crowd:
            for thing in (member.canary, *member.ids):
                assert thing not in self._owners, "two people have the same thing: nothing would be proved"
                self._owners[thing] = member

    def owners_in(self, text: str) -> set[str]:
        """The canaries of all those of whom something stands in a text."""
        things = {*CANARY.findall(text), *_ID.findall(text)}
        return {self._owners[thing].canary for thing in things if thing in self._owners}


@asynccontextmanager
async def crowd(service: LiveService, home: Path, size: int) -> AsyncIterator[list[Member]]:
    async with AsyncExitStack() as stack:
        gate = asyncio.Semaphore(PASSWORDS_AT_ONCE)

        async def person() -> Person:
            async with gate:
                return await service.person()

        people = await asyncio.gather(*(person() for _ in range(size)))
        desks = [
            desktop(service, home / str(number), person=each, device_id="laptop", name="laptop")
            for number, each in enumerate(people)
        ]
        members = [
            Member(desk, f"canary{uuid4().hex[:16]}")
            for desk in await asyncio.gather(*(stack.enter_async_context(each) for each in desks))
        ]
        for member in members:
            member.desk.decide = lambda _asked: Approve()
        yield members


def obedient(body: Body) -> Reply:
    """Does what the words say, and repeats everything it knows."""
    if not is_first(body):
        return say(_everything_in(body), tokens=4)
    words = said_to(body, "user")
    verb, canary, *rest = words.split()
    if verb == "repeat":
        return say(_everything_in(body), tokens=4)
    if is_supervisor(body):
        return call("task", description=words, subagent_type="note_agent" if verb == "note" else "task_agent")
    if verb == "note":
        return call("create_note", title=f"On {canary}", content=f"Word for word: {canary}")
    return call("delete_task", task_id=rest[0])


def _everything_in(body: Body) -> str:
    """Each line once: answers repeat answers."""
    told = [message["content"] or json.dumps(message["tool_calls"]) for message in body["messages"][1:]]
    return "\n".join(dict.fromkeys(line for text in told for line in text.splitlines()))
