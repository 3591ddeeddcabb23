"""The service is killed after a turn has ended and before it is remembered."""

from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.assistant.serving import home, kill, until_end
from tests.cli.service import RunningService
from tests.conftest import make_settings
from tests.devices.live import LiveService, live
from tests.devices.sockets import connected
from tests.factories.people import Person
from tests.factories.waiting import until
from tests.memory.remembered import items, remembered

FACTS = [
    "The Acme launch is in the old harbour hall on 3 March.",
    "Jon is on parental leave until May.",
    "Our fiscal year starts in April.",
    "We decided to drop the mobile app.",
    "The client wants more blue in the logo.",
    "Globex pays within thirty days.",
    "We deploy on Fridays.",
    "Eva presents the budget to the board.",
    "Northwind has signed the contract.",
    "The warehouse in Genoa closes in summer.",
    "Marta prefers phone calls.",
]
PEOPLE = 5
KILLS = (len(FACTS) - 1) * PEOPLE


def _rows(url: str, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(statement, values).fetchall()


def _sources(url: str, user_id: str, tier: str) -> list[list[UUID]]:
    """The turns of each memory of this tier."""
    rows = _rows(
        url,
        "SELECT array_agg(t.run_id) FROM memories m JOIN memory_turns t ON t.memory_id = m.id"
        " WHERE m.user_id = %s AND m.tier = %s GROUP BY m.id",
        user_id,
        tier,
    )
    return [row[0] for row in rows]


def _turns(url: str, user_id: str) -> list[UUID]:
    return [row[0] for row in _rows(url, "SELECT id FROM runs WHERE user_id = %s", user_id)]


def _once(url: str, user_id: str, said: int) -> None:
    """Every turn is in one session, and what was said in it, each time something else, is one memory that knows it."""
    turns = sorted(_turns(url, user_id))
    assert len(turns) == said
    assert sorted(run for runs in _sources(url, user_id, "episodic") for run in runs) == turns
    assert sorted(_sources(url, user_id, "associative")) == [[run] for run in turns]
    mentions = _rows(url, "SELECT mentions FROM memories WHERE user_id = %s AND tier = 'associative'", user_id)
    assert mentions == [(1,)] * said
    assert _rows(url, "SELECT run_id FROM memory_inbox WHERE user_id = %s", user_id) == []


async def _says_and_kills(service: LiveService, person: Person, number: int) -> None:
    async with connected(service, person, "laptop") as device:
        await device.send(home(f"r{number}", FACTS[number], session_id=f"session {number % 2}"))
        assert (await until_end(device, f"r{number}"))[-1]["status"] == "completed"
        await kill(service)


async def test_killed_after_the_end_of_each_turn_every_turn_is_remembered_once(
    fresh_database_url: str, fresh_superuser_url: str, tmp_path: Path
) -> None:
    base = make_settings(fresh_database_url, tmp_path)
    async with live(base) as service:
        ada = await service.person()
    for number in range(3):
        async with live(base) as service:
            await _says_and_kills(service, ada, number)
    async with live(base, with_worker=True) as service:
        ada.http = service.http
        await remembered(ada, 3)
        assert len(await items(ada, "episodic")) == 2
        user_id = await ada.id()
    _once(fresh_superuser_url, user_id, 3)


@pytest.mark.faults
async def test_killed_fifty_times_with_its_worker_every_turn_is_remembered_once(
    fresh_database_url: str, fresh_superuser_url: str, tmp_path: Path
) -> None:
    """With SIGKILL, in the moment in which the answer is there: the job has not begun, is under way, or has just ended."""
    settings = {"DATABASE_URL": fresh_database_url, "RATE_LIMITS": "off"}
    service = RunningService(tmp_path, as_typed=False, **settings).until_up()
    tokens = [service.register(f"person-{number}@example.com")["access_token"] for number in range(PEOPLE)]
    try:
        for number in range(KILLS):
            body = {"message": FACTS[number // PEOPLE]}
            answer = service.request("POST", "/chat", tokens[number % PEOPLE], json=body)
            service.kill()
            assert answer.status_code == 200, answer.text
            service = RunningService(tmp_path, as_typed=False, **settings).until_up()
        for token in tokens:
            assert service.request("POST", "/chat", token, json={"message": FACTS[-1]}).status_code == 200
        await until(lambda: not _rows(fresh_superuser_url, "SELECT run_id FROM memory_inbox"), within_s=180)
        users = [service.request("GET", "/auth/me", token).json()["id"] for token in tokens]
    finally:
        service.stop()
    for user_id in users:
        _once(fresh_superuser_url, user_id, len(FACTS))
