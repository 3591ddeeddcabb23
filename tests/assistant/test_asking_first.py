"""Turns that wait for the user's approval."""

import asyncio
from pathlib import Path
from typing import Any

from tests.assistant.conftest import Talking
from tests.assistant.talking import Approve, Desktop, Edit, Reject, ScriptedModel, call, calls, delegated, desktop, say
from tests.devices.live import LiveService


async def _task(ada: Desktop, title: str = "Buy milk") -> str:
    return str((await ada.insert("tasks", {"title": title}))["id"])


async def test_a_delete_waits_for_the_user_and_then_takes_effect(ada: Desktop, model: ScriptedModel) -> None:
    task_id = await _task(ada)
    ada.decide = lambda _asked: Approve()
    model.script(*delegated("task_agent", call("delete_task", task_id=task_id), answer="Deleted."))
    heard = await ada.ask("Delete Buy milk")
    heard.check()
    assert ada.rows("tasks") == []
    (asked,) = ada.asked
    assert (asked.tool, asked.args) == ("delete_task", {"task_id": task_id})
    assert "Buy milk" in asked.summary
    assert [(each["action"], each["id"]) for each in heard.end["mutations"]] == [("delete", task_id)]
    assert (heard.tools, heard.text) == (["delete_task"], "Deleted.")


async def test_a_rejection_hands_the_model_the_reason(ada: Desktop, model: ScriptedModel) -> None:
    task_id = await _task(ada)
    ada.decide = lambda _asked: Reject("I still need it")
    model.script(*delegated("task_agent", call("delete_task", task_id=task_id), answer="Kept."))
    heard = await ada.ask("Delete Buy milk")
    assert len(ada.rows("tasks")) == 1
    assert "I still need it" in model.requests[2]["messages"][-1]["content"]
    assert (heard.text, heard.end["mutations"]) == ("Kept.", [])


async def test_an_edit_runs_with_the_changed_arguments(ada: Desktop, model: ScriptedModel) -> None:
    first, second = await _task(ada, "First"), await _task(ada, "Second")
    ada.decide = lambda _asked: Edit({"task_id": second})
    model.script(*delegated("task_agent", call("delete_task", task_id=first)))
    await ada.ask("Delete First")
    assert [row["title"] for row in ada.rows("tasks")] == ["First"]


async def test_several_deletes_at_once_are_asked_and_answered_one_by_one(ada: Desktop, model: ScriptedModel) -> None:
    ids = [await _task(ada, title) for title in ("One", "Two", "Three")]
    ada.decide = lambda asked: Reject() if "Two" in asked.summary else Approve()
    model.script(*delegated("task_agent", calls(*(call("delete_task", task_id=each) for each in ids))))
    heard = await ada.ask("Delete them")
    assert [row["title"] for row in ada.rows("tasks")] == ["Two"]
    assert len(ada.asked) == 3
    assert len(heard.end["mutations"]) == 2


async def test_two_agents_may_ask_at_the_same_time(ada: Desktop, model: ScriptedModel) -> None:
    task_id = await _task(ada)
    client_id = str((await ada.insert("clients", {"name": "Acme"}))["id"])
    ada.decide = lambda _asked: Approve()

    def answer(body: dict[str, Any]) -> Any:
        names = {tool["function"]["name"] for tool in body.get("tools", ())}
        is_first = body["messages"][-1]["role"] == "user"
        if "task" in names:
            both = calls(
                call("task", description="d", subagent_type="task_agent"),
                call("task", description="d", subagent_type="client_agent"),
            )
            return both if is_first else say("Both are gone.")
        if not is_first:
            return say("deleted")
        if "delete_task" in names:
            return call("delete_task", task_id=task_id)
        return call("delete_client", client_id=client_id)

    model.answer = answer
    heard = await ada.ask("Delete both")
    heard.check()
    assert (ada.rows("tasks"), ada.rows("clients")) == ([], [])
    assert heard.text == "Both are gone."


async def test_work_done_before_the_question_is_not_done_again_after_it(ada: Desktop, model: ScriptedModel) -> None:
    task_id = await _task(ada)
    ada.decide = lambda _asked: Approve()
    both = calls(call("create_task", title="New"), call("delete_task", task_id=task_id))
    model.script(*delegated("task_agent", both))
    heard = await ada.ask("Replace it")
    assert [row["title"] for row in ada.rows("tasks")] == ["New"]
    assert sorted(each["action"] for each in heard.end["mutations"]) == ["delete", "insert"]


async def test_what_does_not_exist_is_not_asked_about(ada: Desktop, model: ScriptedModel) -> None:
    model.script(*delegated("task_agent", call("delete_task", task_id="nowhere"), answer="There is none."))
    heard = await ada.ask("Delete it")
    assert (ada.asked, heard.text) == ([], "There is none.")


async def test_the_policy_decides_what_is_asked(ada: Desktop, model: ScriptedModel) -> None:
    await ada.person.request(
        "PUT", "/chat/approval-policy", json={"insert": "ask", "update": "deny", "delete": "allow"}
    )
    task_id = await _task(ada)
    ada.decide = lambda _asked: Approve()
    steps = calls(
        call("create_task", title="Asked"),
        call("update_task", task_id=task_id, title="X"),
        call("delete_task", task_id=task_id),
    )
    model.script(*delegated("task_agent", steps))
    await ada.ask("Do all")
    assert [asked.tool for asked in ada.asked] == ["create_task"]
    assert [row["title"] for row in ada.rows("tasks")] == ["Asked"]
    results = [each["content"] for each in model.requests[2]["messages"] if each["role"] == "tool"]
    assert any("does not let" in result for result in results)


