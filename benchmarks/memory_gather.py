"""How long a turn waits for what is remembered: of one user with many memories, one with some, a thousand with a few."""

import asyncio
import statistics
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

import asyncpg

from app.keys.master_keys import MasterKeys
from app.keys.vault import KeyVault
from app.kit.clock import SystemClock
from app.kit.db import Connection, Database
from app.memory.limits import MemoryLimits
from app.memory.memories import Memories
from app.memory.stores import Stores
from app.memory.vectors import Vectors
from benchmarks.ground import BenchmarkDatabase, Ground
from benchmarks.memory_asking import Answered, Asking, Questions
from benchmarks.memory_meanings import Meanings, Nearest
from benchmarks.memory_rows import Rememberer, memorize
from benchmarks.people import populate
from benchmarks.report import Goal, Report
from benchmarks.rounds import Ratio, interleaved, percentile

ABOUT = "Memories.gather: all four tiers for a turn (6 core, 8 by meaning, 5 sessions, 5 patterns), read and opened"
FEW, OTHERS = 100, 1_000
QUESTIONS = 200
EXACT_QUESTIONS = 20  # of the user with the most; a scan takes a while
NOTES = [
    "exact: the same rows' vectors in the order of their cosine, by user, as a superuser: no tiers, no wall, nothing opened",
    "recall: of the 8 that are nearest by exact cosine of the vectors before they were rotated and rounded, in float32",
]


@dataclass
class World:
    memories: Memories
    superuser: Connection
    asked: Mapping[int, Asking]  # by how much they remember


def run(ground: Ground) -> Report:
    many, some, others = (20_000, 5_000, OTHERS // 10) if ground.quick else (100_000, 10_000, OTHERS)
    with ground.database("gather") as database, asyncio.Runner() as runner:
        world = _world(database, [many, some, *[FEW] * others])
        measures = _measures(runner, runner.run(anext(world)), many)
        try:
            taken = interleaved(measures, ground.rounds)
        finally:
            runner.run(world.aclose())
    return _report(taken, [many, some, FEW])


def _measures(runner: asyncio.Runner, world: World, many: int) -> dict[str, Callable[[], Answered]]:
    def gather(asking: Asking) -> Answered:
        return runner.run(asking.gathering(world.memories, QUESTIONS))

    def exact(asking: Asking, count: int) -> Answered:
        return runner.run(asking.exactly(world.superuser, count))

    measures: dict[str, Callable[[], Answered]] = {}
    for size, asking in world.asked.items():
        measures[_gather(size)] = partial(gather, asking)
        measures[_exact(size)] = partial(exact, asking, EXACT_QUESTIONS if size == many else QUESTIONS)
    return measures


async def _world(database: BenchmarkDatabase, counts: Sequence[int]) -> AsyncGenerator[World, None]:
    master_keys = MasterKeys.make()
    people = await asyncio.to_thread(populate, database, len(counts), master_keys)
    meanings = Meanings(seed=1)
    questions = Questions(meanings.draw(QUESTIONS))
    vectors = Vectors(questions, "benchmark")
    db, superuser = Database(database.url), await asyncpg.connect(database.superuser_url)
    await db.open()
    try:
        stores = Stores(
            db, KeyVault(MasterKeys.parse(master_keys), SystemClock()), vectors, SystemClock(), MemoryLimits()
        )
        rememberers = [
            await _rememberer(stores, each.id, count, None if count in counts[:place] else Nearest(questions.vectors))
            for place, (each, count) in enumerate(zip(people, counts, strict=True))
        ]
        ids = await memorize(database.superuser_url, rememberers, meanings, vectors.space)
        asked = {each.memories: Asking(each, questions, ids) for each in rememberers if each.nearest is not None}
        yield World(Memories(stores), superuser, asked)
    finally:
        await superuser.close()
        await db.close()


async def _rememberer(stores: Stores, user_id: UUID, count: int, nearest: Nearest | None) -> Rememberer:
    keys = await stores.keys(user_id)
    return Rememberer(user_id, keys, stores.vectors.rotation(keys), count, nearest)


def _gather(size: int) -> str:
    return f"gather, {size:,}"


def _exact(size: int) -> str:
    return f"exact, {size:,}"


def _report(taken: Mapping[str, Sequence[Answered]], sizes: Sequence[int]) -> Report:
    many, some, few = sizes
    medians = {name: [statistics.median(each.took_ms) for each in rounds] for name, rounds in taken.items()}
    ratios = {size: Ratio.of(medians[_gather(size)], medians[_exact(size)]) for size in sizes}
    rows = [
        _row(name, taken[name], ratio)
        for size in sizes
        for name, ratio in ((_gather(size), str(ratios[size])), (_exact(size), "1"))
    ]
    recall = min(each.recall for size in sizes for each in taken[_gather(size)])
    short = sum(each.short for size in sizes for each in taken[_gather(size)])
    goals = [
        Goal(f"at {many:,} at most 1/6 of the exact scan", str(ratios[many]), ratios[many].median <= 1 / 6),
        Goal("recall@8 at least 0.99 at every size", f"{recall:.4f}", recall >= 0.99),
        Goal("never short", f"{short} questions", short == 0),
        _within(taken[_gather(some)], some, 3),
        _within(taken[_gather(few)], few, 1),
    ]
    return Report(
        "gather", ABOUT, ["memories", "p50 ms", "p95 ms", "p99 ms", "recall@8", "over exact"], rows, goals, NOTES
    )


def _row(name: str, rounds: Sequence[Answered], ratio: str) -> list[str]:
    spread = [_median(rounds, share) for share in (0.5, 0.95, 0.99)]
    return [name, *[f"{each:.2f}" for each in spread], f"{min(each.recall for each in rounds):.4f}", ratio]


def _within(rounds: Sequence[Answered], size: int, goal_ms: float) -> Goal:
    p95 = _median(rounds, 0.95)
    return Goal(f"p95 at {size:,} at most {goal_ms} ms", f"{p95:.2f} ms", p95 <= goal_ms)


def _median(rounds: Sequence[Answered], share: float) -> float:
    return statistics.median(percentile(each.took_ms, share) for each in rounds)
