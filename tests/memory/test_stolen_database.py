"""What somebody with a copy of the database learns of anybody's memory: nothing. And what writing to it brings them."""

import re
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import numpy as np
import orjson
import psycopg
import pytest
from numpy.typing import NDArray

from app.config import Settings
from app.keys.master_keys import MasterKeys, WrappedKey
from app.kit.crypto import CannotOpen, KeyRing, Place
from app.memory.records import TIERS, Tier
from app.offline.embeddings import vector_of
from tests.conftest import Cluster, make_settings
from tests.devices.live import LiveService, live
from tests.factories.approvals import an_approval
from tests.factories.memories import a_pattern, a_piece, a_turn_to_remember, an_episode, stores_of
from tests.factories.people import Person
from tests.factories.rows import Dump, dump, values
from tests.memory.remembered import remembered, say

PUT, CORRECTED, TURNS, WAITING = 9, 6, 5, 4
SEALED = {"memories": ("payload", "id"), "memory_versions": ("payload", "id"), "memory_inbox": ("said", "run_id")}


@dataclass
class Planted:
    """Sentences, each with a word that stands nowhere else."""

    owner: Person
    sentences: list[str] = field(default_factory=list)

    def new(self, sentence: str) -> str:
        self.sentences.append(sentence.format(f"canary{uuid4().hex[:12]}"))
        return self.sentences[-1]

    @property
    def words(self) -> list[str]:
        return [word.strip(".,:") for each in self.sentences for word in each.split() if word.startswith("canary")]

    async def put(self, path: str, method: str, **body: Any) -> None:
        answer = await self.owner.request(method, path, json=body)
        assert answer.status_code == 200, answer.text


async def plant(service: LiveService, owner: Person) -> Planted:
    planted = Planted(owner)
    for number in range(PUT):
        for sentence in ("my old answer is {}", "my new answer is {}"):
            await planted.put(f"/memory/core/thing%20{number}", "PUT", value=planted.new(sentence))
    for number in range(TURNS):
        await say(
            owner, planted.new("The {} launch is in the old harbour hall on 3 March."), session_id=str(number % 3)
        )
    await remembered(owner, TURNS)
    made = (("associative", a_piece), ("episodic", an_episode), ("proactive", a_pattern))
    for number in range(CORRECTED):
        tier, make = made[number % 3]
        memory_id = await make(service, owner, planted.new("The {} contract ends in spring."))
        await planted.put(f"/memory/{tier}/{memory_id}", "PATCH", text=planted.new("The {} contract ends in autumn."))
    for _ in range(WAITING):
        await a_turn_to_remember(service, owner, planted.new("My manager is {}."))
    secret = planted.new("The {} budget is short.")
    key = planted.new("{}")
    await an_approval(
        service, owner, tool="update_core_memory", action="update", summary=secret, args={"key": key, "value": secret}
    )
    return planted


@dataclass
class Stolen:
    service: LiveService
    planted: Planted
    superuser_url: str
    user_id: str
    rows: Dump

    def of(self, table: str) -> list[dict[str, Any]]:
        return [row for row in self.rows[table] if str(row["user_id"]) == self.user_id]

    def keys(self, settings: Settings) -> KeyRing:
        """What a holder of the master keys makes of the wrapped data keys."""
        assert settings.master_keys is not None
        master = MasterKeys.parse(settings.master_keys.get_secret_value())
        return KeyRing(
            {
                row["version"]: master.unwrap(
                    UUID(self.user_id), row["version"], WrappedKey(row["master_key_id"], bytes(row["wrapped_key"]))
                )
                for row in self.of("user_keys")
            }
        )


@pytest.fixture(scope="module")
async def stolen(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stolen]:
    name = f"stolen_{uuid4().hex}"
    url = cluster.clone(name)
    folder: Path = tmp_path_factory.mktemp("stolen")
    async with live(make_settings(url, folder), with_worker=True) as service:
        owner = await service.person()
        planted = await plant(service, owner)
        superuser_url = cluster.as_superuser(url)
        yield Stolen(service, planted, superuser_url, await owner.id(), dump(superuser_url))
    cluster.drop(name)


async def test_no_planted_word_stands_in_any_column(stolen: Stolen) -> None:
    words = stolen.planted.words
    assert len(set(words)) >= 40
    found = {
        (place, word)
        for place, value in values(stolen.rows)
        for word in words
        for form in (word, word.upper(), word.encode().hex())
        if form.encode() in value
    }
    assert found == set()


async def test_with_the_users_key_every_word_is_there(stolen: Stolen) -> None:
    """So it is the key that keeps them from others, and not that nothing was kept."""
    keys = stolen.keys(stolen.service.settings)
    opened = [
        await keys.open_bytes(Place(table, column, row[name]), bytes(row[column]))
        for table, (column, name) in SEALED.items()
        for row in stolen.of(table)
    ]
    said = b"".join(opened).decode()
    in_the_approval = 2
    assert [word for word in stolen.planted.words[:-in_the_approval] if word not in said] == []
    assert len(stolen.of("memory_inbox")) == WAITING
    assert len(stolen.of("memory_versions")) >= PUT + CORRECTED


