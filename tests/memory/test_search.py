"""The two functions of the database that search memories, called as requests call them."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import numpy as np
import pytest
from pgvector.asyncpg import register_vector

from app.kit.db import APP_ROLE
from app.memory.rotation import DIMENSIONS
from tests.factories.people import Person

SPACE = 7
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
Row = dict[str, Any]


def towards(*amounts: float) -> list[float]:
    """A unit vector whose first numbers stand in this proportion; the signs of the others alternate."""
    vector = np.where(np.arange(DIMENSIONS) % 2 == 0, 1e-3, -1e-3)
    vector[: len(amounts)] = amounts
    return [float(each) for each in vector / np.linalg.norm(vector)]


def spread(seed: int, count: int) -> list[list[float]]:
    vectors = np.random.default_rng(seed).standard_normal((count, DIMENSIONS))
    return [[float(x) for x in vector] for vector in vectors / np.linalg.norm(vectors, axis=1, keepdims=True)]


@dataclass
class Shelf:
    """One user's memories, put in past the wall and searched through it."""

    user_id: UUID
    superuser: Any
    request: Any

    async def put(
        self, tier: str = "associative", *, near: list[float] | None = None, space: int = SPACE, **row: Any
    ) -> UUID:
        memory_id = uuid4()
        values = {"size": 10, "confidence": 0.8 if tier == "proactive" else None, "pinned": False, "at": NOW} | row
        slot = memory_id.bytes if tier in {"core", "episodic"} else None
        await self.superuser.execute(
            "INSERT INTO memories (id, user_id, tier, slot, payload, size, confidence, pinned, written_by, created_at, "
            "updated_at, used_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'extractor', $9, $9, $9)",
            *(memory_id, self.user_id, tier, slot, b"sealed", values["size"], values["confidence"]),
            *(values["pinned"], values["at"]),
        )
        if near is not None:
            await self._place(memory_id, tier, near, space)
        return memory_id

    async def _place(self, memory_id: UUID, tier: str, near: list[float], space: int) -> None:
        await self.superuser.execute(
            "INSERT INTO memory_vectors VALUES ($1, $2, $3::real[]::halfvec(1536))", memory_id, self.user_id, near
        )
        await self.superuser.execute(
            "INSERT INTO memory_bits SELECT $1, $2, $3, $4, binary_quantize(embedding)::bit(1536) FROM memory_vectors "
            "WHERE memory_id = $1",
            *(memory_id, self.user_id, space, tier),
        )

    async def near(
        self, wanted: Sequence[float] | None, *, many: int = 8, among: int = 200, floor: float = -1, tiers: Any = None
    ) -> list[Row]:
        rows = await self.request.fetch(
            "SELECT * FROM memory_near($1, $2, $3, $4, $5, $6, $7)",
            *(self.user_id, SPACE, wanted, many, among, floor, tiers or ["associative"]),
        )
        return [dict(row) for row in rows]

    async def told(self, wanted: Sequence[float] | None = None, **changes: Any) -> list[Row]:
        limits = {
            "many": 8,
            "among": 200,
            "floor": 0.1,
            "bytes": 4096,
            "sessions": 5,
            "sure": 0.6,
            "most": 20,
        } | changes
        rows = await self.request.fetch(
            "SELECT * FROM memory_of($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            *(self.user_id, SPACE, wanted, *limits.values()),
        )
        return [dict(row) for row in rows]


