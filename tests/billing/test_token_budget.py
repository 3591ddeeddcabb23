"""The month's tokens: held before a model is asked, counted when a turn has ended, never overspent by turns side by side."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import psycopg
import pytest

from app.billing.tiers import ALLOWANCES, Tier
from app.billing.token_budget import QuotaExceeded, TokenBudget, TurnBudget, month_of
from app.errors import Conflict, NotAuthenticated
from app.kit.db import Database
from app.threads.records import OpenedRun
from tests.conftest import Service
from tests.factories.budgets import budget_of, ended, used
from tests.factories.people import Person
from tests.factories.threads import a_run, another_process, threads_of

FREE = ALLOWANCES[Tier.FREE].tokens_per_month


@pytest.fixture
def budget(service: Service) -> TokenBudget:
    return budget_of(service)


def rows(url: str, statement: str, *values: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(statement, values).fetchall()


def change(url: str, statement: str, *values: object) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(statement, values)


def held(superuser_url: str, run: OpenedRun) -> int:
    return int(rows(superuser_url, "SELECT reserved_tokens FROM runs WHERE id = %s", run.id)[0][0])


def usage(superuser_url: str, user_id: UUID) -> list[tuple[Any, ...]]:
    statement = "SELECT month, input_tokens, output_tokens, turns FROM token_usage WHERE user_id = %s ORDER BY month"
    return rows(superuser_url, statement, user_id)


async def turn_of(service: Service, person: Person) -> tuple[OpenedRun, TurnBudget]:
    run = await a_run(service, person)
    return run, budget_of(service).of_turn(run.user_id, run.id)


# Admission


async def test_somebody_with_tokens_left_is_let_in(service: Service, ada: Person, budget: TokenBudget) -> None:
    user_id = await used(service, ada, FREE - 1)
    await budget.allow(user_id)


async def test_somebody_without_is_told_the_limit_and_what_was_used(
    service: Service, ada: Person, budget: TokenBudget
) -> None:
    user_id = await used(service, ada, FREE + 5)
    with pytest.raises(QuotaExceeded) as refused:
        await budget.allow(user_id)
    assert (refused.value.status, refused.value.code) == (403, "quota_exceeded")
    assert refused.value.facts == {"limit": FREE, "used": FREE + 5}


async def test_tokens_that_running_turns_hold_are_not_there_for_another(
    service: Service, ada: Person, budget: TokenBudget
) -> None:
    user_id = await used(service, ada, FREE - 1000)
    _, turn = await turn_of(service, ada)
    await turn.reserve(1000)
    with pytest.raises(QuotaExceeded, match="running turns hold") as refused:
        await budget.allow(user_id)
    assert refused.value.facts == {"limit": FREE, "used": FREE - 1000}


async def test_one_persons_use_is_not_anothers(service: Service, ada: Person, bob: Person, budget: TokenBudget) -> None:
    await used(service, ada, FREE)
    await budget.allow(UUID(await bob.id()))


@pytest.mark.parametrize("tier", list(Tier))
async def test_the_limit_is_the_tiers(
    service: Service, ada: Person, budget: TokenBudget, superuser_url: str, tier: Tier
) -> None:
    limit = ALLOWANCES[tier].tokens_per_month
    user_id = await used(service, ada, limit - 1)
    change(superuser_url, "UPDATE users SET tier = %s WHERE id = %s", tier.value, user_id)
    await budget.allow(user_id)
    await used(service, ada, 1)
    with pytest.raises(QuotaExceeded):
        await budget.allow(user_id)


async def test_another_tier_counts_at_once_also_for_a_turn_under_way(
    service: Service, ada: Person, budget: TokenBudget, superuser_url: str
) -> None:
    user_id = await used(service, ada, FREE)
    _, turn = await turn_of(service, ada)
    with pytest.raises(QuotaExceeded):
        await turn.reserve(100)
    change(superuser_url, "UPDATE users SET tier = 'pro' WHERE id = %s", user_id)
    await turn.reserve(100)
    await budget.allow(user_id)


async def test_an_account_that_is_gone_or_going_has_no_budget(
    service: Service, ada: Person, budget: TokenBudget, superuser_url: str
) -> None:
    run, turn = await turn_of(service, ada)
    change(superuser_url, "UPDATE users SET email = NULL, password_hash = NULL WHERE id = %s", run.user_id)
    for user_id in (run.user_id, uuid4()):
        with pytest.raises(NotAuthenticated):
            await budget.allow(user_id)
    with pytest.raises(NotAuthenticated):
        await turn.reserve(1)


# Holding


async def test_four_calls_of_a_turn_ask_the_database_once(
    service: Service, ada: Person, superuser_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, turn = await turn_of(service, ada)
    asked = 0
    hot_row = Database.hot_row

    async def counting(self: Database, statement: str, *values: object) -> Any:
        nonlocal asked
        asked += 1
        return await hot_row(self, statement, *values)

    monkeypatch.setattr(Database, "hot_row", counting)
    for _ in range(4):
        await turn.reserve(8000)
        turn.used(8000, 7500)
    assert asked == 1
    assert held(superuser_url, run) == 4 * 8000


async def test_what_a_call_did_not_use_is_there_for_the_next(service: Service, ada: Person, superuser_url: str) -> None:
    run, turn = await turn_of(service, ada)
    for _ in range(40):
        await turn.reserve(1000)
        turn.used(1000, 10)
    assert held(superuser_url, run) == 4 * 1000


async def test_a_call_that_used_more_than_it_had_reserved_counts_whole(
    service: Service, ada: Person, superuser_url: str
) -> None:
    run, turn = await turn_of(service, ada)
    await turn.reserve(1000)
    turn.used(1000, 6000)
    await turn.reserve(1000)
    assert held(superuser_url, run) == 6000 + 4 * 1000


async def test_near_the_limit_a_turn_gets_what_is_left_if_that_is_enough(
    service: Service, ada: Person, superuser_url: str
) -> None:
    await used(service, ada, FREE - 1500)
    run, turn = await turn_of(service, ada)
    await turn.reserve(1000)
    assert held(superuser_url, run) == 1500
    with pytest.raises(QuotaExceeded):
        await turn.reserve(501)
    await turn.reserve(500)
    assert held(superuser_url, run) == 1500


async def test_a_refusal_holds_nothing(service: Service, ada: Person, superuser_url: str) -> None:
    await used(service, ada, FREE - 999)
    run, turn = await turn_of(service, ada)
    with pytest.raises(QuotaExceeded):
        await turn.reserve(1000)
    assert held(superuser_url, run) == 0


async def test_calls_side_by_side_in_one_turn_share_what_it_holds(
    service: Service, ada: Person, superuser_url: str
) -> None:
    run, turn = await turn_of(service, ada)
    await asyncio.gather(*(turn.reserve(1000) for _ in range(8)))
    assert 8000 <= held(superuser_url, run) <= 8 * 4000
    total = held(superuser_url, run)
    for _ in range(8):
        turn.used(1000, 1000)
    await turn.reserve(total - 8000)
    assert held(superuser_url, run) == total


async def test_fifty_turns_at_once_never_hold_more_than_is_left(
    service: Service, ada: Person, superuser_url: str
) -> None:
    left = 100_000
    user_id = await used(service, ada, FREE - left)
    turns = [await turn_of(service, ada) for _ in range(50)]

    async def calls(turn: TurnBudget) -> int:
        made = 0
        try:
            while True:
                await turn.reserve(900)
                turn.used(900, 900)
                made += 900
        except QuotaExceeded:
            return made

    made = await asyncio.gather(*(calls(turn) for _, turn in turns))
    together = rows(superuser_url, "SELECT sum(reserved_tokens) FROM runs WHERE user_id = %s", user_id)[0][0]
    assert sum(made) <= together <= left
    assert left - sum(made) < 50 * 900, "what is left over is less than one call of each"


async def test_fifty_turns_that_end_and_begin_at_once_overspend_nothing(
    service: Service, ada: Person, superuser_url: str
) -> None:
    left = 50_000
    user_id = await used(service, ada, FREE - left)
    runs, budget = threads_of(service).runs, budget_of(service)
    opened = [await a_run(service, ada) for _ in range(50)]

    async def whole(run: OpenedRun) -> None:
        turn, spent = budget.of_turn(run.user_id, run.id), 0
        try:
            for _ in range(3):
                await turn.reserve(700)
                turn.used(700, 700)
                spent += 700
        except QuotaExceeded:
            pass
        assert await ended(runs, budget, run, spent)

    await asyncio.gather(*(whole(run) for run in opened))
    ((_, spent, _, turns),) = usage(superuser_url, user_id)
    assert FREE - left < spent <= FREE
    assert turns == 51
    assert rows(superuser_url, "SELECT sum(reserved_tokens) FROM runs WHERE user_id = %s", user_id) == [(0,)]


async def test_turns_that_die_give_back_what_they_held(service: Service, ada: Person, superuser_url: str) -> None:
    await used(service, ada, FREE - 10_000)
    dead = another_process(service)
    for _ in range(5):
        run, turn = await turn_of(service, ada)
        await turn.reserve(500)
        assert held(superuser_url, run) == 2000
    _, turn = await turn_of(service, ada)
    with pytest.raises(QuotaExceeded):
        await turn.reserve(1000)
    change(
        superuser_url,
        "UPDATE runs SET lease_until = lease_until - interval '1 hour' WHERE user_id = %s AND reserved_tokens > 0",
        run.user_id,
    )
    assert len([each for each in await dead.interrupt_abandoned() if each[0] == run.user_id]) == 5
    await turn.reserve(10_000)


async def test_a_turn_that_has_ended_elsewhere_holds_nothing_more(service: Service, ada: Person) -> None:
    run, turn = await turn_of(service, ada)
    assert await ended(threads_of(service).runs, budget_of(service), run, 10)
    with pytest.raises(Conflict):
        await turn.reserve(100)


async def test_somebody_elses_turn_cannot_be_charged(
    service: Service, ada: Person, bob: Person, superuser_url: str
) -> None:
    hers, _ = await turn_of(service, ada)
    his = budget_of(service).of_turn(UUID(await bob.id()), hers.id)
    with pytest.raises(Conflict):
        await his.reserve(100)
    assert held(superuser_url, hers) == 0


async def test_a_turn_that_ends_while_it_asks_for_more_does_not_wait_for_ever(service: Service, ada: Person) -> None:
    """Both take the run first and the month then."""
    runs, budget = threads_of(service).runs, budget_of(service)
    for _ in range(10):
        run, turn = await turn_of(service, ada)
        asking = asyncio.gather(*(turn.reserve(50) for _ in range(3)), return_exceptions=True)
        told, is_ended = await asyncio.gather(asking, ended(runs, budget, run, 10))
        assert is_ended
        assert all(each is None or isinstance(each, Conflict) for each in told)


# Waiting


async def test_a_turn_that_waits_holds_what_it_has_used_and_no_more(
    service: Service, ada: Person, superuser_url: str
) -> None:
    run, turn = await turn_of(service, ada)
    await turn.reserve(1000)
    turn.used(1000, 700)
    assert await threads_of(service).runs.wait(run, also=turn.pause)
    assert held(superuser_url, run) == 700


async def test_a_turn_that_goes_on_in_another_process_adds_to_what_it_held(
    service: Service, ada: Person, superuser_url: str
) -> None:
    run, turn = await turn_of(service, ada)
    await turn.reserve(1000)
    turn.used(1000, 700)
    assert await threads_of(service).runs.wait(run, also=turn.pause)
    other = another_process(service)
    claimed = await other.claim(run)
    assert claimed is not None
    again = budget_of(service).of_turn(run.user_id, run.id, used=700)
    await again.reserve(100)
    assert held(superuser_url, run) == 700 + 4 * 100
    assert await ended(other, budget_of(service), claimed, 800)
    assert usage(superuser_url, run.user_id)[0][1] == 800
    assert held(superuser_url, run) == 0


# Counting


async def test_an_ended_turn_is_counted_and_holds_nothing(service: Service, ada: Person, superuser_url: str) -> None:
    run, turn = await turn_of(service, ada)
    await turn.reserve(5000)
    turn.used(5000, 130)
    assert await ended(threads_of(service).runs, budget_of(service), run, 100, 30)
    assert usage(superuser_url, run.user_id) == [(month_of(service.clock.now()), 100, 30, 1)]
    assert held(superuser_url, run) == 0


async def test_a_turn_whose_tokens_cannot_be_counted_has_not_ended(
    service: Service, ada: Person, superuser_url: str
) -> None:
    run, turn = await turn_of(service, ada)
    await turn.reserve(100)
    await budget_of(service).count(run.user_id, 2**63 - 1, 0)
    with pytest.raises(asyncpg.NumericValueOutOfRangeError):
        await ended(threads_of(service).runs, budget_of(service), run, 10, 5)
    assert usage(superuser_url, run.user_id) == [(month_of(service.clock.now()), 2**63 - 1, 0, 0)]
    assert held(superuser_url, run) == 400
    found = await threads_of(service).runs.find(run.user_id, run.request_id)
    assert found is not None
    assert (found.status, found.response) == ("running", "")


async def test_a_turn_that_is_not_ended_here_is_not_counted_here(
    service: Service, ada: Person, superuser_url: str
) -> None:
    run, turn = await turn_of(service, ada)
    await turn.reserve(100)
    assert not await ended(another_process(service), budget_of(service), run, 10, 5)
    assert usage(superuser_url, run.user_id) == [(month_of(service.clock.now()), 0, 0, 0)]
    assert held(superuser_url, run) == 400
    assert await ended(threads_of(service).runs, budget_of(service), run, 10, 5)
    assert not await ended(threads_of(service).runs, budget_of(service), run, 10, 5)
    assert usage(superuser_url, run.user_id) == [(month_of(service.clock.now()), 10, 5, 1)]


async def test_tokens_used_beside_a_turn_are_counted(service: Service, ada: Person, superuser_url: str) -> None:
    user_id = await used(service, ada, 100)
    await budget_of(service).count(user_id, 7, 3)
    assert usage(superuser_url, user_id) == [(month_of(service.clock.now()), 107, 3, 1)]


async def test_a_turn_over_the_end_of_a_month_counts_in_the_month_it_ends(
    service: Service, ada: Person, superuser_url: str
) -> None:
    user_id = await used(service, ada, FREE)
    run, turn = await turn_of(service, ada)
    with pytest.raises(QuotaExceeded):
        await turn.reserve(100)
    this, following = _to_the_next_month(service)
    await turn.reserve(100)
    assert await ended(threads_of(service).runs, budget_of(service), run, 60)
    assert usage(superuser_url, user_id) == [(this, FREE, 0, 1), (following, 60, 0, 1)]


async def test_what_is_held_over_the_end_of_a_month_counts_in_the_new_one(service: Service, ada: Person) -> None:
    _, turn = await turn_of(service, ada)
    _, another = await turn_of(service, ada)
    await turn.reserve(FREE)
    _to_the_next_month(service)
    with pytest.raises(QuotaExceeded):
        await another.reserve(1)


def _to_the_next_month(service: Service) -> tuple[date, date]:
    """Move the clock over the end of the month; the first days of both."""
    now = service.clock.now()
    this = month_of(now)
    following = (this + timedelta(days=32)).replace(day=1)
    service.clock.move(seconds=(datetime(following.year, following.month, 1, tzinfo=UTC) - now).total_seconds() + 1)
    return this, following


@pytest.mark.parametrize(
    ("moment", "month"),
    [
        ("2026-01-31T23:59:59+00:00", date(2026, 1, 1)),
        ("2026-02-01T00:00:00+00:00", date(2026, 2, 1)),
        ("2026-02-01T00:30:00+01:00", date(2026, 1, 1)),
        ("2026-01-31T23:30:00-05:00", date(2026, 2, 1)),
    ],
)
def test_months_are_those_of_utc(moment: str, month: date) -> None:
    assert month_of(datetime.fromisoformat(moment)) == month


def test_every_tier_has_its_figures() -> None:
    assert {tier.value: allowance.tokens_per_month for tier, allowance in ALLOWANCES.items()} == {
        "free": 500_000,
        "pro": 10_000_000,
        "power": 40_000_000,
        "team": 40_000_000,
    }
    assert all(each.turns_per_minute == each.requests_per_minute for each in ALLOWANCES.values())
