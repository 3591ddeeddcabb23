"""A user's threads over HTTP: listed, read, renamed, archived, deleted."""

import json
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.billing.token_budget import Spent
from app.threads.conversations import Conversations
from app.threads.runs import Runs
from tests.conftest import Service
from tests.factories.people import Person
from tests.factories.rows import dump, of_user
from tests.factories.threads import a_run, a_thread, a_turn, another_process, answered, new_run, threads_of
from tests.threads.reading import events, listed, said, thread


async def test_a_thread_says_how_much_was_said_in_it_and_when(service: Service, ada: Person) -> None:
    turn = await a_turn(service, ada, "What is due?", "Nothing.", with_tool="No tasks.")
    service.clock.move(minutes=5)
    await a_turn(service, ada, "And tomorrow?", "Milk.", thread_id=turn.thread_id)
    [found] = await listed(ada)
    now = service.clock.now().timestamp() * 1000
    assert 295_000 < found["updated_at"] - found["created_at"] < 320_000
    assert abs(found["updated_at"] - now) < 10_000
    assert {name: found[name] for name in ("id", "archived", "message_count")} == {
        "id": str(turn.thread_id),
        "archived": False,
        "message_count": 4,
    }
    assert await thread(ada, turn.thread_id) | {"title": None} == found | {"title": None}


async def test_newest_activity_comes_first_and_in_pages(service: Service, ada: Person) -> None:
    made = [await a_thread(service, ada) for _ in range(3)]
    await a_turn(service, ada, thread_id=made[0])
    pages = [(await ada.get("/threads", params={"page": page, "limit": 2})).json() for page in (1, 2, 3)]
    assert [each["id"] for page in pages for each in page["items"]] == [str(made[0]), str(made[2]), str(made[1])]
    assert [(page["total"], page["page"], page["limit"]) for page in pages] == [(3, page, 2) for page in (1, 2, 3)]


async def test_a_turn_that_has_just_begun_is_in_the_list(service: Service, ada: Person) -> None:
    run = await a_run(service, ada, "Hello")
    [found] = await listed(ada)
    assert (found["id"], found["title"], found["message_count"]) == (str(run.thread_id), None, 1)


async def test_archived_threads_stand_in_a_list_of_their_own(service: Service, ada: Person) -> None:
    hidden, shown = await a_thread(service, ada), await a_thread(service, ada)
    answer = await ada.request("PATCH", f"/threads/{hidden}", json={"archived": True})
    assert (answer.status_code, answer.json()["archived"]) == (200, True)
    assert [each["id"] for each in await listed(ada)] == [str(shown)]
    assert [each["id"] for each in await listed(ada, archived=True)] == [str(hidden)]
    await ada.request("PATCH", f"/threads/{hidden}", json={"archived": False})
    assert await listed(ada, archived=True) == []


async def test_saying_something_in_an_archived_thread_brings_it_back(service: Service, ada: Person) -> None:
    thread_id = await a_thread(service, ada)
    await ada.request("PATCH", f"/threads/{thread_id}", json={"archived": True})
    await a_run(service, ada, "One more thing", thread_id=thread_id)
    assert [each["id"] for each in await listed(ada)] == [str(thread_id)]


async def test_a_title_of_ones_own_is_no_activity(service: Service, ada: Person) -> None:
    thread_id = await a_thread(service, ada)
    before = (await thread(ada, thread_id))["updated_at"]
    service.clock.move(minutes=1)
    answer = await ada.request("PATCH", f"/threads/{thread_id}", json={"title": "  Holiday\n plans — 🏖  "})
    assert (answer.status_code, answer.json()["title"]) == (200, "Holiday plans — 🏖")
    found = await thread(ada, thread_id)
    assert (found["title"], found["updated_at"]) == ("Holiday plans — 🏖", before)


async def test_what_a_change_leaves_out_stays(service: Service, ada: Person) -> None:
    thread_id = await a_thread(service, ada)
    await ada.request("PATCH", f"/threads/{thread_id}", json={"title": "Mine", "archived": True})
    for body in ({}, {"title": None, "archived": None}, {"unknown": 1}):
        answer = await ada.request("PATCH", f"/threads/{thread_id}", json=body)
        assert (answer.json()["title"], answer.json()["archived"]) == ("Mine", True)


