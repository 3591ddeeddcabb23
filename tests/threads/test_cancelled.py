"""A turn may be cancelled at any await of its bookkeeping: what was under way is kept whole or not at all, and the pooled
connection is left as it was found."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Generator
from functools import partial
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from app.billing.token_budget import Spent, month_of
from app.kit.db import Database
from app.threads.records import KeptEvent, OpenedRun
from app.threads.runs import Runs
from tests.conftest import Service
from tests.factories.people import Person
from tests.factories.threads import answered, new_run, threads_of
from tests.threads.reading import said

CALL = {"call_id": "c", "tool": "t", "args": {}}
ANSWERED = answered("Now", "Then", events=[KeptEvent("tool.call", "assistant", CALL)] * 3)


class CancelledAt:
    """Work that is cancelled at its `nth` await: as soon as it waits, or at the moment when it need not wait any more."""

    def __init__(self, work: Coroutine[Any, Any, Any], nth: int, *, late: bool) -> None:
        self._work, self._left, self._is_late = work, nth, late

    def __await__(self) -> Generator[Any, Any, Any]:
        go_on: Callable[[], Any] = partial(self._work.send, None)
        while True:
            try:
                waits_for = go_on()
            except StopIteration as done:
                return done.value
            self._count(waits_for)
            try:
                go_on = partial(self._work.send, (yield waits_for))
            except BaseException as error:  # noqa: BLE001 - whatever is thrown in is for the work
                go_on = partial(self._work.throw, error)

    def _count(self, waits_for: "asyncio.Future[Any] | None") -> None:
        self._left -= 1
        task = asyncio.current_task()
        if self._left or task is None:
            return
        if self._is_late and waits_for is not None:
            waits_for.add_done_callback(lambda _: task.cancel())
        else:
            task.cancel()


async def is_cancelled(work: Coroutine[Any, Any, Any], nth: int, *, late: bool) -> bool:
    """False when the work has fewer awaits than that, and went through."""

    async def run() -> None:
        await CancelledAt(work, nth, late=late)

    try:
        await asyncio.create_task(run())
    except asyncio.CancelledError:
        return True
    return False


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """With one connection: whoever asks next gets the one that was cancelled."""
    db = Database(database_url, pool_size=1, hot_pool_size=1)
    await db.open()
    yield db
    await db.close()


@pytest.fixture
def here(service: Service, db: Database) -> Runs:
    return Runs(db, threads_of(service).runs._vault, service.clock, owner=uuid4())


async def is_clean(db: Database) -> bool:
    row = await db.hot_row("SELECT current_setting('app.user_id', true) AS whose, count(*) AS seen FROM runs")
    return row is not None and not row["whose"] and row["seen"] == 0


@pytest.mark.parametrize("late", [False, True])
async def test_a_beginning_that_is_cancelled_is_whole_or_is_not(
    db: Database, here: Runs, ada: Person, ada_id: UUID, late: bool
) -> None:
    for nth in count(1):
        was_cancelled = await is_cancelled(here.open(new_run(ada_id, "Now", request_id=f"{nth}")), nth, late=late)
        assert await is_clean(db)
        found = await here.find(ada_id, f"{nth}")
        if found is not None:
            assert [content for _, _, content in await said(ada, found.thread_id)] == ["Now"]
        if not was_cancelled:
            assert found is not None
            assert nth > 2, "it waited for a connection, for the answer and for the connection's return"
            return


@pytest.mark.parametrize("late", [False, True])
async def test_an_end_that_is_cancelled_is_whole_or_is_not(
    service: Service, db: Database, here: Runs, ada: Person, ada_id: UUID, late: bool
) -> None:
    spent = Spent(month_of(service.clock.now()), 7, 3)
    counted = 0
    for nth in count(1):
        run = await here.open(new_run(ada_id, "Now", request_id=f"{nth}"))
        was_cancelled = await is_cancelled(here.finish(run, ANSWERED, spent=spent), nth, late=late)
        assert await is_clean(db)
        is_over = await _is_over(here, run)
        counted += is_over
        assert len(await said(ada, run.thread_id)) == (4 if is_over else 1)
        row = await db.hot_row("SELECT spent FROM token_standing($1, $2, '{}')", ada_id, spent.month)
        assert row is not None
        assert row["spent"] == 10 * counted
        if not was_cancelled:
            assert is_over
            return
        assert await here.finish(run, ANSWERED) is not is_over, "what was undone can be done again"


async def _is_over(runs: Runs, run: OpenedRun) -> bool:
    found = await runs.find(run.user_id, run.request_id)
    assert found is not None
    return found.status == "completed"


async def test_an_end_that_is_cancelled_while_it_waits_for_a_lock_leaves_nothing_behind(
    db: Database, here: Runs, ada_id: UUID, superuser_url: str
) -> None:
    run = await here.open(new_run(ada_id))
    with psycopg.connect(superuser_url, autocommit=True) as watching, psycopg.connect(superuser_url) as other:
        other.execute("SELECT FROM runs WHERE id = %s FOR UPDATE", [run.id])
        ending = asyncio.create_task(here.finish(run, ANSWERED))
        async with asyncio.timeout(20):
            while watching.execute(_WAITS, [other.info.backend_pid]).fetchone() is None:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        ending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await ending
        async with asyncio.timeout(20):
            assert await is_clean(db)
    assert not await _is_over(here, run)
    assert await here.finish(run, ANSWERED)


_WAITS = "SELECT pid FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))"
