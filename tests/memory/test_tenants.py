"""Two people who say the same, in sessions of the same name, at the same time: nothing of one is anywhere in the other's."""

import asyncio
from typing import Any

import psycopg
import pytest

from tests.devices.live import LiveService
from tests.factories.people import Person
from tests.memory.remembered import core, items, remembered, say, told

SAID = ["I live in Rome.", "The Acme launch is in the old harbour hall on 3 March.", "My manager is Eva."]


async def _tells_all(person: Person) -> None:
    for number, message in enumerate(SAID, 1):
        await say(person, message, session_id="monday")
        await remembered(person, number)
    await person.request("PUT", "/memory/core/answers", json={"value": "short"})


@pytest.fixture
async def both(remembering: LiveService) -> tuple[Person, Person]:
    ada, bob = await remembering.person(), await remembering.person()
    await asyncio.gather(_tells_all(ada), _tells_all(bob))
    return ada, bob


async def _stored(url: str, person: Person, statement: str) -> list[Any]:
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute(statement, [await person.id()]).fetchall()]


async def test_the_same_words_of_two_are_stored_as_different_vectors_slots_and_payloads(
    both: tuple[Person, Person], superuser_url: str
) -> None:
    for statement in (
        "SELECT embedding::text FROM memory_vectors WHERE user_id = %s",
        "SELECT bits::text FROM memory_bits WHERE user_id = %s",
        "SELECT slot FROM memories WHERE user_id = %s AND slot IS NOT NULL",
        "SELECT payload FROM memories WHERE user_id = %s",
    ):
        hers, his = [await _stored(superuser_url, person, statement) for person in both]
        assert len(hers) == len(his) >= 4, statement
        assert len(set(hers)) == len(hers), statement
        assert set(hers).isdisjoint(his), statement


async def test_what_one_changes_and_forgets_the_other_keeps(both: tuple[Person, Person]) -> None:
    ada, bob = both
    before = (await bob.get("/memory/export")).json()
    context = await told(bob, "When is the Acme launch?")
    for tier in ("core", "associative", "episodic"):
        hers, his = [{item["id"] for item in await items(person, tier)} for person in both]
        assert hers.isdisjoint(his)
    await ada.request("PUT", "/memory/core/home", json={"value": "Oslo"})
    await ada.delete("/memory/core/manager")
    await ada.delete("/memory?tier=episodic")
    await ada.request("PUT", "/memory/settings", json={"enabled": False})
    await ada.delete("/memory")
    assert (await bob.get("/memory/export")).json() == before
    assert await told(bob, "When is the Acme launch?") == context
    assert (await core(bob))["home"] == "Rome"


async def test_the_sources_of_a_memory_are_its_owners_turns(both: tuple[Person, Person], superuser_url: str) -> None:
    for person in both:
        runs = {str(run) for run in await _stored(superuser_url, person, "SELECT id FROM runs WHERE user_id = %s")}
        sources = {
            turn
            for tier in ("core", "associative", "episodic")
            for item in await items(person, tier)
            for turn in item["origin"]["turns"]
        }
        assert sources == runs