@pytest.mark.parametrize("title", ["", "   ", "x" * 201, "\x00", "bell\u0007", "\u200b", 7, "\ud800"])
async def test_a_title_that_is_none(service: Service, ada: Person, title: Any) -> None:
    thread_id = await a_thread(service, ada)
    body = json.dumps({"title": title}).encode()
    headers = {"Content-Type": "application/json"}
    answer = await ada.request("PATCH", f"/threads/{thread_id}", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")


async def test_the_events_are_in_the_order_in_which_they_happened(service: Service, ada: Person) -> None:
    turn = await a_turn(service, ada, "What is due?", "Nothing.", with_tool="No tasks.")
    assert await said(ada, turn.thread_id) == [
        ("message", "user", "What is due?"),
        ("tool.call", "assistant", {"call_id": "c1", "tool": "list_tasks", "args": {}}),
        ("tool.result", "tool", {"call_id": "c1", "tool": "list_tasks", "text": "No tasks."}),
        ("message", "assistant", "Nothing."),
    ]
    found = await events(ada, turn.thread_id)
    assert {(each["run_id"], each["thread_id"]) for each in found} == {(str(turn.id), str(turn.thread_id))}
    assert len({each["id"] for each in found}) == 4
    assert await events(ada, turn.thread_id, order="desc") == found[::-1]


async def test_events_come_in_pages(service: Service, ada: Person) -> None:
    turn = await a_turn(service, ada, with_tool="No tasks.")
    path = f"/threads/{turn.thread_id}/events"
    pages = [(await ada.get(path, params={"limit": 3, "page": page})).json() for page in (1, 2)]
    assert [(len(page["items"]), page["total"]) for page in pages] == [(3, 4), (1, 4)]
    assert (await ada.get(path, params={"order": "sideways"})).status_code == 422


async def test_a_deleted_thread_leaves_nothing_behind(service: Service, ada: Person, superuser_url: str) -> None:
    kept, gone = await a_thread(service, ada), await a_thread(service, ada)
    assert (await ada.delete(f"/threads/{gone}")).status_code == 204
    assert [each["id"] for each in await listed(ada)] == [str(kept)]
    for path in (f"/threads/{gone}", f"/threads/{gone}/events"):
        assert (await ada.get(path)).json()["code"] == "not_found"
    assert (await ada.delete(f"/threads/{gone}")).status_code == 404
    held = of_user(dump(superuser_url), str(gone))
    assert held.keys() <= {"procrastinate_jobs", "procrastinate_events"}


async def test_a_thread_is_deleted_under_a_turn_that_then_ends_as_if_it_had_never_been(
    service: Service, ada: Person, runs: Runs, superuser_url: str
) -> None:
    run = await a_run(service, ada, "Wait for me")
    assert (await ada.delete(f"/threads/{run.thread_id}")).status_code == 204
    assert run.id in await runs.renew()
    assert run.id not in await runs.renew()
    written: list[str] = []

    async def also(_session: Any) -> None:
        written.append("something")

    assert not await runs.finish(run, answered("Wait for me", "Here"), spent=Spent(date(2026, 1, 1), 7, 7))
    assert not await runs.wait(run, also=also)
    assert written == []
    assert await runs.find(run.user_id, run.request_id) is None
    assert of_user(dump(superuser_url), str(run.thread_id)) == {}
    assert "token_usage" not in of_user(dump(superuser_url), str(run.user_id))


async def test_whoever_runs_the_turns_here_is_told_which_of_them_a_deletion_stops(
    service: Service, ada: Person, ada_id: UUID, runs: Runs
) -> None:
    stopped: list[UUID] = []
    conversations = Conversations(runs._db, runs._vault, stop=stopped.extend)
    over = await a_turn(service, ada)
    under_way = await a_run(service, ada, thread_id=over.thread_id)
    waiting = await a_run(service, ada, thread_id=over.thread_id)
    assert await runs.wait(waiting)
    await a_run(service, ada)
    await conversations.delete(ada_id, over.thread_id)
    assert sorted(stopped) == sorted([under_way.id, waiting.id])


async def test_reading_takes_the_scope_read_and_changing_the_scope_chat(service: Service, ada: Person) -> None:
    thread_id = await a_thread(service, ada)
    asked: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", "/threads", {}),
        ("GET", f"/threads/{thread_id}", {}),
        ("GET", f"/threads/{thread_id}/events", {}),
        ("PATCH", f"/threads/{thread_id}", {"json": {"title": "By a script"}}),
        ("DELETE", f"/threads/{thread_id}", {}),
    ]
    told = {}
    for scope in ("read", "chat"):
        key = (await ada.post("/auth/api-keys", json={"name": scope, "scopes": [scope]})).json()["key"]
        headers = {"Authorization": f"Bearer {key}"}
        told[scope] = [
            (await service.http.request(method, path, headers=headers, **options)).status_code
            for method, path, options in asked
        ]
    assert told == {"read": [200, 200, 200, 403, 403], "chat": [403, 403, 403, 200, 204]}


async def test_a_thread_of_somebody_else_is_not_there_for_a_turn(
    service: Service, ada: Person, bob: Person, runs: Runs
) -> None:
    hers = await a_thread(service, ada)
    before = await events(ada, hers)
    for thread_id in (hers, uuid4()):
        with pytest.raises(Exception, match="There is no such thread") as refusal:
            await runs.open(new_run(UUID(await bob.id()), thread_id=thread_id))
        assert getattr(refusal.value, "code", None) == "not_found"
    assert await events(ada, hers) == before
    assert await listed(bob) == []


async def test_two_processes_may_work_in_one_thread(service: Service, ada: Person, ada_id: UUID) -> None:
    first = await a_run(service, ada, "One")
    elsewhere = another_process(service)
    second = await elsewhere.open(new_run(ada_id, "Two", thread_id=first.thread_id))
    assert await elsewhere.finish(second, answered("Two", "2"))
    assert await threads_of(service).runs.finish(first, answered("One", "1"))
    assert [content for _, _, content in await said(ada, first.thread_id)] == ["One", "Two", "2", "1"]
    assert (await thread(ada, first.thread_id))["message_count"] == 4