def _vectors(stolen: Stolen) -> NDArray[np.float64]:
    return _units([orjson.loads(str(row["embedding"])) for row in stolen.of("memory_vectors")])


def _signs(stolen: Stolen) -> NDArray[np.float64]:
    return _units([[1.0 if bit == "1" else -1.0 for bit in str(row["bits"])] for row in stolen.of("memory_bits")])


def _units(rows: Iterable[list[float]]) -> NDArray[np.float64]:
    found = np.array(list(rows))
    units: NDArray[np.float64] = found / np.linalg.norm(found, axis=1, keepdims=True)
    return units


@pytest.mark.parametrize("stored", [_vectors, _signs])
async def test_no_stored_vector_is_near_what_was_said(stolen: Stolen, stored: Any) -> None:
    """Nor near any word of it; with the key they lie on each other."""
    said = stolen.planted.sentences
    embedded = np.array([vector_of(text) for text in said + stolen.planted.words])
    there = stored(stolen)
    assert there.shape == (len(stolen.of("memories")), 1536)
    assert float(np.abs(embedded @ there.T).max()) < 0.5
    rotation = stores_of(stolen.service).vectors.rotation(stolen.keys(stolen.service.settings))
    assert float((rotation.rotated(embedded) @ there.T).max()) > 0.75


async def test_no_slot_or_name_is_the_plain_hash_of_a_key(stolen: Stolen) -> None:
    """Two people with the same keys have other slots: nobody can try keys out."""
    other = await stolen.service.person()
    for number in range(PUT):
        await other.request("PUT", f"/memory/core/thing%20{number}", json={"value": "x"})
    everybody = {bytes(row["slot"]) for row in stolen.of("memories") if row["slot"] is not None}
    with psycopg.connect(stolen.superuser_url) as connection:
        theirs = connection.execute("SELECT slot FROM memories WHERE user_id = %s", [await other.id()]).fetchall()
    assert len(theirs) == PUT
    assert everybody.isdisjoint(bytes(row[0]) for row in theirs)


async def test_a_payload_opens_at_its_own_place_only(stolen: Stolen) -> None:
    keys = stolen.keys(stolen.service.settings)
    all_places = [
        (Place(table, column, row[name]), bytes(row[column]))
        for table, (column, name) in SEALED.items()
        for row in stolen.of(table)[:6]
    ]
    for place, sealed in all_places:
        assert await keys.open_bytes(place, sealed)
        for other, _ in all_places:
            if other != place:
                with pytest.raises(CannotOpen):
                    await keys.open_bytes(other, sealed)
    stranger = stores_of(stolen.service)
    theirs = await stranger.keys(UUID(await (await stolen.service.person()).id()))
    for place, sealed in all_places:
        with pytest.raises(CannotOpen):
            await theirs.open_bytes(place, sealed)


# Written to


async def _ids(service: LiveService, owner: Person) -> dict[str, str]:
    """A memory of each tier, and a version of the core one."""
    for value in ("Rome", "Milan"):
        item = (await owner.request("PUT", "/memory/core/home", json={"value": value})).json()
    return {
        "core": item["id"],
        "associative": str(await a_piece(service, owner)),
        "episodic": str(await an_episode(service, owner)),
        "proactive": str(await a_pattern(service, owner)),
    }


MOVES = {
    "another row": "SELECT payload FROM memories WHERE user_id = %(ada)s AND id <> %(id)s AND tier = %(tier)s",
    "another tier": "SELECT payload FROM memories WHERE user_id = %(ada)s AND tier <> %(tier)s",
    "another user": "SELECT payload FROM memories WHERE user_id = %(bob)s AND tier = %(tier)s",
    "the history": "SELECT payload FROM memory_versions WHERE user_id = %(ada)s",
}


