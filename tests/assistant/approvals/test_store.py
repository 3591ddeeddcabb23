"""Approvals in the database: asked with the turn that waits, answered once, over when their time is."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncSession
from structlog.testing import capture_logs

from app.assistant.approvals.edits import checked_edit
from app.assistant.approvals.policy import Decision
from app.assistant.approvals.store import AlreadyResolved, Approvals, OpenApproval
from app.errors import Invalid, NotFound
from app.threads.records import OpenedRun
from tests.conftest import Service
from tests.factories.approvals import STATE, a_waiting_turn, an_approval, approvals_of, wanted
from tests.factories.budgets import budget_of, database_of, ended
from tests.factories.people import Person
from tests.factories.rows import dump, values
from tests.factories.threads import a_run, threads_of

APPROVE = Decision("approve", by="laptop")
REJECT = Decision("reject", reason="I still need it.", by="phone")


@pytest.fixture
def approvals(service: Service) -> Approvals:
    """A store of its own, so that who listens to it goes with the test."""
    vault = approvals_of(service).paused._vault
    return Approvals(database_of(service), vault, service.clock, checked_edit)


@pytest.fixture
def told(approvals: Approvals) -> list[tuple[OpenApproval, Decision]]:
    heard: list[tuple[OpenApproval, Decision]] = []
    approvals.on_resolved.append(lambda *each: heard.append(each))
    return heard


async def decisions(approvals: Approvals, run: OpenedRun) -> list[Decision | None]:
    return [decision for _, decision in await approvals.of_run(run.user_id, run.id)]


# Asking


async def test_what_a_turn_asks_can_be_seen_as_it_was_asked(
    service: Service, ada: Person, approvals: Approvals
) -> None:
    asked = wanted(service, args={"task_id": "t", "n": [1, {"ü": None}]})
    run = await a_waiting_turn(service, ada, asked, request_id="r-17")
    (found,) = await approvals.open_of(run.user_id)
    assert found == OpenApproval(**vars(asked), run_id=run.id, request_id="r-17", user_id=run.user_id)
    assert await decisions(approvals, run) == [None]
    assert await approvals.are_open(run.user_id)


async def test_a_wait_that_is_undone_asks_nothing(service: Service, ada: Person, approvals: Approvals) -> None:
    run = await a_run(service, ada)

    async def also(session: AsyncSession) -> None:
        await approvals.add(session, run.user_id, run.id, [wanted(service)])
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await threads_of(service).runs.wait(run, also=also)
    assert await approvals.open_of(run.user_id) == []


async def test_several_are_asked_at_once_and_answered_one_by_one(
    service: Service, ada: Person, approvals: Approvals
) -> None:
    asked = [wanted(service, tool_call_id=f"call_{number}") for number in range(3)]
    run = await a_waiting_turn(service, ada, *asked)
    await approvals.resolve(run.user_id, asked[1].id, APPROVE)
    assert {each.id for each in await approvals.open_of(run.user_id)} == {asked[0].id, asked[2].id}
    given = {approval.id: decision for approval, decision in await approvals.of_run(run.user_id, run.id)}
    assert given == {asked[0].id: None, asked[1].id: APPROVE, asked[2].id: None}


async def test_a_person_sees_their_own_only(service: Service, ada: Person, bob: Person, approvals: Approvals) -> None:
    approval = await an_approval(service, ada)
    his = UUID(await bob.id())
    assert await approvals.open_of(his) == []
    assert await approvals.of_run(his, approval.run_id) == []
    assert not await approvals.are_open(his)


async def test_a_turn_that_has_ended_asks_nothing_any_more(service: Service, ada: Person, approvals: Approvals) -> None:
    asked = wanted(service)
    run = await a_waiting_turn(service, ada, asked)
    assert await ended(threads_of(service).runs, budget_of(service), run, 0)
    assert await approvals.open_of(run.user_id) == []
    assert not await approvals.are_open(run.user_id)
    with pytest.raises(AlreadyResolved):
        await approvals.resolve(run.user_id, asked.id, APPROVE)


# Answering


@pytest.mark.parametrize("decision", [APPROVE, REJECT], ids=lambda decision: decision.kind)
async def test_an_answer_is_kept_and_told(
    service: Service,
    ada: Person,
    approvals: Approvals,
    told: list[tuple[OpenApproval, Decision]],
    decision: Decision,
) -> None:
    approval = await an_approval(service, ada)
    assert await approvals.resolve(approval.user_id, approval.id, decision) == approval
    assert await approvals.of_run(approval.user_id, approval.run_id) == [(approval, decision)]
    assert await approvals.open_of(approval.user_id) == []
    assert told == [(approval, decision)]


async def test_the_second_answer_is_told_that_there_was_one(
    service: Service, ada: Person, approvals: Approvals, told: list[tuple[OpenApproval, Decision]]
) -> None:
    approval = await an_approval(service, ada)
    await approvals.resolve(approval.user_id, approval.id, APPROVE)
    with pytest.raises(AlreadyResolved) as refused:
        await approvals.resolve(approval.user_id, approval.id, REJECT)
    assert (refused.value.status, refused.value.code) == (409, "already_resolved")
    assert await approvals.of_run(approval.user_id, approval.run_id) == [(approval, APPROVE)]
    assert len(told) == 1


async def test_of_many_answers_at_once_exactly_one_wins(
    service: Service, ada: Person, approvals: Approvals, told: list[tuple[OpenApproval, Decision]]
) -> None:
    approval = await an_approval(service, ada)
    given = [Decision("approve" if number % 2 else "reject", by=f"device-{number}") for number in range(16)]
    answers = [approvals.resolve(approval.user_id, approval.id, each) for each in given]
    results = await asyncio.gather(*answers, return_exceptions=True)
    won = [decision for decision, result in zip(given, results, strict=True) if result == approval]
    assert len(won) == 1
    assert sum(isinstance(result, AlreadyResolved) for result in results) == 15
    assert await approvals.of_run(approval.user_id, approval.run_id) == [(approval, won[0])]
    assert told == [(approval, won[0])]


async def test_an_answer_and_a_cancel_at_once_leave_one_decision(
    service: Service, ada: Person, approvals: Approvals, told: list[tuple[OpenApproval, Decision]]
) -> None:
    for _ in range(5):
        told.clear()
        approval = await an_approval(service, ada)
        await asyncio.gather(
            approvals.resolve(approval.user_id, approval.id, APPROVE),
            approvals.resolve_all(approval.user_id, approval.run_id, REJECT),
            return_exceptions=True,
        )
        assert await approvals.of_run(approval.user_id, approval.run_id) == told


async def test_somebody_elses_is_like_one_that_does_not_exist(
    service: Service, ada: Person, bob: Person, approvals: Approvals
) -> None:
    approval = await an_approval(service, ada)
    his = UUID(await bob.id())
    refusals = []
    for approval_id in (approval.id, uuid4()):
        with pytest.raises(NotFound) as refused:
            await approvals.resolve(his, approval_id, APPROVE)
        refusals.append((refused.value.detail, refused.value.facts))
    assert refusals[0] == refusals[1]
    assert await approvals.resolve_all(his, approval.run_id, REJECT) == []
    assert await approvals.open_of(approval.user_id) == [approval]


async def test_arguments_beside_an_answer_that_is_no_edit_are_ignored(
    service: Service, ada: Person, approvals: Approvals
) -> None:
    approval = await an_approval(service, ada)
    await approvals.resolve(approval.user_id, approval.id, Decision("approve", {"task_id": "another"}, by="api"))
    assert await approvals.of_run(approval.user_id, approval.run_id) == [(approval, Decision("approve", by="api"))]


async def test_an_edit_is_kept_beside_what_was_asked(
    service: Service, ada: Person, approvals: Approvals, told: list[tuple[OpenApproval, Decision]]
) -> None:
    approval = await an_approval(service, ada)
    edit = Decision("edit", {"task_id": str(uuid4())}, by="laptop")
    await approvals.resolve(approval.user_id, approval.id, edit)
    assert await approvals.of_run(approval.user_id, approval.run_id) == [(approval, edit)] == told


@pytest.mark.parametrize("args", [None, {}, {"task_id": 3}, {"task_id": ["x"]}], ids=str)
async def test_an_edit_that_the_tool_does_not_take_leaves_the_question_open(
    service: Service, ada: Person, approvals: Approvals, args: dict[str, Any] | None
) -> None:
    approval = await an_approval(service, ada)
    with pytest.raises(Invalid) as refused:
        await approvals.resolve(approval.user_id, approval.id, Decision("edit", args, by="api"))
    assert refused.value.field == "args"
    assert await approvals.open_of(approval.user_id) == [approval]


async def test_an_edit_for_a_tool_that_is_gone_is_refused(service: Service, ada: Person, approvals: Approvals) -> None:
    approval = await an_approval(service, ada, tool="no_such_tool")
    with pytest.raises(Invalid):
        await approvals.resolve(approval.user_id, approval.id, Decision("edit", {}, by="api"))


async def test_nobody_can_answer_that_it_has_expired(service: Service, ada: Person, approvals: Approvals) -> None:
    approval = await an_approval(service, ada)
    with pytest.raises(ValueError, match="expired"):
        await approvals.resolve(approval.user_id, approval.id, Decision("expired"))


# The time is over


async def test_past_its_time_nothing_is_open_and_no_answer_is_taken(
    service: Service, ada: Person, approvals: Approvals
) -> None:
    approval = await an_approval(service, ada)
    service.clock.move(minutes=10, seconds=1)
    assert await approvals.open_of(approval.user_id) == []
    assert not await approvals.are_open(approval.user_id)
    for late in (APPROVE, Decision("edit", {}, by="api")):
        with pytest.raises(AlreadyResolved):
            await approvals.resolve(approval.user_id, approval.id, late)
    assert await approvals.of_run(approval.user_id, approval.run_id) == [(approval, None)]


async def test_those_whose_time_is_over_expire_once(
    service: Service, ada: Person, approvals: Approvals, told: list[tuple[OpenApproval, Decision]]
) -> None:
    soon, later = wanted(service), wanted(service, expires_at=service.clock.now() + timedelta(minutes=20))
    run = await a_waiting_turn(service, ada, soon, later)
    assert await approvals.expire(run.user_id, run.id) == []
    service.clock.move(minutes=11)
    both = await asyncio.gather(*(approvals.expire(run.user_id, run.id) for _ in range(4)))
    assert [each.id for expired in both for each in expired] == [soon.id]
    assert [(approval.id, decision) for approval, decision in told] == [(soon.id, Decision("expired"))]
    assert [each.id for each in await approvals.open_of(run.user_id)] == [later.id]


async def test_what_was_answered_in_time_does_not_expire(service: Service, ada: Person, approvals: Approvals) -> None:
    approval = await an_approval(service, ada)
    await approvals.resolve(approval.user_id, approval.id, APPROVE)
    service.clock.move(minutes=11)
    assert await approvals.expire(approval.user_id, approval.run_id) == []
    assert await approvals.of_run(approval.user_id, approval.run_id) == [(approval, APPROVE)]


async def test_a_cancelled_turn_closes_what_it_still_asks(
    service: Service, ada: Person, approvals: Approvals, told: list[tuple[OpenApproval, Decision]]
) -> None:
    asked = [wanted(service, tool_call_id=f"call_{number}") for number in range(3)]
    run = await a_waiting_turn(service, ada, *asked)
    await approvals.resolve(run.user_id, asked[0].id, APPROVE)
    closed = await approvals.resolve_all(run.user_id, run.id, REJECT)
    assert {each.id for each in closed} == {asked[1].id, asked[2].id}
    assert sorted(str(each) for each in await decisions(approvals, run)) == sorted(map(str, [APPROVE, REJECT, REJECT]))
    assert [decision for _, decision in told] == [APPROVE, REJECT, REJECT]
    assert await approvals.resolve_all(run.user_id, run.id, REJECT) == []


# Telling


async def test_listeners_hear_of_it_after_the_commit_and_may_take_their_time(
    service: Service, ada: Person, approvals: Approvals
) -> None:
    approval = await an_approval(service, ada)
    seen: list[Any] = []

    async def listener(told: OpenApproval, _decision: Decision) -> None:
        seen.append(await approvals.of_run(told.user_id, told.run_id))

    approvals.on_resolved.append(listener)
    await approvals.resolve(approval.user_id, approval.id, APPROVE)
    assert seen == [[(approval, APPROVE)]]


async def test_a_listener_that_fails_fails_nobody_else(service: Service, ada: Person, approvals: Approvals) -> None:
    approval = await an_approval(service, ada)
    heard: list[UUID] = []

    def broken(_approval: OpenApproval, _decision: Decision) -> None:
        raise RuntimeError

    approvals.on_resolved += [broken, lambda told, _decision: heard.append(told.id)]
    with capture_logs() as lines:
        await approvals.resolve(approval.user_id, approval.id, APPROVE)
    assert heard == [approval.id]
    assert [line["event"] for line in lines] == ["approval_listener_failed"]


async def test_whoever_answers_may_leave_and_listeners_hear_of_it_nevertheless(
    service: Service, ada: Person, approvals: Approvals
) -> None:
    approval = await an_approval(service, ada)
    begun, heard = asyncio.Event(), asyncio.Event()

    async def slow(_approval: OpenApproval, _decision: Decision) -> None:
        begun.set()
        await asyncio.sleep(0)
        heard.set()

    approvals.on_resolved.append(slow)
    answering = asyncio.create_task(approvals.resolve(approval.user_id, approval.id, APPROVE))
    await begun.wait()
    answering.cancel()
    await asyncio.wait([answering])
    await asyncio.wait_for(heard.wait(), 20)


# What is kept


async def test_an_answer_is_on_record_in_codes(service: Service, ada: Person, superuser_url: str) -> None:
    approval = await an_approval(service, ada)
    await approvals_of(service).approvals.resolve(approval.user_id, approval.id, REJECT)
    with psycopg.connect(superuser_url) as connection:
        found = connection.execute(
            "SELECT actor_id, facts FROM audit_entries WHERE user_id = %s AND kind = 'approval_answered'",
            [approval.user_id],
        ).fetchall()
    facts = {"approval": str(approval.id), "decision": "reject", "action": "delete"}
    assert found == [(approval.user_id, facts)]


async def test_nothing_of_what_is_asked_or_answered_stands_in_clear(
    service: Service, ada: Person, approvals: Approvals, superuser_url: str
) -> None:
    mark = uuid4().hex
    planted = {name: f"canary-{name}-{mark}" for name in ("summary", "args", "reason", "edited", "state")}
    asked = wanted(service, summary=planted["summary"], args={"task_id": planted["args"]})
    run = await a_waiting_turn(service, ada, asked)
    async with database_of(service).of(run.user_id) as session:
        await approvals_of(service).paused.keep(session, run.user_id, run.id, planted["state"].encode())
    edit = Decision("edit", {"task_id": planted["edited"]}, planted["reason"], by="laptop")
    await approvals.resolve(run.user_id, asked.id, edit)
    assert await decisions(approvals, run) == [edit]
    found = {
        (name, column)
        for column, value in values(dump(superuser_url))
        for name, text in planted.items()
        if text.encode() in value
    }
    assert found == set()


# Turns that wait


async def test_a_paused_turn_is_loaded_as_it_was_kept_until_it_is_dropped(service: Service, ada: Person) -> None:
    paused = approvals_of(service).paused
    run = await a_waiting_turn(service, ada)
    assert await paused.load(run.user_id, run.id) == STATE
    large = bytes(range(256)) * 2048
    async with database_of(service).of(run.user_id) as session:
        await paused.keep(session, run.user_id, run.id, large)
    assert await paused.load(run.user_id, run.id) == large
    async with database_of(service).of(run.user_id) as session:
        await paused.drop(session, run.user_id, run.id)
    assert await paused.load(run.user_id, run.id) is None


async def test_somebody_elses_paused_turn_is_neither_loaded_nor_dropped(
    service: Service, ada: Person, bob: Person
) -> None:
    paused = approvals_of(service).paused
    run = await a_waiting_turn(service, ada)
    his = UUID(await bob.id())
    assert await paused.load(his, run.id) is None
    async with database_of(service).of(his) as session:
        await paused.drop(session, his, run.id)
    assert await paused.load(run.user_id, run.id) == STATE
