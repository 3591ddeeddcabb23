"""What is cleared at night, and what stays."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy.exc import DBAPIError

from app.memory import payloads
from app.memory.correcting import correct
from app.memory.limits import MemoryLimits
from app.memory.pruning import MemoryPrune
from tests.memory.nightly import Nights, job

YEAR = timedelta(days=365)
DAY = timedelta(days=1)


async def prune(nights: Nights, **sizes: int) -> None:
    await MemoryPrune(nights.system, nights.clock, nights.limits, **sizes).prune(job())


async def test_sessions_of_more_than_a_year_ago_go_and_pinned_ones_stay(nights: Nights, ada_id: UUID) -> None:
    await nights.episode(ada_id, ago=YEAR + DAY)
    stay = {await nights.episode(ada_id, ago=YEAR - DAY), await nights.episode(ada_id, ago=YEAR + DAY, pinned=True)}
    stay |= {await nights.piece(ada_id, ago=2 * YEAR)}
    await prune(nights)
    assert await nights.there(ada_id) == stay
    for table in ("memory_vectors", "memory_bits"):
        rows = await nights.rows(f"SELECT memory_id FROM {table} WHERE user_id = :id", id=ada_id)
        assert {row.memory_id for row in rows} == stay


async def test_what_a_memory_said_goes_a_year_after_it_was_replaced(nights: Nights, ada_id: UUID) -> None:
    piece = await nights.piece(ada_id)
    for text in ("Acme is no client any more.", "Acme is a client again."):
        await correct(nights.stores, ada_id, "associative", piece, text=text, pinned=None)
        nights.clock.move(days=10)
    nights.clock.move(days=365 - 15)
    await prune(nights)
    [row] = await nights.rows("SELECT replaced_at FROM memory_versions WHERE user_id = :id", id=ada_id)
    assert row.replaced_at > nights.clock.now() - YEAR
    assert await nights.there(ada_id) == {piece}


async def test_patterns_fade_every_night_and_go_when_there_is_hardly_anything_left(
    nights: Nights, ada_id: UUID
) -> None:
    sessions = [await nights.episode(ada_id) for _ in range(3)]
    pattern = await nights.pattern(ada_id, sessions)
    pinned = await nights.pattern(ada_id, sessions, pinned=True)
    for days, left in ((45, 0.25), (90, 0.125)):
        nights.clock.move(days=45)
        for _ in range(2):  # a job that runs again fades nothing twice
            await prune(nights)
        assert await nights.confidence(pattern) == pytest.approx(left, rel=1e-3), days
    nights.clock.move(days=45)
    await prune(nights)
    assert await nights.there(ada_id) == {*sessions, pinned}


async def test_the_patterns_of_all_users_are_weighed_however_many_there_are(nights: Nights) -> None:
    users = [await nights.user() for _ in range(3)]
    patterns = [await nights.pattern(user, [await nights.episode(user)], confidence=0.9) for user in users]
    await prune(nights, users=1)
    assert [await nights.confidence(each) for each in patterns] == pytest.approx([0.206] * 3, abs=1e-3)


async def test_all_the_rest_goes_even_when_patterns_cannot_be_weighed(nights: Nights, ada_id: UUID) -> None:
    nights.limits = MemoryLimits(pattern_half_life=timedelta())  # nothing can be divided by it
    await nights.episode(ada_id, ago=YEAR + DAY)
    stay = {session := await nights.episode(ada_id), await nights.pattern(ada_id, [session])}
    with pytest.raises(DBAPIError, match="division by zero"):
        await prune(nights)
    assert await nights.there(ada_id) == stay


async def test_a_pattern_that_no_session_shows_any_more_goes(nights: Nights, ada_id: UUID) -> None:
    session = await nights.episode(ada_id, ago=YEAR + DAY)
    stays = await nights.pattern(ada_id, [session], pinned=True)
    await nights.pattern(ada_id, [session])
    await nights.pattern(ada_id, [])
    await prune(nights)
    assert await nights.there(ada_id) == {stays}


async def test_too_many_memories_are_made_fewer_the_longest_unused_first(nights: Nights, ada_id: UUID) -> None:
    nights.limits = MemoryLimits(memories=4)
    core = await nights.memory(ada_id, "core", payloads.core("name", "Ada"), ago=9 * DAY)
    pinned = await nights.piece(ada_id, ago=8 * DAY, pinned=True)
    pieces = [await nights.piece(ada_id, ago=days * DAY) for days in (7, 6, 5)]
    used = await nights.piece(ada_id, ago=20 * DAY)
    await nights.change("UPDATE memories SET used_at = now() WHERE id = :id", id=used)
    await prune(nights)
    assert await nights.there(ada_id) == {core, pinned, used, pieces[-1]}


async def test_everybody_has_a_limit_of_their_own(nights: Nights, ada_id: UUID) -> None:
    nights.limits = MemoryLimits(memories=1)
    bob = await nights.user()
    last = {}
    for user, count in ((ada_id, 6), (bob, 1)):
        for days in range(count, 0, -1):
            last[user] = await nights.piece(user, ago=days * DAY)
    await prune(nights, chunk=2, users=1)
    assert {user: await nights.there(user) for user in last} == {user: {memory} for user, memory in last.items()}


async def test_more_than_one_transaction_takes_at_once_goes_all_the_same(nights: Nights, ada_id: UUID) -> None:
    for _ in range(5):
        await nights.episode(ada_id, ago=YEAR + DAY)
    await prune(nights, chunk=2)
    assert await nights.there(ada_id) == set()


async def test_turns_of_users_whose_memory_is_off_are_not_kept_to_be_remembered(nights: Nights, ada_id: UUID) -> None:
    bob = await nights.user()
    for user in (ada_id, bob):
        await nights.turn(user)
    await nights.change(
        "INSERT INTO memory_settings (user_id, enabled) VALUES (:a, false), (:b, true)", a=ada_id, b=bob
    )
    await prune(nights)
    waiting = await nights.rows("SELECT user_id FROM memory_inbox WHERE user_id IN (:a, :b)", a=ada_id, b=bob)
    assert [row.user_id for row in waiting] == [bob]
