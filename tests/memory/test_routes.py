"""Memory over HTTP: seen, searched, corrected, forgotten, switched off."""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.conftest import Service
from tests.factories.memories import LAUNCH, PATTERN, SESSION, a_pattern, a_piece, a_turn_to_remember, an_episode
from tests.factories.people import Person
from tests.factories.rows import dump, of_user

MAKERS: dict[str, Callable[..., Awaitable[UUID]]] = {
    "associative": a_piece,
    "episodic": an_episode,
    "proactive": a_pattern,
}
TEXT = {"associative": "content", "episodic": "summary", "proactive": "content"}
each_tier = pytest.mark.parametrize("tier", MAKERS)


async def listed(person: Person, tier: str, **parameters: Any) -> list[dict[str, Any]]:
    answer = await person.get(f"/memory/{tier}", params=parameters)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def told(person: Person, message: str) -> str:
    answer = await person.get("/memory/context", params={"message": message})
    assert answer.status_code == 200, answer.text
    text: str = answer.json()["text"]
    return text


async def test_a_piece_says_what_it_is_about_and_where_it_was_said(service: Service, ada: Person) -> None:
    turn = uuid4()
    piece = await a_piece(service, ada, runs=(turn,), entity_type="project", entity_id="p1")
    [found] = await listed(ada, "associative")
    assert found["created_at"] == found["updated_at"]
    assert found | {"created_at": 0, "updated_at": 0} == {
        "id": str(piece),
        "content": LAUNCH,
        "entity_type": "project",
        "entity_id": "p1",
        "score": None,
        "pinned": False,
        "mentions": 1,
        "created_at": 0,
        "updated_at": 0,
        "origin": {"written_by": "extractor", "turns": [str(turn)]},
    }


async def test_an_episode_says_when_its_session_began(service: Service, ada: Person) -> None:
    episode = await an_episode(service, ada)
    service.clock.move(minutes=5)
    await ada.request("PATCH", f"/memory/episodic/{episode}", json={"summary": "Talked of Acme."})
    [found] = await listed(ada, "episodic")
    assert (found["id"], found["summary"]) == (str(episode), "Talked of Acme.")
    assert 295_000 < found["updated_at"] - found["started_at"] < 320_000


async def test_a_pattern_says_how_sure_it_is_and_what_shows_it(service: Service, ada: Person) -> None:
    await a_pattern(service, ada, confidence=0.7)
    [found] = await listed(ada, "proactive")
    assert (found["content"], found["confidence"], found["source"]) == (
        PATTERN,
        0.7,
        "4 sessions on Mondays in November",
    )
    assert found["origin"] == {"written_by": "reflection", "turns": []}


@each_tier
async def test_the_newest_come_first_and_in_pages(service: Service, ada: Person, tier: str) -> None:
    made = []
    for _ in range(3):
        made.append(str(await MAKERS[tier](service, ada)))
        service.clock.move(seconds=1)
    pages = [(await ada.get(f"/memory/{tier}", params={"page": page, "limit": 2})).json() for page in (1, 2)]
    assert [each["id"] for page in pages for each in page["items"]] == made[::-1]
    assert [(page["total"], page["page"], page["limit"]) for page in pages] == [(3, 1, 2), (3, 2, 2)]


async def test_a_question_finds_the_nearest_by_meaning_first(service: Service, ada: Person, bob: Person) -> None:
    await a_piece(service, ada, "The dentist is in Via Roma.")
    launch = await a_piece(service, ada)
    await a_piece(service, bob, "Bob's own launch of Acme is on 3 March.")
    answer = (await ada.get("/memory/associative", params={"q": "When is the Acme launch?", "limit": 5})).json()
    found = answer["items"]
    assert found[0]["id"] == str(launch)
    assert 0.15 <= found[0]["score"] <= 1
    assert [each["score"] for each in found] == sorted((each["score"] for each in found), reverse=True)
    assert (answer["total"], answer["page"], answer["limit"]) == (len(found), 1, 5)
    assert "Bob" not in json.dumps(answer)
    assert await listed(ada, "associative", q="When is the Acme launch?", page=2) == []


