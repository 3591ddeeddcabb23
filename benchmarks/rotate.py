"""Changing the master key for 10,000 users."""

import asyncio
import statistics
import time
from collections.abc import Callable
from uuid import UUID

import asyncpg

from app.keys.master_keys import MasterKeys, WrappedKey
from app.keys.rotate import KeyRotation
from app.kit.system_db import SystemDatabase
from benchmarks.ground import Ground
from benchmarks.people import populate
from benchmarks.report import Goal, Report
from benchmarks.rounds import Ratio, interleaved

ABOUT = "re-wrapping the data keys of 10,000 users with a new master key"
USERS = 10_000
GOAL_S = 60

BASELINE = "bare: SELECT all, wrap, executemany"
ROTATION = "KeyRotation.run"


class Rotations:
    """Every rotation is to a fresh master key, so that there is always everything to do."""

    def __init__(self, url: str, superuser_url: str, first: str) -> None:
        self._url, self._superuser_url, self._written, self._made = url, superuser_url, first, 1

    def _next(self) -> MasterKeys:
        self._made += 1
        self._written = f"{MasterKeys.make(f'k{self._made}')},{self._written.partition(',')[0]}"
        return MasterKeys.parse(self._written)

    def ours(self) -> float:
        return asyncio.run(self._ours(self._next()))

    def bare(self) -> float:
        return asyncio.run(self._bare(self._next()))

    async def _ours(self, keys: MasterKeys) -> float:
        system = SystemDatabase(self._url)
        try:
            before = time.perf_counter()
            done = await KeyRotation(system, keys).run(lambda _done, _total: None)
            took = time.perf_counter() - before
        finally:
            await system.close()
        if done.rewrapped != USERS:
            raise RuntimeError(f"{done.rewrapped} of {USERS} keys were re-wrapped")
        return took

    async def _bare(self, keys: MasterKeys) -> float:
        connection = await asyncpg.connect(self._superuser_url)
        try:
            before = time.perf_counter()
            async with connection.transaction():
                rows = await connection.fetch(
                    "SELECT user_id, version, master_key_id, wrapped_key FROM user_keys FOR UPDATE"
                )
                await connection.executemany(
                    "UPDATE user_keys SET master_key_id = $3, wrapped_key = $4 WHERE user_id = $1 AND version = $2",
                    [_rewrapped(keys, row) for row in rows],
                )
            return time.perf_counter() - before
        finally:
            await connection.close()


def _rewrapped(keys: MasterKeys, row: asyncpg.Record) -> tuple[UUID, int, str, bytes]:
    user_id, version = UUID(bytes=row["user_id"].bytes), int(row["version"])
    data_key = keys.unwrap(user_id, version, WrappedKey(row["master_key_id"], row["wrapped_key"]))
    wrapped = keys.wrap(user_id, version, data_key)
    return user_id, version, wrapped.master_key_id, wrapped.wrapped


def run(ground: Ground) -> Report:
    master_keys = MasterKeys.make()
    with ground.database("rotate") as database:
        populate(database, USERS, master_keys)
        rotations = Rotations(database.url, database.superuser_url, master_keys)
        measures: dict[str, Callable[[], float]] = {BASELINE: rotations.bare, ROTATION: rotations.ours}
        taken = interleaved(measures, ground.rounds)
    ratio = Ratio.of(taken[ROTATION], taken[BASELINE])
    took = statistics.median(taken[ROTATION])
    return Report(
        "rotate",
        ABOUT,
        ["", "seconds", "keys/s", "time over bare"],
        [
            [
                name,
                f"{statistics.median(values):.2f}",
                f"{USERS / statistics.median(values):,.0f}",
                "1" if name == BASELINE else str(ratio),
            ]
            for name, values in taken.items()
        ],
        [Goal(f"at most {GOAL_S} s", f"{took:.2f} s", took <= GOAL_S)],
        ["the baseline is one transaction, which no service could hold open; ours is one for each 500 keys"],
    )