async def test_every_device_is_asked_and_the_first_answer_wins(
    service: LiveService, ada: Desktop, model: ScriptedModel, tmp_path: Path
) -> None:
    task_id = await _task(ada)
    async with desktop(service, tmp_path / "phone", person=ada.person) as phone:
        model.script(*delegated("task_agent", call("delete_task", task_id=task_id)))
        turn = ada.device.ask("Delete it")
        asked = await ada.heard(lambda frame: frame["type"] == "approval_request")
        same = await phone.heard(lambda frame: frame["type"] == "approval_request")
        assert asked == same
        answer = await ada.person.post(f"/approvals/{asked['id']}", json={"decision": "approve"})
        assert answer.status_code == 200
        await turn.ended()
        for device in (ada, phone):
            told = await device.heard(lambda frame: frame["type"] == "approval_resolved")
            assert (told["id"], told["decision"], told["by"]) == (asked["id"], "approve", "api")
        late = await ada.person.post(f"/approvals/{asked['id']}", json={"decision": "reject"})
        assert (late.status_code, late.json()["code"]) == (409, "already_resolved")
        assert ada.rows("tasks") == []


async def test_deleting_the_thread_of_a_turn_that_waits_withdraws_its_question_everywhere(
    service: LiveService, ada: Desktop, model: ScriptedModel, tmp_path: Path
) -> None:
    task_id = await _task(ada)
    async with desktop(service, tmp_path / "phone", person=ada.person) as phone:
        model.script(*delegated("task_agent", call("delete_task", task_id=task_id)))
        turn = ada.device.ask("Delete it")
        asked = await phone.heard(lambda frame: frame["type"] == "approval_request")
        assert (await ada.person.delete(f"/threads/{turn.thread_id}")).status_code == 204
        for device in (ada, phone):
            told = await device.heard(lambda frame: frame["type"] == "approval_resolved")
            assert (told["id"], told["decision"]) == (asked["id"], "reject")
        await turn.ended()
        assert (ada.of(turn.request_id).end["status"], len(ada.rows("tasks"))) == ("cancelled", 1)


async def test_no_answer_in_time_counts_as_a_rejection(
    service: LiveService, ada: Desktop, model: ScriptedModel
) -> None:
    task_id = await _task(ada)
    model.script(*delegated("task_agent", call("delete_task", task_id=task_id), answer="Not done."))
    turn = ada.device.ask("Delete it")
    await ada.heard(lambda frame: frame["type"] == "approval_request")
    service.clock.move(minutes=10, seconds=1)
    await turn.ended()
    heard = ada.of(turn.request_id)
    assert (heard.text, len(ada.rows("tasks"))) == ("Not done.", 1)
    (resolved,) = [frame for frame in heard.frames if frame["type"] == "approval_resolved"]
    assert resolved["decision"] == "expired"


async def test_a_wait_outlives_the_service(own: Talking, model: ScriptedModel, tmp_path: Path) -> None:
    port = 0
    async with own() as service:
        port = service.port
        async with desktop(service, tmp_path / "ada") as ada:
            task_id = await _task(ada)
            text_first = calls(call("task", description="delete", subagent_type="task_agent"), text="One moment.")
            model.script(text_first, call("delete_task", task_id=task_id))
            turn = ada.device.ask("Delete it", request_id="before")
            asked = await ada.heard(lambda frame: frame["type"] == "approval_request")
            person = ada.person
            assert service.stop is not None
            await service.stop()
            model.script(say("deleted"), say("It is gone."))
            async with own(port=port) as again:
                ready = await ada.heard(lambda frame: frame["type"] == "device_ready" and "before" in frame["resumed"])
                assert ready["lost"] == []
                person.http = again.http
                answer = await person.post(f"/approvals/{asked['id']}", json={"decision": "approve"})
                assert answer.status_code == 200
                async with asyncio.timeout(10):
                    end = await turn.ended()
                heard = ada.of("before")
                heard.check()
                assert (end.status, heard.text) == ("completed", "One moment.\n\nIt is gone.")
                assert ada.rows("tasks") == []
                assert heard.tools == ["delete_task"]


async def test_cancelling_a_turn_that_waits_closes_its_questions(ada: Desktop, model: ScriptedModel) -> None:
    task_id = await _task(ada)
    model.script(*delegated("task_agent", call("delete_task", task_id=task_id)))
    turn = ada.device.ask("Delete it")
    asked = await ada.heard(lambda frame: frame["type"] == "approval_request")
    await turn.cancel()
    end = await turn.ended()
    assert (end.status, len(ada.rows("tasks"))) == ("cancelled", 1)
    await ada.heard(lambda frame: frame["type"] == "approval_resolved" and frame["decision"] == "reject")
    late = await ada.person.post(f"/approvals/{asked['id']}", json={"decision": "approve"})
    assert late.status_code == 409
    model.reset()
    model.script(say("Yes."))
    assert (await ada.ask("Still there?", thread_id=turn.thread_id)).text == "Yes."


async def test_over_rest_with_no_device_nothing_can_be_approved(service: LiveService, model: ScriptedModel) -> None:
    person = await service.person()
    model.script(*delegated("task_agent", call("delete_task", task_id="x"), answer="No device is there."))
    answer = await person.post("/chat", json={"message": "Delete x"})
    assert (answer.status_code, answer.json()["response"]) == (200, "No device is there.")
    assert model.requests[2]["messages"][-1]["content"].startswith("Error:")
