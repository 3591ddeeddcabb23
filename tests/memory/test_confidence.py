"""How sure a pattern is."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.memory.confidence import MOST, confidence_of, faded, risen, weigh
from tests.memory.nightly import Nights

HALF_LIFE = timedelta(days=45)
NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)

confidences = st.floats(0, MOST)
counts = st.integers(0, 10_000)
spans = st.timedeltas(timedelta(), timedelta(days=100_000))
histories = st.lists(st.timedeltas(timedelta(), timedelta(days=400)), min_size=1, max_size=20)


def shown(*days_ago: float) -> float:
    return confidence_of([NOW - timedelta(days=days) for days in days_ago], NOW, HALF_LIFE)


def test_three_sessions_make_a_half_and_five_are_enough_to_be_told() -> None:
    assert shown(0, 0, 0) == pytest.approx(0.5)
    assert shown(0, 1, 2, 3, 4) >= 0.6
    assert shown(0, 7, 14, 21, 28) >= 0.6
    assert shown(0, 7, 14, 21) < 0.6


def test_what_nothing_shows_is_not_believed() -> None:
    assert shown() == 0


def test_a_lone_session_after_a_long_pause_does_not_bring_back_what_was() -> None:
    assert shown(0, 200, 207, 214, 221, 228) < 0.35 < 0.65 < shown(0, 7, 14, 21, 28, 35)


@given(confidences, counts)
def test_it_stays_between_nothing_and_certainty(confidence: float, episodes: int) -> None:
    assert 0 <= risen(confidence, episodes) <= MOST < 1


@given(confidences, counts)
def test_more_sessions_never_make_it_less(confidence: float, episodes: int) -> None:
    assert confidence <= risen(confidence, episodes) + 1e-12
    assert risen(confidence, episodes) <= risen(confidence, episodes + 1)


@given(confidences, counts, counts)
def test_sessions_count_the_same_one_by_one_and_together(confidence: float, some: int, more: int) -> None:
    assert risen(risen(confidence, some), more) == pytest.approx(risen(confidence, some + more))


@given(confidences, spans)
def test_after_a_half_life_half_of_it_is_left(confidence: float, since: timedelta) -> None:
    assert faded(confidence, HALF_LIFE, HALF_LIFE) == pytest.approx(confidence / 2)
    assert 0 <= faded(confidence, since + HALF_LIFE, HALF_LIFE) <= faded(confidence, since, HALF_LIFE) <= confidence


@given(confidences, spans)
def test_a_session_that_is_yet_to_come_makes_it_no_surer(confidence: float, ahead: timedelta) -> None:
    assert faded(confidence, -ahead, HALF_LIFE) == confidence


@given(histories)
def test_another_session_today_never_makes_it_less(ages: list[timedelta]) -> None:
    before = [NOW - age for age in ages]
    assert confidence_of(before, NOW, HALF_LIFE) <= confidence_of([*before, NOW], NOW, HALF_LIFE) + 1e-12 <= 1


# As the database weighs


async def test_the_database_weighs_every_pattern_like_that(nights: Nights) -> None:
    histories: list[list[float]] = [
        [0, 0, 0],
        [0, 7, 14, 21, 28],
        [3],
        [50.5, 51, 200],
        [-2, 40],
        [0] * 25,
        [4000],
        [30_000, 0],
    ]
    now, expected = nights.clock.now(), {}
    users = [await nights.user() for _ in histories]
    for user_id, days in zip(users, histories, strict=True):
        ago = [timedelta(days=each) for each in days]
        pattern = await nights.pattern(user_id, [await nights.episode(user_id, ago=each) for each in ago])
        rows = await nights.rows("SELECT updated_at FROM memories WHERE user_id = :u AND tier = 'episodic'", u=user_id)
        expected[pattern] = confidence_of([row.updated_at for row in rows], now, HALF_LIFE)
    for _ in range(2):  # again: nothing is added up
        async with nights.system.begin() as session:
            await weigh(session, now, HALF_LIFE, *users)
        assert {pattern: await nights.confidence(pattern) for pattern in expected} == pytest.approx(expected)


async def test_only_the_patterns_of_the_user_who_is_named_are_weighed(nights: Nights) -> None:
    ada, bob = await nights.user(), await nights.user()
    hers, his = [await nights.pattern(user, await nights.mondays(user, 3)) for user in (ada, bob)]
    async with nights.db.of(ada) as session:
        await weigh(session, nights.clock.now() + HALF_LIFE, HALF_LIFE, ada)
    assert await nights.confidence(hers) < 0.3
    assert await nights.confidence(his) == 0.5


async def test_a_session_that_is_gone_counts_no_more(nights: Nights) -> None:
    user_id = await nights.user()
    sessions = [await nights.episode(user_id) for _ in range(6)]
    pattern = await nights.pattern(user_id, sessions)
    for gone in (0, 3):
        await nights.change("DELETE FROM memories WHERE id = ANY(:ids)", ids=sessions[:gone])
        async with nights.system.begin() as session:
            await weigh(session, nights.clock.now(), HALF_LIFE, user_id)
        [row] = await nights.rows("SELECT confidence, mentions FROM memories WHERE id = :id", id=pattern)
        assert (row.confidence, row.mentions) == (pytest.approx({0: 0.75, 3: 0.5}[gone], abs=1e-3), 6 - gone)
