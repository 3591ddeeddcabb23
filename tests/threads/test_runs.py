"""Opening and finishing turns: what is kept, once, and by whom."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from app.errors import NotAuthenticated
from app.keys.vault import KeysUnavailable, KeyVault
from app.threads.records import KeptEvent, Outcome, RunExists
from app.threads.runs import Runs
from tests.conftest import Service
from tests.factories.people import PASSWORD, Person
from tests.factories.rows import dump, of_user, values
from tests.factories.threads import a_run, a_turn, another_process, answered, new_run
from tests.threads.reading import listed, said, thread


async def test_a_turn_is_found_by_the_id_its_client_gave_it(
    service: Service, ada: Person, ada_id: UUID, runs: Runs
) -> None:
    run = await a_run(service, ada, "Add milk", request_id="r1", request_hash=b"hash", kind="floating")
    begun = await runs.find(ada_id, "r1")
    assert begun is not None
    assert (begun.id, begun.thread_id, begun.status, begun.kind) == (run.id, run.thread_id, "running", "floating")
    assert (begun.response, begun.mutations, begun.ended_at, begun.request_hash) == ("", [], None, b"hash")
    mutations = [{"action": "insert", "table": "tasks", "id": "t", "data": {"title": "Milk"}}]
    assert await runs.finish(run, answered("Add milk", "Added.", mutations=mutations))
    ended = await runs.find(ada_id, "r1")
    assert ended is not None
    assert (ended.status, ended.response, ended.mutations, ended.error_code) == ("completed", "Added.", mutations, None)
    assert (ended.input_tokens, ended.output_tokens) == (120, 30)
    assert ended.ended_at is not None


async def test_a_request_id_is_its_users_own(service: Service, ada: Person, bob: Person, runs: Runs) -> None:
    hers = await a_run(service, ada, request_id="same")
    his = await a_run(service, bob, request_id="same")
    assert hers.id != his.id
    found = await runs.find(his.user_id, "same")
    assert found is not None
    assert found.id == his.id
    assert await runs.find(his.user_id, "another") is None


async def test_the_same_request_again_begins_nothing(service: Service, ada: Person, ada_id: UUID, runs: Runs) -> None:
    first = await a_run(service, ada, request_id="again", request_hash=b"hash of it")
    for thread_id in (None, first.thread_id):
        with pytest.raises(RunExists) as exists:
            await runs.open(new_run(ada_id, "Once more", request_id="again", thread_id=thread_id))
        assert (exists.value.run_id, exists.value.request_hash) == (first.id, b"hash of it")
        assert (exists.value.code, exists.value.status) == ("duplicate_request", 409)
    assert len(await listed(ada)) == 1
    assert (await thread(ada, first.thread_id))["message_count"] == 1


async def test_of_many_at_once_under_one_request_id_one_begins(service: Service, ada: Person, ada_id: UUID) -> None:
    processes = [another_process(service) for _ in range(3)]
    attempts = [process.open(new_run(ada_id, request_id="race")) for process in processes for _ in range(3)]
    told = await asyncio.gather(*attempts, return_exceptions=True)
    [begun] = [each for each in told if not isinstance(each, BaseException)]
    refused = [each for each in told if isinstance(each, RunExists)]
    assert [each.run_id for each in refused] == [begun.id] * 8
    assert len(await listed(ada)) == 1


async def test_the_same_request_again_brings_no_archived_thread_back(
    service: Service, ada: Person, ada_id: UUID, runs: Runs
) -> None:
    first = await a_run(service, ada, request_id="again")
    await ada.request("PATCH", f"/threads/{first.thread_id}", json={"archived": True})
    before = await thread(ada, first.thread_id)
    service.clock.move(minutes=1)
    with pytest.raises(RunExists):
        await runs.open(new_run(ada_id, request_id="again", thread_id=first.thread_id))
    assert await thread(ada, first.thread_id) == before
    await runs.open(new_run(ada_id, thread_id=first.thread_id))
    assert (await thread(ada, first.thread_id))["archived"] is False


async def test_of_many_at_once_in_one_thread_one_begins(service: Service, ada: Person, ada_id: UUID) -> None:
    thread_id = (await a_run(service, ada)).thread_id
    attempts = [
        another_process(service).open(new_run(ada_id, request_id="race", thread_id=thread_id)) for _ in range(8)
    ]
    told = await asyncio.gather(*attempts, return_exceptions=True)
    assert sorted(type(each).__name__ for each in told) == ["OpenedRun", *["RunExists"] * 7]
    assert (await thread(ada, thread_id))["message_count"] == 2


async def test_nothing_is_held_for_a_turn_that_has_ended(
    service: Service, ada: Person, runs: Runs, superuser_url: str
) -> None:
    run = await a_run(service, ada)
    with psycopg.connect(superuser_url) as connection:
        connection.execute("UPDATE runs SET reserved_tokens = 500 WHERE id = %s", [run.id])
        connection.execute(
            "INSERT INTO paused_turns (run_id, user_id, state, created_at) VALUES (%s, %s, 'x', now())",
            [run.id, run.user_id],
        )
    assert await runs.finish(run, answered("x", "y"))
    found = of_user(dump(superuser_url), str(run.id))
    [row] = found["runs"]
    assert (row["reserved_tokens"], row["lease_until"]) == (0, None)
    assert "paused_turns" not in found


async def test_nobody_ends_a_turn_in_another_users_name(service: Service, ada: Person, bob: Person, runs: Runs) -> None:
    run = await a_run(service, ada, "Mine", request_id="r")
    assert not await runs.finish(replace(run, user_id=UUID(await bob.id())), answered("Mine", "Yours"))
    found = await runs.find(run.user_id, "r")
    assert found is not None
    assert found.status == "running"
    assert await runs.finish(run, answered("Mine", "Mine"))


@pytest.mark.parametrize(("status", "code"), [("cancelled", None), ("failed", "model_unavailable")])
async def test_a_turn_that_did_not_end_well_keeps_what_was_said(
    service: Service, ada: Person, ada_id: UUID, runs: Runs, status: Any, code: str | None
) -> None:
    run = await a_run(service, ada, "Long question", request_id="r")
    events = [KeptEvent("message", "assistant", "I was about to")]
    assert await runs.finish(run, Outcome(status=status, error_code=code, response="I was about to", events=events))
    found = await runs.find(ada_id, "r")
    assert found is not None
    assert (found.status, found.error_code, found.response) == (status, code, "I was about to")
    assert [content for _, _, content in await said(ada, run.thread_id)] == ["Long question", "I was about to"]


async def test_a_turn_ends_once(service: Service, ada: Person, ada_id: UUID, runs: Runs) -> None:
    run = await a_run(service, ada, "Once", request_id="once")
    outcomes = [answered("Once", f"Answer {number}") for number in range(4)]
    ended = await asyncio.gather(*(runs.finish(run, outcome) for outcome in outcomes))
    assert sorted(ended) == [False, False, False, True]
    found = await runs.find(ada_id, "once")
    assert found is not None
    assert found.response == f"Answer {ended.index(True)}"
    assert len(await said(ada, run.thread_id)) == 2


async def test_a_turn_that_a_model_filled_with_broken_text_is_kept_all_the_same(
    service: Service, ada: Person, ada_id: UUID, runs: Runs
) -> None:
    run = await a_run(service, ada, "Go on", request_id="broken")
    args = {"call_id": "c", "tool": "t", "args": {"title": "half \ud83d", "count": 10**100}}
    outcome = answered("Go on", "half \ud83d", events=[KeptEvent("tool.call", "assistant", args)])
    assert await runs.finish(run, outcome)
    found = await runs.find(ada_id, "broken")
    assert found is not None
    assert found.response == "half ?"
    [_, (_, _, kept)] = await said(ada, run.thread_id)
    assert kept["args"]["title"] == "half ?"


async def test_nothing_anybody_said_stands_in_the_database_in_clear(
    service: Service, ada: Person, runs: Runs, superuser_url: str
) -> None:
    words = {name: f"canary-{name}-{uuid4().hex}" for name in ("question", "answer", "tool", "title", "row", "system")}
    run = await a_run(service, ada, words["question"])
    outcome = answered(
        words["question"], words["answer"], with_tool=words["tool"], mutations=[{"data": {"title": words["row"]}}]
    )
    assert await runs.finish(run, outcome)
    await ada.request("PATCH", f"/threads/{run.thread_id}", json={"title": words["title"]})
    await a_turn(service, ada, words["system"], thread_id=run.thread_id)
    found = [
        (place, name)
        for place, value in values(dump(superuser_url))
        for name, word in words.items()
        if word.encode() in value or word.encode().hex().encode() in value
    ]
    assert found == []


async def test_an_erased_account_begins_no_turns_also_where_its_keys_are_still_at_hand(
    service: Service, ada: Person, ada_id: UUID, runs: Runs, superuser_url: str
) -> None:
    await a_turn(service, ada)
    vault = KeyVault(runs._vault._master_keys, service.clock)
    elsewhere = Runs(runs._db, vault, service.clock, owner=uuid4())
    await elsewhere.open(new_run(ada_id))
    assert (await ada.request("DELETE", "/account", json={"password": PASSWORD})).status_code == 202
    with pytest.raises(KeysUnavailable):
        await runs.open(new_run(ada_id))
    async with asyncio.timeout(15):
        while str(ada_id) in {str(row["id"]) for row in dump(superuser_url)["users"]}:  # noqa: ASYNC110 - a job does it
            await asyncio.sleep(0.05)
    with pytest.raises(NotAuthenticated):
        await elsewhere.open(new_run(ada_id))
    assert not of_user(dump(superuser_url), str(ada_id)).keys() & {"threads", "runs", "thread_events"}
