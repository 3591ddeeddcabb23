"""Approvals and their policy over HTTP."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.assistant.approvals.policy import Policy
from app.kit.clock import to_ms
from tests.conftest import Service
from tests.factories.approvals import a_waiting_turn, an_approval, approvals_of, wanted
from tests.factories.people import Person

DEFAULTS = {"insert": "allow", "update": "allow", "delete": "ask"}
POLICY = "/chat/approval-policy"


async def put(person: Person, **policy: Any) -> Any:
    return await person.request("PUT", POLICY, json=policy)


async def script(person: Person, *scopes: str) -> Person:
    answer = await person.post("/auth/api-keys", json={"name": "a script", "scopes": scopes})
    return Person(person.http, person.email, person.password, answer.json()["key"], answer.json()["id"])


# The policy


async def test_somebody_who_never_said_is_asked_before_deletes_only(service: Service, ada: Person) -> None:
    assert (await ada.get(POLICY)).json() == DEFAULTS
    assert await approvals_of(service).policies.of(UUID(await ada.id())) == Policy()


async def test_a_policy_is_returned_and_kept(service: Service, ada: Person, bob: Person) -> None:
    wish = {"insert": "deny", "update": "ask", "delete": "allow"}
    answer = await put(ada, **wish)
    assert (answer.status_code, answer.json()) == (200, wish)
    assert (await ada.get(POLICY)).json() == wish
    assert await approvals_of(service).policies.of(UUID(await ada.id())) == Policy("deny", "ask", "allow")
    assert (await bob.get(POLICY)).json() == DEFAULTS
    assert (await put(ada, **DEFAULTS)).json() == (await ada.get(POLICY)).json() == DEFAULTS


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"insert": "ask"},
        {"insert": "ask", "update": "ask"},
        DEFAULTS | {"delete": "never"},
        DEFAULTS | {"delete": None},
        DEFAULTS | {"insert": ["ask"]},
    ],
    ids=str,
)
async def test_a_policy_is_all_three_rules_or_refused(ada: Person, body: dict[str, Any]) -> None:
    assert (await put(ada, **body)).status_code == 422
    assert (await ada.get(POLICY)).json() == DEFAULTS


async def test_policies_set_at_once_leave_one_of_them_whole(ada: Person) -> None:
    wishes = [dict.fromkeys(DEFAULTS, rule) for rule in ("ask", "allow", "deny")] * 3
    answers = await asyncio.gather(*(put(ada, **wish) for wish in wishes))
    assert {answer.status_code for answer in answers} == {200}
    assert (await ada.get(POLICY)).json() in wishes


async def test_an_api_key_may_read_the_policy_and_not_change_it(ada: Person) -> None:
    key = await script(ada, "read", "chat", "device")
    assert (await key.get(POLICY)).status_code == 200
    assert (await put(key, **DEFAULTS)).json()["code"] == "insufficient_scope"


# What is open


async def test_open_approvals_are_listed_oldest_first(service: Service, ada: Person, bob: Person) -> None:
    first = await an_approval(service, ada)
    second = await an_approval(service, ada, tool="update_task", action="update", summary="Rename it", args={"n": 1})
    listed = (await ada.get("/approvals")).json()
    assert (listed["total"], listed["page"], listed["limit"]) == (2, 1, 50)
    assert [each["id"] for each in listed["items"]] == [str(first.id), str(second.id)]
    assert listed["items"][1] == {
        "id": str(second.id),
        "request_id": second.request_id,
        "tool": "update_task",
        "action": "update",
        "summary": "Rename it",
        "args": {"n": 1},
        "expires_at": to_ms(second.expires_at),
    }
    page = (await ada.get("/approvals?page=2&limit=1")).json()
    assert ([each["id"] for each in page["items"]], page["total"]) == ([str(second.id)], 2)
    assert (await bob.get("/approvals")).json()["items"] == []


# Answering


@pytest.mark.parametrize("decision", ["approve", "reject"])
async def test_an_answer_is_taken_once(service: Service, ada: Person, decision: str) -> None:
    approval = await an_approval(service, ada)
    answer = await ada.post(f"/approvals/{approval.id}", json={"decision": decision, "reason": "because"})
    assert answer.status_code == 200
    assert answer.json() == {"id": str(approval.id), "request_id": approval.request_id, "decision": decision}
    again = await ada.post(f"/approvals/{approval.id}", json={"decision": decision})
    assert (again.status_code, again.json()["code"]) == (409, "already_resolved")
    assert (await ada.get("/approvals")).json()["total"] == 0
    ((_, given),) = await approvals_of(service).approvals.of_run(approval.user_id, approval.run_id)
    assert given is not None
    assert (given.kind, given.by, given.reason) == (decision, "api", "because")


async def test_an_edit_is_held_against_the_tool(service: Service, ada: Person) -> None:
    approval = await an_approval(service, ada)
    refused = await ada.post(f"/approvals/{approval.id}", json={"decision": "edit", "args": {"task_id": 3}})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "body.args")
    other = {"task_id": str(uuid4())}
    taken = await ada.post(f"/approvals/{approval.id}", json={"decision": "edit", "args": other})
    assert taken.status_code == 200
    ((_, given),) = await approvals_of(service).approvals.of_run(approval.user_id, approval.run_id)
    assert given is not None
    assert given.args == other


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        '{"decision": "expired"}',
        '{"decision": "edit"}',
        '{"decision": "edit", "args": []}',
        '{"decision": "edit", "args": {"task_id": "\\u0000"}}',
        '{"decision": "edit", "args": {"task_id": "\\ud800"}}',
        '{"decision": "edit", "args": {"task_id": NaN}}',
        '{"decision": "edit", "args": ' + '{"a":' * 40 + "1" + "}" * 41,
        '{"decision": "reject", "reason": "' + "x" * 2001 + '"}',
        '{"decision": "reject", "reason": "\\ud800"}',
    ],
    ids=lambda body: body[:60],
)
async def test_what_is_no_answer_leaves_it_open(service: Service, ada: Person, body: str) -> None:
    approval = await an_approval(service, ada)
    headers = {"Content-Type": "application/json"}
    assert (await ada.post(f"/approvals/{approval.id}", content=body, headers=headers)).status_code in (400, 422)
    assert (await ada.get("/approvals")).json()["total"] == 1


async def test_somebody_elses_is_not_found(service: Service, ada: Person, bob: Person) -> None:
    approval = await an_approval(service, ada)
    foreign = await bob.post(f"/approvals/{approval.id}", json={"decision": "approve"})
    unknown = await bob.post(f"/approvals/{uuid4()}", json={"decision": "approve"})
    assert (foreign.status_code, foreign.json()) == (404, unknown.json())
    assert (await ada.get("/approvals")).json()["total"] == 1


async def test_of_two_answers_at_once_one_is_told_that_it_was_late(service: Service, ada: Person) -> None:
    approval = await an_approval(service, ada)
    bodies = [{"decision": "approve"}, {"decision": "reject"}]
    answers = await asyncio.gather(*(ada.post(f"/approvals/{approval.id}", json=body) for body in bodies))
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_a_late_answer_is_a_conflict(service: Service, ada: Person) -> None:
    approval = await an_approval(service, ada)
    service.clock.move(minutes=10, seconds=1)
    answer = await ada.post(f"/approvals/{approval.id}", json={"decision": "approve"})
    assert (answer.status_code, answer.json()["code"]) == (409, "already_resolved")


async def test_a_key_that_may_chat_may_answer_and_one_that_may_read_may_look(service: Service, ada: Person) -> None:
    approval = await an_approval(service, ada)
    reader, chatter = await script(ada, "read"), await script(ada, "chat")
    assert (await reader.get("/approvals")).json()["total"] == 1
    refused = await reader.post(f"/approvals/{approval.id}", json={"decision": "approve"})
    assert refused.json()["code"] == "insufficient_scope"
    assert (await chatter.post(f"/approvals/{approval.id}", json={"decision": "approve"})).status_code == 200


async def test_what_was_asked_goes_with_its_thread(service: Service, ada: Person) -> None:
    run = await a_waiting_turn(service, ada, wanted(service))
    assert (await ada.delete(f"/threads/{run.thread_id}")).status_code == 204
    assert (await ada.get("/approvals")).json()["total"] == 0
    assert await approvals_of(service).paused.load(run.user_id, run.id) is None
