"""A real device whose user talks with the offline assistant; every word that is the user's own is distinctive."""

import asyncio
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

from device import Approval, Decision, Device, Edit, Reject
from tests.factories.people import Person

PATIENCE_S = 60
SAID = (
    "message",
    "message over HTTP",
    "task title",
    "edited task title",
    "note title",
    "note content",
    "thread title",
    "reason",
)
SENT_ALONG = ("device name", "context", "history", "frame type", "frame field", "bad thread", "bad message", "bad args")


class Talk:
    """`planted`: what was said, by what it is. `while_asked` is called when the assistant waits for an answer."""

    def __init__(self, person: Person, service_url: str, home: Path, while_asked: Callable[[], None]) -> None:
        self.planted = {name: f"Canary{uuid4().hex}" for name in SAID + SENT_ALONG}
        self.approvals: list[Approval] = []
        self._person, self._while_asked = person, while_asked
        self._device = Device(
            home,
            service_url,
            tokens=person.access_token,
            name=self.planted["device name"],
            on_approval=self._decide,
            durable=False,
        )

    async def go_through(self) -> None:
        """Tasks, notes, approvals, titles and refusals, over the socket and over HTTP."""
        said = self.planted
        await self._person.request(
            "PUT", "/chat/approval-policy", json={"insert": "ask", "update": "allow", "delete": "ask"}
        )
        async with self._device.online():
            await self._ask(f"create a task called {said['task title']}")
            await self._ask(f"create a note titled {said['note title']}: {said['note content']}")
            await self._ask(f"find notes about {said['note content']}")
            await self._ask(f"delete the task {said['edited task title']}")
            answer = await self._person.post("/chat", json={"message": f"find notes about {said['message over HTTP']}"})
            assert answer.status_code == 200, answer.text
            await self._ask(
                said["message"],
                context={"page": said["context"]},
                history=[{"role": "user", "content": said["history"]}],
            )
            await self._provoke()
        await self._name_threads()
        assert [approval.tool for approval in self.approvals] == ["create_task", "create_note", "delete_task"]
        assert [row["title"] for row in self._device.store.rows("tasks")] == [said["edited task title"]]

    async def _ask(self, message: str, **fields: Any) -> None:
        async with asyncio.timeout(PATIENCE_S):
            ended = await self._device.ask(message, **fields).ended()
        assert ended.status == "completed", ended

    async def _decide(self, approval: Approval) -> Decision:
        self.approvals.append(approval)
        self._while_asked()
        if approval.tool == "create_task":
            return Edit({**approval.args, "title": self.planted["edited task title"]})
        if approval.tool == "delete_task":
            return Reject(self.planted["reason"])
        return Edit(approval.args)

    async def _provoke(self) -> None:
        said = self.planted
        await self._device.send({"type": said["frame type"], "request_id": "r1", "message": said["frame field"]})
        await self._device.send({"type": "home_request", "message": [said["frame field"]]})
        await self._device.send({"type": "cancel", "request_id": said["frame field"]})
        for path, body in (
            ("/chat", {"message": said["bad message"], "thread_id": said["bad thread"]}),
            ("/chat", {"message": said["bad message"], "thread_id": str(uuid4())}),
            ("/chat/stream", {"message": said["bad message"] * 2000}),
            (f"/approvals/{uuid4()}", {"decision": "edit", "args": {"title": said["bad args"]}}),
            (f"/approvals/{said['bad thread']}", {"decision": said["bad args"]}),
        ):
            assert (await self._person.post(path, json=body)).status_code in {404, 413, 422}, path
        await self._person.get(f"/threads/{said['bad thread']}")
        await self._person.get(f"/chat/{said['bad thread']}")

    async def _name_threads(self) -> None:
        """All but one are named by a job, after what was said in them; the user names one."""
        async with asyncio.timeout(PATIENCE_S):
            found = await self._threads()
            while not all(thread["title"] for thread in found):
                await asyncio.sleep(0.05)
                found = await self._threads()
        assert self.planted["note content"] in " ".join(thread["title"] for thread in found)
        renamed = {"title": self.planted["thread title"]}
        answer = await self._person.request("PATCH", f"/threads/{found[0]['id']}", json=renamed)
        assert answer.status_code == 200

    async def _threads(self) -> list[dict[str, str]]:
        found: list[dict[str, str]] = (await self._person.get("/threads")).json()["items"]
        return found

    async def missing_from_export(self) -> set[str]:
        """What was said and is not kept: nobody can find it, wherever they look."""
        file = zipfile.ZipFile(io.BytesIO((await self._person.get("/account/export")).content))
        told = "".join(json.dumps(json.loads(file.read(name))) for name in file.namelist() if name.endswith(".json"))
        return {name for name in SAID if self.planted[name] not in told}