async def test_an_empty_question_asks_for_the_newest(service: Service, ada: Person) -> None:
    await a_piece(service, ada)
    [found] = await listed(ada, "associative", q="  ")
    assert found["score"] is None


@each_tier
async def test_a_correction_holds_at_once_and_the_old_words_become_history(
    service: Service, ada: Person, tier: str
) -> None:
    memory_id = await MAKERS[tier](service, ada)
    path = f"/memory/{tier}/{memory_id}"
    before = (await ada.get(path)).json()
    assert (before["tier"], before["history"]) == (tier, [])
    answer = await ada.request("PATCH", path, json={TEXT[tier]: "The zebra is striped.", "pinned": True})
    assert answer.status_code == 200, answer.text
    after = (await ada.get(path)).json()
    assert after == answer.json() | {"history": after["history"]}
    assert (after[TEXT[tier]], after["pinned"], after["origin"]["written_by"]) == (
        "The zebra is striped.",
        True,
        "user",
    )
    [version] = after["history"]
    assert (version["text"], version["why"]) == (before[TEXT[tier]], "corrected")
    assert version["written_by"] == before["origin"]["written_by"]
    assert "The zebra is striped." in await told(ada, "What about the zebra?")


@each_tier
async def test_what_a_correction_leaves_out_stays(service: Service, ada: Person, tier: str) -> None:
    path = f"/memory/{tier}/{await MAKERS[tier](service, ada)}"
    before = (await ada.get(path)).json()
    for body in ({}, {"text": None, "pinned": None}, {"unknown": 1}):
        assert (await ada.request("PATCH", path, json=body)).status_code == 200
    assert (await ada.get(path)).json() == before


@pytest.mark.parametrize("text", ["", "   ", pytest.param("x" * 2001, id="long"), "\x00", "\ud800", 7, ["a"]])
async def test_a_correction_that_is_none(service: Service, ada: Person, text: Any) -> None:
    path = f"/memory/associative/{await a_piece(service, ada)}"
    body = json.dumps({"content": text}).encode()
    answer = await ada.request("PATCH", path, content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert (await ada.get(path)).json()["content"] == LAUNCH


async def test_a_summary_is_shorter_than_a_piece(service: Service, ada: Person) -> None:
    body = {"text": "x" * 1201}
    episode, piece = await an_episode(service, ada), await a_piece(service, ada)
    refused = await ada.request("PATCH", f"/memory/episodic/{episode}", json=body)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "body.text")
    assert (await ada.request("PATCH", f"/memory/associative/{piece}", json=body)).status_code == 200


@each_tier
async def test_what_is_forgotten_is_nowhere_any_more(
    service: Service, ada: Person, tier: str, superuser_url: str
) -> None:
    memory_id = await MAKERS[tier](service, ada)
    path = f"/memory/{tier}/{memory_id}"
    await ada.request("PATCH", path, json={"text": "The zebra is striped."})
    assert (await ada.delete(path)).status_code == 204
    assert await listed(ada, tier) == []
    assert await listed(ada, "associative", q="The zebra is striped.") == []
    assert await told(ada, "The zebra is striped.") == ""
    for method in ("GET", "DELETE"):
        assert (await ada.request(method, path)).status_code == 404
    held = of_user(dump(superuser_url), str(memory_id))
    assert held.keys() <= {"procrastinate_jobs", "procrastinate_events"}


async def test_a_tier_is_forgotten_without_the_others(service: Service, ada: Person) -> None:
    for make in MAKERS.values():
        await make(service, ada)
    answer = await ada.delete("/memory", params={"tier": "associative"})
    assert (answer.status_code, answer.json()) == (200, {"forgotten": 1})
    assert [len(await listed(ada, tier)) for tier in MAKERS] == [0, 1, 1]


