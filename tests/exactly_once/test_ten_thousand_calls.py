"""10,000 changes for ten people while their connections are cut, their devices restarted, their answers doubled and the
service killed (SIGKILL) again and again: nothing twice, nothing reported done that was not, nothing of anybody else's."""

import asyncio
import os
import random
import sys
import time
from collections import Counter
from pathlib import Path

import httpx
import pytest

from device import Levers
from tests.cli.service import RunningService
from tests.conftest import Cluster
from tests.exactly_once.witness import check, ledger
from tests.exactly_once.world import Served, World

CALLS = int(os.environ.get("ADIUVA_FAULT_CALLS", "10000"))
PEOPLE = 10
IN_FLIGHT = 6  # of each person
KILL_EVERY_S = 8.0


class Killed(Served):
    """A service in a process of its own, which is killed for real."""

    def __init__(self, data_dir: Path, database_url: str) -> None:
        self._data_dir, self._database_url = data_dir, database_url
        self._running = self._run()
        self.port = self._running.port
        self.kills = 0

    def _run(self, **settings: str) -> RunningService:
        settings |= {"DATABASE_URL": self._database_url, "RATE_LIMITS": "off"}
        return RunningService(self._data_dir, as_typed=False, **settings).until_up()

    async def kill_and_start(self) -> None:
        self._running.kill()
        self.kills += 1
        self._running = await asyncio.to_thread(self._run, PORT=str(self.port))

    def end(self) -> None:
        assert self._running.stop() == 0, self._running.said()

    def errors(self) -> list[str]:
        logs = "".join(log.read_text() for log in self._data_dir.glob("serve-*.log"))
        return [line for line in logs.splitlines() if "[error" in line or "Traceback" in line]


@pytest.mark.faults
async def test_ten_thousand_changes_survive_everything(
    cluster: Cluster, fresh_database_url: str, fresh_superuser_url: str, tmp_path: Path
) -> None:
    served = Killed(tmp_path, fresh_database_url)
    try:
        await _survive(served, fresh_superuser_url, tmp_path)
    finally:
        served.end()
    assert served.errors() == []


async def _survive(served: Killed, fresh_superuser_url: str, tmp_path: Path) -> None:
    limits = httpx.Limits(max_connections=200)
    async with httpx.AsyncClient(base_url=f"{served.url}/api/v1", timeout=40, limits=limits) as http:
        worlds = [World(served, tmp_path / f"home-{n}", http, _unlucky(n)) for n in range(PEOPLE)]
        for world in worlds:
            await world.begin()
        accidents = asyncio.create_task(_accidents(served, worlds))
        await asyncio.gather(*(_ask_for_much(world, CALLS // PEOPLE, random.Random(world.user_id)) for world in worlds))
        accidents.cancel()
        await asyncio.wait([accidents])
        for world in worlds:
            await world.quiet(lambda world=world: "pending" in ledger(fresh_superuser_url, world.user_id).values())
            check(world.changes, world.witness, ledger(fresh_superuser_url, world.user_id))
            assert all(row["title"].startswith(world.user_id[:8]) for row in world.device.store.rows("tasks"))
        told = Counter(change.told for world in worlds for change in world.changes)
        counts = [world.device.counts for world in worlds]
        sys.stderr.write(
            f"\n{sum(told.values())} changes, told {dict(told)}; service killed {served.kills} times; "
            f"{sum(world.device.connections for world in worlds)} connections; "
            f"{sum(each.repeats for each in counts)} repeats answered from journals; "
            f"{sum(each.effects for each in counts)} effects\n"
        )
        assert served.kills >= 3
        assert sum(each.repeats for each in counts) > 0
        assert told[200] > CALLS / 2
        for world in worlds:
            await world.end()


def _unlucky(n: int) -> Levers:
    return Levers(
        cut_before_chance=0.005,
        cut_after_chance=0.005,
        duplicate=n % 2,
        reorder=2 if n % 3 == 0 else 0,
        dice=random.Random(n),
    )


async def _ask_for_much(world: World, calls: int, dice: random.Random) -> None:
    rows: list[tuple[str, str]] = []
    for _ in range(calls):
        while len(world._asking) >= IN_FLIGHT:
            await asyncio.wait(world._asking, return_when=asyncio.FIRST_COMPLETED)
        await world.device.ready(60)  # to be told that it is offline is no accident worth counting
        kind = dice.random()
        if rows and kind < 0.3:
            row_id, _ = dice.choice(rows)
            tag = world.tag()
            await world.ask("update", tag, data={"id": row_id, "updates": {"description": tag}})
        elif rows and kind < 0.45:
            row_id, tag = rows.pop(dice.randrange(len(rows)))
            await world.ask("delete", tag, data={"id": row_id})
        else:
            tag = world.tag()
            await world.ask("insert", tag, data={"title": tag})
        rows += [
            (change.answer["row"]["id"], change.tag)
            for change in world.changes[-30:-20]
            if change.action == "insert" and change.told == 200 and change.answer and dice.random() < 0.5
        ]
        rows = list(
            {*rows} - {(each.body["data"]["id"], each.tag) for each in world.changes if each.action == "delete"}
        )


async def _accidents(served: Killed, worlds: list[World]) -> None:
    dice, last_kill = random.Random(7), time.monotonic()
    while True:
        await asyncio.sleep(0.3)
        world = dice.choice(worlds)
        if time.monotonic() - last_kill > KILL_EVERY_S:
            await served.kill_and_start()
            last_kill = time.monotonic()
        elif dice.random() < 0.3:
            await world.device.restart()
        else:
            world.device.cut()
