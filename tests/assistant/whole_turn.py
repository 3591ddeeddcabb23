"""A turn with everything in it: history, words before the work, a sub-agent, calls side by side, a write, an approval."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from app.assistant.deps import AssistantServices
from tests.assistant.relaying import Body, is_first, is_supervisor
from tests.assistant.talking import Approve, Desktop, Heard, ScriptedModel, call, calls, say
from tests.devices.live import LiveService
from tests.fakes.model import Reply
from tests.threads.reading import events

FINAL = {"completed", "cancelled", "failed"}


def assistant_of(service: LiveService) -> AssistantServices:
    services: AssistantServices = service.app.state.assistant
    return services


@dataclass
class WholeTurns:
    """Turns of one person in one thread. Each adds a row of its own and deletes another, with leave."""

    service: LiveService
    ada: Desktop
    model: ScriptedModel
    thread_id: str = ""
    title: str = ""
    old: str = ""

    async def begin(self) -> "WholeTurns":
        self.ada.decide = lambda _asked: Approve()
        self.model.answer = lambda _body: say("Good morning.")
        first = self.ada.device.ask("Good morning")
        await first.ended()
        self.thread_id = str(first.thread_id)
        return self

    async def prepare(self) -> str:
        """The id for the next turn's request."""
        self.title = uuid4().hex
        self.old = str((await self.ada.insert("tasks", {"title": f"old {self.title}"}))["id"])
        self.model.answer = self._plan
        return uuid4().hex

    def _plan(self, body: Body) -> Reply:
        if is_supervisor(body):
            order = call("task", description="Swap them.", subagent_type="task_agent")
            return calls(order, text="One moment.") if is_first(body) else say("Both are done.")
        if not is_first(body):
            return say("Done as ordered.")
        return calls(
            call("list_tasks", search=self.title),
            call("create_task", title=self.title),
            call("delete_task", task_id=self.old),
        )

    async def check(self, heard: Heard) -> None:
        """What holds of a turn that has ended, however it ended."""
        heard.check()
        rows = self.ada.rows("tasks", title=self.title)
        added = [each for each in heard.end["mutations"] if each["action"] == "insert"]
        assert len(rows) <= 1, "a write took effect twice"
        assert [each["id"] for each in added] in ([], [row["id"] for row in rows])
        if any(each["action"] == "delete" for each in heard.end["mutations"]):
            assert self.ada.rows("tasks", id=self.old) == []
        await self.model.until_idle()
        await self.check_kept(heard)

    async def check_kept(self, heard: Heard) -> None:
        person, request_id = self.ada.person, heard.end["request_id"]
        kept = (await person.get(f"/chat/{request_id}")).json()
        assert kept["status"] == heard.end["status"]
        assert kept["response"] == heard.text
        assert [each["id"] for each in kept["mutations"]] == [each["id"] for each in heard.end["mutations"]]
        assert (await person.get("/approvals")).json()["items"] == [], "a question outlived its turn"
        await self.check_pairs()
        services = assistant_of(self.service)
        assert not services.turns.held.storage
        assert services.assistant.live == []

    async def check_pairs(self) -> None:
        """No call without its result, in the order in which they were made."""
        told = await events(self.ada.person, UUID(self.thread_id), limit=100)
        called = [each["content"]["call_id"] for each in told if each["type"] == "tool.call"]
        answered = [each["content"]["call_id"] for each in told if each["type"] == "tool.result"]
        assert sorted(called) == sorted(answered)

    async def next_message_succeeds(self) -> None:
        """The thread is usable: its history is one that a model takes."""
        self.model.answer = lambda _body: say("I am here.")
        heard = await self.ada.ask("Still there?", thread_id=self.thread_id)
        assert (heard.end["status"], heard.text) == ("completed", "I am here."), heard.end
        _check_transcript(self.model.requests[-1]["messages"])


def _check_transcript(messages: list[dict[str, Any]]) -> None:
    open_calls: set[str] = set()
    for message in messages:
        if message["role"] == "tool":
            open_calls.remove(message["tool_call_id"])
            continue
        assert not open_calls, "a tool call has no result"
        open_calls = {each["id"] for each in message.get("tool_calls") or ()}
    assert not open_calls
