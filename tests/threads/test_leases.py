"""Who runs a turn when processes die, wait, and come back. A second process is a second owner on the same database."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import asyncpg
import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.threads.history import History
from app.threads.leases import LEASE
from app.threads.records import OpenedRun
from app.threads.runs import Runs
from tests.conftest import Service
from tests.factories.people import Person
from tests.factories.rows import dump, of_user
from tests.factories.threads import a_run, a_turn, another_process, answered, new_run
from tests.threads.reading import said, thread


@pytest.fixture
def elsewhere(service: Service) -> Runs:
    return another_process(service)


def move_past_the_lease(service: Service) -> None:
    service.clock.move(seconds=LEASE.total_seconds() + 1)


async def waiting(runs: Runs) -> list[UUID]:
    return [run.id for run in await runs.waiting()]


async def left(runs: Runs) -> list[UUID]:
    """Those that nobody alive waits for."""
    return [run.id for run in await runs.waiting(are_left=True)]


async def status(runs: Runs, run: OpenedRun) -> tuple[str, str | None]:
    found = await runs.find(run.user_id, run.request_id)
    assert found is not None
    return found.status, found.error_code


async def is_ended_as_abandoned(runs: Runs, user_id: UUID, run: OpenedRun) -> bool:
    """Here, or by another process of this database, which look for such runs as well."""
    await runs.interrupt_abandoned()
    found = await runs.find(user_id, run.request_id)
    return found is not None and (found.status, found.error_code) == ("failed", "interrupted")


async def test_a_turn_whose_process_died_is_ended_plainly(
    service: Service, ada: Person, elsewhere: Runs, runs: Runs, ada_id: UUID, history: History
) -> None:
    run = await elsewhere.open(new_run(ada_id, "Rename all projects"))
    assert (ada_id, run.id) not in await runs.interrupt_abandoned(), "its lease is not over"
    move_past_the_lease(service)
    assert await is_ended_as_abandoned(runs, ada_id, run)
    assert await status(runs, run) == ("failed", "interrupted")
    [question, told] = await said(ada, run.thread_id)
    assert question == ("message", "user", "Rename all projects")
    assert told[:2] == ("message", "system")
    assert "interrupted" in told[2]
    assert (await thread(ada, run.thread_id))["message_count"] == 2
    following = await a_run(service, ada, "Well?", thread_id=run.thread_id)
    seen = await history.before(ada_id, run.thread_id, following.id, most_tokens=1000)
    assert seen[0] == {"role": "user", "content": "Rename all projects"}
    assert "interrupted" in seen[1]["content"]


async def test_a_process_that_was_taken_for_dead_finds_its_fence_closed(
    service: Service, ada: Person, elsewhere: Runs, runs: Runs, ada_id: UUID
) -> None:
    run = await elsewhere.open(new_run(ada_id, "Slow"))
    move_past_the_lease(service)
    await runs.interrupt_abandoned()
    assert not await elsewhere.wait(run)
    assert run.id in await elsewhere.renew(), "it is told to stop"
    assert not await elsewhere.finish(run, answered("Slow", "Too late"))
    assert await status(runs, run) == ("failed", "interrupted")
    assert "Too late" not in [content for _, _, content in await said(ada, run.thread_id)]


async def test_a_renewed_lease_keeps_a_turn_alive(service: Service, runs: Runs, elsewhere: Runs, ada_id: UUID) -> None:
    run = await elsewhere.open(new_run(ada_id))
    for _ in range(3):
        service.clock.move(seconds=LEASE.total_seconds() - 5)
        assert await elsewhere.renew() == []
        assert (ada_id, run.id) not in await runs.interrupt_abandoned()
    assert await elsewhere.finish(run, answered("x", "y"))


async def test_a_turn_that_nobody_knows_of_is_not_kept_alive(service: Service, runs: Runs, ada_id: UUID) -> None:
    """It was written down, and the connection broke before the process was told."""
    run = await runs.open(new_run(ada_id))
    unaware = Runs(runs._db, runs._vault, service.clock, owner=runs._owner)
    service.clock.move(seconds=25)
    await unaware.renew()
    service.clock.move(seconds=10)
    assert await is_ended_as_abandoned(unaware, ada_id, run)


async def test_renewing_is_for_ones_own_turns_only(service: Service, runs: Runs, elsewhere: Runs, ada_id: UUID) -> None:
    run = await elsewhere.open(new_run(ada_id))
    move_past_the_lease(service)
    await runs.renew()
    assert await is_ended_as_abandoned(runs, ada_id, run)


async def test_many_that_clear_up_at_once_end_and_tell_of_each_turn_once(
    service: Service, ada: Person, elsewhere: Runs, ada_id: UUID
) -> None:
    left = [await elsewhere.open(new_run(ada_id)) for _ in range(3)]
    move_past_the_lease(service)
    told = await asyncio.gather(*(another_process(service).interrupt_abandoned() for _ in range(4)))
    mine = sorted(run for each in told for user, run in each if user == ada_id)
    assert mine == sorted(run.id for run in left)
    assert [len(await said(ada, run.thread_id)) for run in left] == [2, 2, 2]


async def test_a_question_that_cannot_be_read_any_more_holds_up_nothing(
    service: Service, elsewhere: Runs, runs: Runs, ada_id: UUID, superuser_url: str
) -> None:
    run = await elsewhere.open(new_run(ada_id))
    with psycopg.connect(superuser_url) as connection:
        connection.execute("UPDATE thread_events SET content = 'x' WHERE run_id = %s", [run.id])
    move_past_the_lease(service)
    assert await is_ended_as_abandoned(runs, ada_id, run)
    assert await status(runs, run) == ("failed", "interrupted")


async def test_a_waiting_turn_needs_nobody_alive(
    service: Service, runs: Runs, elsewhere: Runs, ada_id: UUID, superuser_url: str
) -> None:
    run = await elsewhere.open(new_run(ada_id))
    assert await elsewhere.wait(run)
    assert run.id not in await left(runs), "whoever put it to wait is alive"
    assert run.id in await waiting(runs)
    move_past_the_lease(service)
    assert (ada_id, run.id) not in await runs.interrupt_abandoned()
    assert run.id in await left(runs)
    assert not await elsewhere.wait(run), "it waits already"


async def test_whoever_waits_for_a_turn_keeps_its_lease(
    service: Service, runs: Runs, elsewhere: Runs, ada_id: UUID
) -> None:
    run = await elsewhere.open(new_run(ada_id))
    await elsewhere.wait(run)
    for _ in range(3):
        service.clock.move(seconds=LEASE.total_seconds() - 5)
        assert await elsewhere.renew() == []
        assert run.id not in await left(runs)
        assert await runs.adopt(run) is None


async def test_a_process_that_stops_leaves_what_waits_to_the_next_at_once(
    runs: Runs, elsewhere: Runs, ada_id: UUID, superuser_url: str
) -> None:
    run, running = [await elsewhere.open(new_run(ada_id)) for _ in range(2)]
    await elsewhere.wait(run)
    await elsewhere.release([run.id, running.id])
    assert run.id in await left(runs)
    leases = {row["id"]: row["lease_until"] for row in _runs(superuser_url, ada_id)}
    assert leases[run.id] is None
    assert leases[running.id] is not None, "one that runs is not left to anybody"
    assert await elsewhere.renew() == [], "it asks for neither any more"


async def test_a_renewal_under_way_does_not_undo_that_a_run_is_let_go(
    elsewhere: Runs, runs: Runs, ada_id: UUID
) -> None:
    run = await elsewhere.open(new_run(ada_id))
    await elsewhere.wait(run)
    for _ in range(20):
        await asyncio.gather(elsewhere.renew(), elsewhere.release([run.id]))
        assert run.id in await left(runs)
        adopted = await elsewhere.adopt(run)
        assert adopted is not None
        run = adopted


async def test_of_many_that_wait_on_in_place_of_a_dead_process_one_does(
    service: Service, elsewhere: Runs, runs: Runs, ada_id: UUID
) -> None:
    run = await elsewhere.open(new_run(ada_id))
    await elsewhere.wait(run)
    move_past_the_lease(service)
    processes = [another_process(service) for _ in range(4)]
    adoptions = await asyncio.gather(*(each.adopt(run) for each in processes))
    [(process, adopted)] = [pair for pair in zip(processes, adoptions, strict=True) if pair[1] is not None]
    assert adopted is not None
    assert await status(runs, run) == ("waiting", None)
    assert await process.renew() == []
    assert run.id in await elsewhere.renew(), "whoever was taken for dead is told to stop"
    assert await elsewhere.claim(run) is None
    assert not await elsewhere.finish(run, answered("x", "", status="cancelled"))
    assert await process.claim(adopted) is not None


async def test_a_copy_from_before_a_later_wait_does_not_go_on(runs: Runs, elsewhere: Runs, ada_id: UUID) -> None:
    run = await runs.open(new_run(ada_id))
    await runs.wait(run)
    copy = next(each for each in await elsewhere.waiting() if each.id == run.id)
    again = await runs.claim(run)
    assert again is not None
    await runs.wait(again)
    assert await elsewhere.claim(copy) is None
    assert await runs.claim(again) is not None


async def test_whoever_takes_a_turn_up_hears_that_its_user_wants_no_more_of_it(
    runs: Runs, elsewhere: Runs, ada_id: UUID
) -> None:
    run = await elsewhere.open(new_run(ada_id, request_id="unwanted"))
    await elsewhere.wait(run)
    await runs.request_cancel(ada_id, "unwanted")
    assert next(each.is_unwanted for each in await runs.waiting() if each.id == run.id)


async def test_a_turn_whose_end_cannot_be_kept_yet_keeps_its_lease(
    service: Service, runs: Runs, ada_id: UUID, superuser_url: str
) -> None:
    run = await runs.open(new_run(ada_id))
    with psycopg.connect(superuser_url) as connection:
        connection.execute("ALTER TABLE thread_events ADD CONSTRAINT nothing_more CHECK (actor = 'user') NOT VALID")
        connection.commit()
        try:
            with pytest.raises(asyncpg.CheckViolationError):
                await runs.finish(run, answered("x", "y"))
        finally:
            connection.execute("ALTER TABLE thread_events DROP CONSTRAINT nothing_more")
    service.clock.move(seconds=LEASE.total_seconds() - 5)
    await runs.renew()
    service.clock.move(seconds=LEASE.total_seconds() - 5)
    assert (ada_id, run.id) not in await runs.interrupt_abandoned()
    runs.forget(run)
    await runs.renew()
    move_past_the_lease(service)
    assert await is_ended_as_abandoned(runs, ada_id, run)


async def test_a_turn_that_cannot_be_ended_now_holds_up_no_other(
    service: Service, elsewhere: Runs, runs: Runs, ada_id: UUID, superuser_url: str
) -> None:
    stuck, free = [await elsewhere.open(new_run(ada_id)) for _ in range(2)]
    move_past_the_lease(service)
    check = "ALTER TABLE runs ADD CONSTRAINT stuck CHECK (id <> '{}' OR status = 'running') NOT VALID"
    with psycopg.connect(superuser_url) as connection:
        connection.execute(check.format(stuck.id))
        connection.commit()
        try:
            ended = await runs.interrupt_abandoned()
        finally:
            connection.execute("ALTER TABLE runs DROP CONSTRAINT stuck")
    assert (ada_id, stuck.id) not in ended
    assert (ada_id, free.id) in ended
    assert await is_ended_as_abandoned(runs, ada_id, stuck)


async def test_of_many_that_take_a_waiting_turn_up_again_one_gets_it(
    service: Service, elsewhere: Runs, runs: Runs, ada_id: UUID
) -> None:
    run = await elsewhere.open(new_run(ada_id, request_id="approved"))
    await elsewhere.wait(run)
    processes = [another_process(service) for _ in range(4)]
    claims = await asyncio.gather(*(each.claim(run) for each in processes))
    [(process, claimed)] = [pair for pair in zip(processes, claims, strict=True) if pair[1] is not None]
    assert claimed is not None
    assert claimed == OpenedRun(run.id, run.thread_id, ada_id, "approved", attempt=2, is_new_thread=False)
    assert run.id not in await waiting(runs)
    assert not await elsewhere.finish(run, answered("x", "the first owner")), "it is not the first owner's any more"
    assert await process.finish(claimed, answered("x", "the second owner"))


async def test_the_same_process_twice_is_told_apart_by_the_attempt(runs: Runs, ada_id: UUID) -> None:
    first = await runs.open(new_run(ada_id))
    assert await runs.wait(first)
    again = await runs.claim(first)
    assert again is not None
    assert not await runs.finish(first, answered("x", "late"))
    assert await runs.finish(again, answered("x", "y"))


async def test_a_waiting_turn_can_be_ended_by_who_put_it_to_wait(runs: Runs, ada_id: UUID) -> None:
    run = await runs.open(new_run(ada_id))
    await runs.wait(run)
    assert await runs.finish(run, answered("x", "", status="cancelled"))
    assert await status(runs, run) == ("cancelled", None)
    assert await runs.claim(run) is None


async def test_what_waiting_and_claiming_write_along_is_kept_or_lost_with_them(runs: Runs, ada_id: UUID) -> None:
    run = await runs.open(new_run(ada_id))

    async def fail(_session: AsyncSession) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await runs.wait(run, also=fail)
    assert await status(runs, run) == ("running", None)
    assert await runs.wait(run)
    with pytest.raises(LookupError):
        await runs.claim(run, also=fail)
    assert await status(runs, run) == ("waiting", None)


async def test_nobody_claims_the_turn_of_another_user(runs: Runs, ada_id: UUID, bob: Person) -> None:
    run = await runs.open(new_run(ada_id))
    await runs.wait(run)
    assert await runs.claim(replace(run, user_id=UUID(await bob.id()))) is None
    assert await runs.claim(run) is not None


async def test_a_cancel_reaches_the_process_that_has_the_turn(runs: Runs, elsewhere: Runs, ada_id: UUID) -> None:
    run = await elsewhere.open(new_run(ada_id, request_id="stop me"))
    paused = await elsewhere.open(new_run(ada_id, request_id="me too"))
    await elsewhere.wait(paused)
    assert await elsewhere.renew() == []
    assert await runs.request_cancel(ada_id, "stop me")
    assert await runs.request_cancel(ada_id, "me too")
    assert run.id not in await runs.renew()
    assert sorted(await elsewhere.renew()) == sorted([run.id, paused.id])
    assert await elsewhere.finish(run, answered("x", "", status="cancelled"))
    assert await elsewhere.renew() == [paused.id]


async def test_there_is_nothing_to_cancel(service: Service, ada: Person, bob: Person, runs: Runs, ada_id: UUID) -> None:
    await a_turn(service, ada, request_id="over")
    under_way = await a_run(service, ada, request_id="hers")
    assert not await runs.request_cancel(ada_id, "over")
    assert not await runs.request_cancel(ada_id, "unknown")
    assert not await runs.request_cancel(UUID(await bob.id()), "hers")
    assert under_way.id not in await runs.renew()


async def test_a_turn_that_is_being_deleted_is_passed_over_when_leases_are_renewed(
    service: Service, elsewhere: Runs, ada_id: UUID, superuser_url: str
) -> None:
    held, free = [await elsewhere.open(new_run(ada_id)) for _ in range(2)]
    before = {row["id"]: row["lease_until"] for row in _runs(superuser_url, ada_id)}
    service.clock.move(seconds=10)
    with psycopg.connect(superuser_url) as connection:
        connection.execute("SELECT FROM runs WHERE id = %s FOR UPDATE", [held.id])
        async with asyncio.timeout(20):
            assert await elsewhere.renew() == []
    after = {row["id"]: row["lease_until"] for row in _runs(superuser_url, ada_id)}
    assert after[held.id] == before[held.id]
    assert after[free.id] > before[free.id]


def _runs(superuser_url: str, user_id: UUID) -> list[dict[str, Any]]:
    return of_user(dump(superuser_url), str(user_id))["runs"]
