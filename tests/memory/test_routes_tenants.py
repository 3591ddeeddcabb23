"""Whose memory it is, and what a script may do with it."""

import io
import json
import zipfile
from typing import Any
from uuid import uuid4

from tests.conftest import Service
from tests.factories.memories import a_pattern, a_piece, an_episode
from tests.factories.people import Person


async def test_another_persons_memories_are_answered_like_none(service: Service, ada: Person, bob: Person) -> None:
    hers = {
        "core": (await ada.request("PUT", "/memory/core/home", json={"value": "Rome"})).json()["id"],
        "associative": await a_piece(service, ada),
        "episodic": await an_episode(service, ada),
        "proactive": await a_pattern(service, ada),
    }
    before = (await ada.get("/memory/export")).json()
    for tier, memory_id in hers.items():
        for method, body in (("GET", {}), ("PATCH", {"json": {"text": "his", "pinned": True}}), ("DELETE", {})):
            foreign, unknown = [
                await bob.request(method, f"/memory/{tier}/{each}", **body) for each in (memory_id, uuid4())
            ]
            assert (foreign.status_code, foreign.content) == (404, unknown.content)
    assert (await bob.delete("/memory")).json() == {"forgotten": 0}
    assert (await ada.get("/memory/export")).json() == before


async def test_a_memory_is_in_its_own_tier_only(service: Service, ada: Person) -> None:
    piece = await a_piece(service, ada)
    for tier in ("core", "episodic", "proactive"):
        assert (await ada.get(f"/memory/{tier}/{piece}")).status_code == 404
        assert (await ada.delete(f"/memory/{tier}/{piece}")).status_code == 404
    assert (await ada.get(f"/memory/associative/{piece}")).status_code == 200


async def test_all_of_it_takes_the_scope_memory(service: Service, ada: Person) -> None:
    piece = await a_piece(service, ada)
    asked: list[tuple[str, str, dict[str, Any]]] = [
        ("PUT", "/memory/core/home", {"json": {"value": "Rome"}}),
        ("GET", "/memory/core", {}),
        ("GET", "/memory/core/home", {}),
        ("PATCH", "/memory/core/home", {"json": {"pinned": True}}),
        ("DELETE", "/memory/core/home", {}),
        ("GET", "/memory/associative", {}),
        ("GET", "/memory/episodic", {}),
        ("GET", "/memory/proactive", {}),
        ("GET", "/memory/context", {"params": {"message": "Hello"}}),
        ("GET", "/memory/settings", {}),
        ("PUT", "/memory/settings", {"json": {"enabled": True}}),
        ("GET", "/memory/export", {}),
        ("GET", f"/memory/associative/{piece}", {}),
        ("PATCH", f"/memory/associative/{piece}", {"json": {"pinned": True}}),
        ("DELETE", f"/memory/associative/{piece}", {}),
        ("DELETE", "/memory", {}),
    ]
    told = {}
    for name, scopes in (("others", ["read", "chat", "agents", "storage", "device"]), ("memory", ["memory"])):
        key = (await ada.post("/auth/api-keys", json={"name": name, "scopes": scopes})).json()["key"]
        headers = {"Authorization": f"Bearer {key}"}
        told[name] = [
            (await service.http.request(method, path, headers=headers, **options)).status_code
            for method, path, options in asked
        ]
    assert set(told["others"]) == {403}
    assert set(told["memory"]) == {200, 204}


async def test_the_export_is_a_file_with_everything_and_its_history(service: Service, ada: Person, bob: Person) -> None:
    await ada.request("PUT", "/memory/core/home", json={"value": "Rome"})
    await ada.request("PUT", "/memory/core/home", json={"value": "Milan — 🏠"})
    turn = uuid4()
    for make in (a_piece, an_episode, a_pattern):
        await make(service, ada, runs=(turn,))
    await a_piece(service, bob, "Bob's own.")
    answer = await ada.get("/memory/export")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-disposition"] == 'attachment; filename="adiuva-memory.json"'
    found = answer.json()
    assert found["enabled"] is True
    for item in found["items"]:
        where = f"/memory/{item['tier']}/{item['id']}"
        assert (await ada.get(where)).json() == item
    assert sorted(each["tier"] for each in found["items"]) == ["associative", "core", "episodic", "proactive"]
    [core] = [each for each in found["items"] if each["tier"] == "core"]
    assert (core["value"], [version["text"] for version in core["history"]]) == ("Milan — 🏠", ["Rome"])
    assert "Bob" not in json.dumps(found)


async def test_the_accounts_export_holds_memories_in_clear_and_no_vectors(service: Service, ada: Person) -> None:
    for value in ("Rome", "Milan"):
        await ada.request("PUT", "/memory/core/home", json={"value": value})
    episode = await an_episode(service, ada, runs=(uuid4(),))
    pattern = await a_pattern(service, ada, evidence=(episode,))
    file = zipfile.ZipFile(io.BytesIO((await ada.get("/account/export")).content))
    found = {name: json.loads(file.read(name)) for name in file.namelist() if name.startswith("memor")}
    assert set(found) == {f"memor{rest}.json" for rest in ("ies", "y_versions", "y_turns", "y_evidence", "y_settings")}
    [home] = [json.loads(row["payload"]) for row in found["memories.json"] if row["tier"] == "core"]
    [before] = [json.loads(row["payload"]) for row in found["memory_versions.json"]]
    assert (home["value"], before["value"]) == ("Milan", "Rome")
    assert {home["key"], before["key"]} == {"home"}
    assert [row["memory_id"] for row in found["memory_turns.json"]] == [str(episode)]
    [shown] = found["memory_evidence.json"]
    assert (shown["memory_id"], shown["evidence_id"]) == (str(pattern), str(episode))
