"""The master key is changed while people are remembered; cut short, it is done again. Nothing becomes unreadable."""

import asyncio
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any, Self

import pytest

from app.keys.master_keys import MasterKeys
from app.keys.rotate import BATCH
from tests.cli.service import Running, RunningService, run
from tests.conftest import Service
from tests.factories.people import Person
from tests.factories.waiting import until
from tests.keys.test_rotation import K1, K2, fill, rotation, wrapped_by
from tests.memory.remembered import core, remembered, say, told

LAUNCH = "The Acme launch is in the old harbour hall on 3 March."


class PowerCut(Exception): ...


class Load:
    """People who say and write things until they are stopped, and what they have been told is kept."""

    def __init__(self, people: Sequence[Person]) -> None:
        self.people = people
        self.turns = dict.fromkeys((each.email for each in people), 1)
        self.values: dict[str, str] = {}

    async def __aenter__(self) -> Self:
        self._writing = [asyncio.create_task(self._writes(person)) for person in self.people]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._enough = True
        await asyncio.gather(*self._writing)

    _enough = False

    async def _writes(self, person: Person) -> None:
        for number in count():
            if self._enough and number > 1:
                return
            value = f"value {number}"
            answer = await person.request("PUT", "/memory/core/thing", json={"value": value})
            assert answer.status_code == 200, answer.text
            self.values[person.email] = value
            await say(person, LAUNCH, session_id=str(number))
            self.turns[person.email] += 1

    async def check(self, service: Service) -> None:
        """Everything is there, by key, by meaning and by session, with its history."""
        for person in self.people:
            person.http = service.http
            assert await core(person) == {"home": "Rome", "thing": self.values[person.email]}
            assert "harbour" in await told(person, "Where is the Acme launch?")
            export = await person.get("/memory/export")
            assert export.status_code == 200, export.text
            assert any(item.get("history") for item in export.json()["items"])


async def _settled(service: Service) -> list[Person]:
    people = [await service.person() for _ in range(2)]
    for person in people:
        await say(person, "I live in Rome.")
        await remembered(person)
    return people


async def test_changed_under_load_and_cut_half_way_everything_stays_readable(
    own_service: Callable[..., Any], fresh_superuser_url: str
) -> None:
    async with own_service(master_keys=K1) as service:
        people = await _settled(service)
    fill(fresh_superuser_url, 2 * BATCH)

    def cut(done: int, total: int) -> None:
        raise PowerCut

    async with own_service(master_keys=f"{K2},{K1}") as service:
        for person in people:
            person.http = service.http
        async with rotation(service.settings.database_url, _keys(service)) as rotate, Load(people) as load:
            with pytest.raises(PowerCut):
                await rotate.run(cut)
            assert set(wrapped_by(fresh_superuser_url)) == {"k1", "k2"}
            service.clock.move(minutes=2)  # what was unwrapped before is forgotten
            await rotate.run(lambda *_: None)
        for person in people:
            await remembered(person, load.turns[person.email])
        await load.check(service)
    assert set(wrapped_by(fresh_superuser_url)) == {"k2"}
    async with own_service(master_keys=K2) as service:
        await load.check(service)


def _keys(service: Service) -> MasterKeys:
    assert service.settings.master_keys is not None
    return MasterKeys.parse(service.settings.master_keys.get_secret_value())


@pytest.mark.faults
async def test_killed_outright_while_people_are_remembered_it_is_done_again(
    fresh_database_url: str, fresh_superuser_url: str, tmp_path: Path
) -> None:
    settings = {"DATABASE_URL": fresh_database_url, "RATE_LIMITS": "off", "MASTER_KEYS": K1}
    service = RunningService(tmp_path, as_typed=False, **settings).until_up()
    token = service.register("ada@example.com")["access_token"]
    _writes(service, token, range(5))
    assert service.stop() == 0
    fill(fresh_superuser_url, 20 * BATCH)
    settings["MASTER_KEYS"] = f"{K2},{K1}"
    service = RunningService(tmp_path, as_typed=False, **settings).until_up()
    rotating = Running(tmp_path, "keys", "rotate", as_typed=False, **settings)
    await until(lambda: wrapped_by(fresh_superuser_url)["k2"], within_s=60)
    rotating.kill()
    assert wrapped_by(fresh_superuser_url)["k1"]
    _writes(service, token, range(5, 10))
    again = asyncio.to_thread(run, tmp_path, "keys", "rotate", **settings)
    rotated, _ = await asyncio.gather(again, asyncio.to_thread(_writes, service, token, range(10, 20)))
    assert rotated.returncode == 0, rotated.stderr
    assert service.stop() == 0
    settings["MASTER_KEYS"] = K2
    service = RunningService(tmp_path, as_typed=False, **settings).until_up()
    items = service.request("GET", "/memory/core", token).json()["items"]
    assert [(f"thing {n}", f"value {n}") in [(item["key"], item["value"]) for item in items] for n in range(20)] == [
        True
    ] * 20

    def turns() -> int:
        found = service.request("GET", "/memory/episodic", token).json()["items"]
        return sum(len(item["origin"]["turns"]) for item in found)

    await until(lambda: turns() == 20, within_s=60)
    assert service.stop() == 0


def _writes(service: RunningService, token: str, numbers: range) -> None:
    for number in numbers:
        body = {"value": f"value {number}"}
        assert service.request("PUT", f"/memory/core/thing%20{number}", token, json=body).status_code == 200
        answer = service.request("POST", "/chat", token, json={"message": LAUNCH, "session_id": "monday"})
        assert answer.status_code == 200, answer.text