async def test_everything_is_forgotten_even_what_waits_to_be_remembered(
    service: Service, ada: Person, bob: Person, superuser_url: str
) -> None:
    for make in MAKERS.values():
        await make(service, ada)
    await ada.request("PUT", "/memory/core/home", json={"value": "Rome"})
    await a_turn_to_remember(service, ada)
    his = await a_piece(service, bob)
    assert (await ada.delete("/memory")).json() == {"forgotten": 4}
    assert (await ada.get("/memory/core")).json() == {"items": []}
    assert await told(ada, LAUNCH) == ""
    held = of_user(dump(superuser_url), await ada.id())
    assert {table for table in held if table.startswith("memor")} == {"memory_settings", "memory_struck"}
    assert (await ada.delete("/memory")).json() == {"forgotten": 0}
    assert [each["id"] for each in await listed(bob, "associative")] == [str(his)]


async def test_the_context_is_what_a_turn_is_told(service: Service, ada: Person) -> None:
    await ada.request("PUT", "/memory/core/answers", json={"value": "short"})
    piece, episode, pattern = [await make(service, ada) for make in MAKERS.values()]
    await a_pattern(service, ada, "Drinks tea at four.", confidence=0.5)
    answer = (await ada.get("/memory/context", params={"message": "When is the Acme launch?"})).json()
    today = f"{service.clock.now():%Y-%m-%d}"
    assert answer["text"].split("\n") == [
        "## About the user",
        "- answers: short",
        "## Said before",
        f"- {LAUNCH} ({today})",
        "## Earlier sessions",
        f"- {today}: {SESSION}",
        "## Habits",
        f"- {PATTERN} (confidence 0.8)",
    ]
    tiers = [(each["tier"], each["id"]) for each in answer["items"]]
    assert tiers[1:] == [("associative", str(piece)), ("episodic", str(episode)), ("proactive", str(pattern))]
    core, said = answer["items"][:2]
    assert (core["tier"], core["key"], core["text"], core["score"]) == ("core", "answers", "short", None)
    assert said["score"] >= 0.15


async def test_memory_that_is_off_tells_nothing_and_keeps_what_it_has(service: Service, ada: Person) -> None:
    await a_piece(service, ada)
    assert (await ada.get("/memory/settings")).json() == {"enabled": True}
    for enabled in (False, True):
        answer = await ada.request("PUT", "/memory/settings", json={"enabled": enabled})
        assert (answer.status_code, answer.json()) == (200, {"enabled": enabled})
        assert (await ada.get("/memory/settings")).json() == {"enabled": enabled}
        assert (LAUNCH in await told(ada, LAUNCH)) is enabled
        assert [each["content"] for each in await listed(ada, "associative")] == [LAUNCH]


@pytest.mark.parametrize(
    ("method", "path", "options"),
    [
        ("GET", "/memory/associative", {"params": {"limit": 0}}),
        ("GET", "/memory/associative", {"params": {"limit": 201}}),
        ("GET", "/memory/associative", {"params": {"q": "x" * 2001}}),
        ("GET", "/memory/context", {}),
        ("GET", "/memory/context", {"params": {"message": ""}}),
        ("GET", "/memory/context", {"params": {"message": "x" * 4_001}}),
        ("GET", "/memory/elsewhere/5db1c54c-1e17-436d-9fda-4eda63740320", {}),
        ("GET", "/memory/episodic/7", {}),
        ("DELETE", "/memory", {"params": {"tier": "elsewhere"}}),
        ("PUT", "/memory/settings", {"json": {}}),
        ("PUT", "/memory/settings", {"json": {"enabled": 0}}),
    ],
)
async def test_what_cannot_be_asked(ada: Person, method: str, path: str, options: dict[str, Any]) -> None:
    answer = await ada.request(method, path, **options)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")


async def test_bytes_that_are_no_text_are_no_fault_of_ours(service: Service, ada: Person) -> None:
    await a_piece(service, ada)
    for path in ("/memory/associative?q=%FF%ED%A0%80", "/memory/context?message=%FF%ED%A0%80"):
        assert (await ada.get(path)).status_code == 200
    assert (await ada.get("/memory/context?message=%00")).status_code == 400