@pytest.fixture(scope="module")
async def victims(shared_remembering: LiveService) -> tuple[Person, Person, dict[str, str]]:
    """Two people with memories in every tier, and the first one's ids."""
    ada, bob = [await shared_remembering.person() for _ in range(2)]
    hers = await _ids(shared_remembering, ada)
    await _ids(shared_remembering, bob)
    await ada.request("PUT", "/memory/core/manager", json={"value": "Eva"})
    for make in (a_piece, an_episode, a_pattern):
        await make(shared_remembering, ada)
    return ada, bob, hers


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("moved", MOVES)
async def test_a_payload_that_was_moved_is_refused_and_shows_nothing(
    victims: tuple[Person, Person, dict[str, str]], superuser_url: str, tier: Tier, moved: str
) -> None:
    ada, bob, hers = victims
    named = {"ada": await ada.id(), "bob": await bob.id(), "id": hers[tier], "tier": tier}
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        was = connection.execute("SELECT payload FROM memories WHERE id = %(id)s", named).fetchone()
        put = connection.execute(f"UPDATE memories SET payload = ({MOVES[moved]} LIMIT 1) WHERE id = %(id)s", named)
        assert (was is not None, put.rowcount) == (True, 1)
        for path in (f"/memory/{tier}/{hers[tier]}", f"/memory/{tier}"):
            _refused(await ada.get(path))
        _left_out((await ada.get("/memory/export")).json(), hers, tier)
        _refused(await ada.request("PATCH", f"/memory/{tier}/{hers[tier]}", json={"text": "Oslo"}))
        assert (await bob.get(f"/memory/{tier}")).status_code == 200
        connection.execute("UPDATE memories SET payload = %s WHERE id = %s", [was[0] if was else b"", hers[tier]])
    assert (await ada.get(f"/memory/{tier}/{hers[tier]}")).status_code == 200


def _refused(answer: httpx.Response) -> None:
    assert answer.json()["code"] == "data_unreadable"
    assert not {"Rome", "Milan", "Eva", "Acme", "tasks", "Mondays"} & set(re.findall(r"\w+", answer.text))


def _left_out(exported: dict[str, Any], hers: dict[str, str], tier: Tier) -> None:
    """Of what was moved the export says that it is there, and what of all others they say."""
    unreadable = [each for each in exported["items"] if each.get("unreadable")]
    assert [(each["id"], each["tier"]) for each in unreadable] == [(hers[tier], tier)]
    assert not {"key", "value", "content", "summary", "source"} & unreadable[0].keys()
    assert {each["id"] for each in exported["items"]} >= set(hers.values())
    assert all("unreadable" not in each for each in exported["items"] if each["id"] != hers[tier])


@pytest.mark.parametrize(("tier", "other"), [("associative", "proactive"), ("proactive", "associative")])
async def test_a_row_whose_tier_was_changed_is_told_and_shown_to_nobody(
    remembering: LiveService, superuser_url: str, tier: Tier, other: Tier
) -> None:
    """Both have a text under the same name."""
    ada = await remembering.person()
    hers = await _ids(remembering, ada)
    with psycopg.connect(superuser_url) as connection:
        confidence = 0.9 if other == "proactive" else None
        moved = {"id": hers[tier], "tier": other, "confidence": confidence}
        connection.execute("UPDATE memories SET tier = %(tier)s, confidence = %(confidence)s WHERE id = %(id)s", moved)
        connection.execute("UPDATE memory_bits SET tier = %(tier)s WHERE memory_id = %(id)s", moved)
    _refused(await ada.get(f"/memory/{other}/{hers[tier]}"))
    told = (await ada.get("/memory/context", params={"message": "When is the Acme launch? Monday plans"})).json()
    assert hers[tier] not in [each["id"] for each in told["items"]]
    assert hers[other] in [each["id"] for each in told["items"]]


async def test_a_core_memory_that_was_damaged_can_be_written_over(remembering: LiveService, superuser_url: str) -> None:
    ada = await remembering.person()
    await _ids(remembering, ada)
    with psycopg.connect(superuser_url) as connection:
        connection.execute(
            "UPDATE memories SET payload = 'moved' WHERE user_id = %s AND tier = 'core'", [await ada.id()]
        )
    _refused(await ada.get("/memory/core/home"))
    answer = await ada.request("PUT", "/memory/core/home", json={"value": "Oslo"})
    assert (answer.status_code, answer.json()["value"]) == (200, "Oslo")
    one = (await ada.get("/memory/core/home")).json()
    assert (one["value"], [each["text"] for each in one["history"]]) == ("Oslo", ["Rome"])


async def test_with_a_payload_that_was_moved_everything_can_still_be_forgotten(
    remembering: LiveService, superuser_url: str
) -> None:
    ada = await remembering.person()
    hers = await _ids(remembering, ada)
    with psycopg.connect(superuser_url) as connection:
        connection.execute("UPDATE memories SET payload = 'moved' WHERE id = %s", [hers["episodic"]])
    assert (await ada.delete("/memory")).json() == {"forgotten": len(hers)}
    assert (await ada.get("/memory/episodic")).json()["items"] == []


async def test_a_payload_moved_into_the_history_is_refused(remembering: LiveService, superuser_url: str) -> None:
    ada = await remembering.person()
    hers = await _ids(remembering, ada)
    with psycopg.connect(superuser_url) as connection:
        connection.execute(
            "UPDATE memory_versions v SET payload = m.payload FROM memories m WHERE m.id = v.memory_id AND m.id = %s",
            [hers["core"]],
        )
    answer = await ada.get("/memory/core/home")
    assert answer.json()["code"] == "data_unreadable"
    assert (await ada.get("/memory/core")).json()["items"][0]["value"] == "Milan"