@pytest.fixture
async def superuser(superuser_url: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(superuser_url)
    yield connection
    await connection.close()


@pytest.fixture
async def request_connection(database_url: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(database_url)
    await register_vector(connection)
    await connection.execute(f"SET ROLE {APP_ROLE}")
    yield connection
    await connection.close()


@pytest.fixture
async def ada_shelf(ada: Person, superuser: Any, request_connection: Any) -> Shelf:
    return Shelf(UUID(await ada.id()), superuser, request_connection)


@pytest.fixture
async def bob_shelf(bob: Person, superuser: Any, request_connection: Any) -> Shelf:
    return Shelf(UUID(await bob.id()), superuser, request_connection)


def ids(rows: list[Row]) -> list[UUID]:
    return [row["id"] for row in rows]


async def test_the_nearest_come_first_with_their_cosine(ada_shelf: Shelf) -> None:
    far = await ada_shelf.put(near=towards(0.1, 1))
    same = await ada_shelf.put(near=towards(1, 0))
    close = await ada_shelf.put(near=towards(1, 0.5))
    found = await ada_shelf.near(towards(1, 0))
    assert ids(found) == [same, close, far]
    assert [row["score"] for row in found] == pytest.approx([1, 0.894, 0.1], abs=0.005)
    assert ids(await ada_shelf.near(towards(1, 0), floor=0.5)) == [same, close]
    assert ids(await ada_shelf.near(towards(1, 0), many=1)) == [same]


async def test_nothing_is_near_to_nothing(ada_shelf: Shelf) -> None:
    await ada_shelf.put(near=towards(1))
    assert await ada_shelf.near(None) == []


async def test_it_finds_what_an_exact_search_finds(ada_shelf: Shelf) -> None:
    vectors = spread(1, 60)
    known = {await ada_shelf.put(near=vector): vector for vector in vectors}
    for wanted in spread(2, 5):
        exact = sorted(known, key=lambda memory_id: -float(np.dot(known[memory_id], wanted)))[:8]
        assert set(ids(await ada_shelf.near(wanted))) == set(exact)


async def test_only_the_nearest_by_sign_are_looked_at(ada_shelf: Shelf) -> None:
    wanted = spread(3, 1)[0]
    same = await ada_shelf.put(near=wanted)
    for vector in spread(4, 3):
        await ada_shelf.put(near=vector)
    assert ids(await ada_shelf.near(wanted, among=1)) == [same]


async def test_other_tiers_and_other_models_are_not_searched(ada_shelf: Shelf) -> None:
    here = await ada_shelf.put(near=towards(1))
    episode = await ada_shelf.put("episodic", near=towards(1, 0.2))
    await ada_shelf.put(near=towards(1), space=SPACE + 1)
    assert ids(await ada_shelf.near(towards(1))) == [here]
    assert ids(await ada_shelf.near(towards(1), tiers=["associative", "episodic"])) == [here, episode]


async def test_others_are_never_in_the_way(ada_shelf: Shelf, bob_shelf: Shelf) -> None:
    for _ in range(10):
        await bob_shelf.put(near=towards(1))
    mine = [await ada_shelf.put(near=vector) for vector in spread(5, 8)]
    assert set(ids(await ada_shelf.near(towards(1), among=8))) == set(mine)
    assert set(ids(await ada_shelf.told(towards(1), floor=-1))) == set(mine)


async def test_neither_function_reaches_past_the_user_it_names(ada_shelf: Shelf, bob_shelf: Shelf) -> None:
    for tier in ("core", "associative", "episodic", "proactive"):
        await ada_shelf.put(tier, near=towards(1))
    assert await bob_shelf.near(towards(1), tiers=["core", "associative", "episodic", "proactive"]) == []
    assert await bob_shelf.told(towards(1)) == []
    assert len(await ada_shelf.told(towards(1))) == 4
    assert await ada_shelf.request.fetchval("SELECT count(*) FROM memories") == 0, "nobody is named after the call"


async def test_a_turn_is_told_core_then_what_is_near_then_sessions_then_patterns(ada_shelf: Shelf) -> None:
    pattern = await ada_shelf.put("proactive", near=towards(1))
    session = await ada_shelf.put("episodic", near=towards(1))
    close, same = await ada_shelf.put(near=towards(1, 0.5)), await ada_shelf.put(near=towards(1))
    await ada_shelf.put(near=towards(-1))
    fact = await ada_shelf.put("core", near=towards(1))
    found = await ada_shelf.told(towards(1))
    assert ids(found) == [fact, same, close, session, pattern]
    assert [row["score"] is not None for row in found] == [False, True, True, False, False]
    assert {row["payload"] for row in found} == {b"sealed"}
    assert ids(await ada_shelf.told(None)) == [fact, session, pattern], "nothing to look for by meaning"


async def test_core_memories_are_told_up_to_a_size_pinned_and_lately_used_first(ada_shelf: Shelf) -> None:
    old = await ada_shelf.put("core", size=40, at=NOW)
    new = await ada_shelf.put("core", size=40, at=NOW + timedelta(hours=1))
    pinned = await ada_shelf.put("core", size=40, at=NOW - timedelta(days=9), pinned=True)
    assert ids(await ada_shelf.told()) == [pinned, new, old]
    assert ids(await ada_shelf.told(bytes=119)) == [pinned, new]


async def test_the_last_sessions_and_the_surest_patterns_are_told(ada_shelf: Shelf) -> None:
    sessions = [await ada_shelf.put("episodic", at=NOW + timedelta(hours=hour)) for hour in range(4)]
    patterns = [await ada_shelf.put("proactive", confidence=sure) for sure in (0.59, 0.6, 0.9)]
    assert ids(await ada_shelf.told(sessions=3)) == [*sessions[:0:-1], patterns[2], patterns[1]]
    assert ids(await ada_shelf.told(sessions=0, most=1)) == [patterns[2]]


async def test_nothing_is_told_of_a_user_whose_memory_is_off(ada_shelf: Shelf) -> None:
    await ada_shelf.put("core")
    await ada_shelf.superuser.execute("INSERT INTO memory_settings VALUES ($1, false, NULL)", ada_shelf.user_id)
    assert await ada_shelf.told(towards(1)) == []
    await ada_shelf.superuser.execute("UPDATE memory_settings SET enabled = true WHERE user_id = $1", ada_shelf.user_id)
    assert len(await ada_shelf.told(towards(1))) == 1


async def test_a_memory_is_searched_in_the_index_alone(ada_shelf: Shelf, superuser: Any) -> None:
    """The plan inside the function cannot be seen; this is its costly part under the same planner settings."""
    settings = await superuser.fetchval("SELECT proconfig FROM pg_proc WHERE proname = 'memory_near'")
    assert "enable_seqscan=off" in settings
    async with ada_shelf.request.transaction():
        for setting in settings:
            await ada_shelf.request.execute(f"SET LOCAL {setting.replace('=', ' = ')}")
        await ada_shelf.request.execute("SELECT set_config('app.user_id', $1, true)", str(ada_shelf.user_id))
        plan = await ada_shelf.request.fetch(
            "EXPLAIN SELECT memory_id FROM memory_bits WHERE user_id = $1 AND space = 7 AND tier = ANY ($2) "
            "ORDER BY bits <~> $3 LIMIT 200",
            *(ada_shelf.user_id, ["associative"], asyncpg.BitString.frombytes(bytes(DIMENSIONS // 8), DIMENSIONS)),
        )
    told = "\n".join(row[0] for row in plan)
    assert "Index Only Scan using ix_memory_bits_search" in told
    assert "One-Time Filter" in told, "the wall is checked once, not for each row"
