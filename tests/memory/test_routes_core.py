"""Core memory over HTTP, by keys of the user's own."""

import json
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from tests.conftest import Service
from tests.factories.people import Person


def at(key: str) -> str:
    return f"/memory/core/{quote(key, safe='')}"


async def put(person: Person, key: str, value: str) -> dict[str, Any]:
    answer = await person.request("PUT", at(key), json={"value": value})
    assert answer.status_code == 200, answer.text
    item: dict[str, Any] = answer.json()
    return item


async def known(person: Person) -> dict[str, str]:
    answer = await person.get("/memory/core")
    assert answer.status_code == 200, answer.text
    return {each["key"]: each["value"] for each in answer.json()["items"]}


async def test_what_is_written_is_in_the_list_by_key(service: Service, ada: Person) -> None:
    answers = await put(ada, "answers", "  short ")
    service.clock.move(seconds=1)
    home = await put(ada, "home", "Rome")
    assert (await ada.get("/memory/core")).json() == {"items": [answers, home]}
    now = service.clock.now().timestamp() * 1000
    assert abs(answers["updated_at"] - now) < 10_000
    assert {name: answers[name] for name in ("key", "value", "pinned", "mentions", "origin")} == {
        "key": "answers",
        "value": "short",
        "pinned": False,
        "mentions": 1,
        "origin": {"written_by": "user", "turns": []},
    }


async def test_a_second_value_replaces_the_first_and_keeps_it_in_the_history(service: Service, ada: Person) -> None:
    first = await put(ada, "home", "Rome")
    service.clock.move(minutes=1)
    second = await put(ada, "home", "Milan")
    assert second["id"] == first["id"]
    assert await known(ada) == {"home": "Milan"}
    one = (await ada.get(at("home"))).json()
    assert one == {
        **second,
        "tier": "core",
        "history": [
            {
                "text": "Rome",
                "written_by": "user",
                "why": "corrected",
                "valid_from": first["updated_at"],
                "replaced_at": second["updated_at"],
            }
        ],
    }


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("  Favourite   Colour ", "favourite colour"),
        ("father's name", "father's name"),
        ("client/server", "client/server"),
        ("/", "/"),
        ("a\nb", "a b"),
        ("100% sure?", "100% sure?"),
        ("città", "città"),
        ("citta\u0300", "città"),
        ("誕生日", "誕生日"),
        ("🏠", "🏠"),
        ("context", "context"),
        (f"{'x' * 64}  ", "x" * 64),
    ],
)
async def test_a_key_may_be_anything_that_can_be_printed(ada: Person, written: str, kept: str) -> None:
    assert (await put(ada, written, "this"))["key"] == kept
    assert await known(ada) == {kept: "this"}
    assert (await ada.get(at(written))).json()["key"] == kept
    assert (await ada.delete(at(kept))).status_code == 204
    assert await known(ada) == {}


@pytest.mark.parametrize(
    "path",
    ["%20", "%07", "a%E2%80%8Bb", "%FF", "%ED%A0%80", "x" * 65, pytest.param("x" * 2000, id="long"), "%0A", "b%C3"],
)
async def test_what_cannot_be_a_key(ada: Person, path: str) -> None:
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        body = {"json": {"value": "this"}} if method in ("PUT", "PATCH") else {}
        answer = await ada.request(method, f"/memory/core/{path}", **body)
        assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
        assert [each["field"] for each in answer.json()["errors"]] == ["path.key"]


async def test_a_key_with_a_nul_is_refused_like_every_address_with_one(ada: Person) -> None:
    answer = await ada.request("PUT", "/memory/core/a%00b", json={"value": "this"})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


@pytest.mark.parametrize(
    "value",
    [
        "",
        "  ",
        pytest.param("x" * 1001, id="long"),
        "\x00",
        "\ud800",
        7,
        None,
        ["a"],
        pytest.param("x" * 100_000, id="longer"),
    ],
)
async def test_a_value_that_is_none(ada: Person, value: Any) -> None:
    body = json.dumps({"value": value}).encode()
    answer = await ada.request("PUT", at("home"), content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert await known(ada) == {}


async def test_a_core_memory_goes_by_its_id_too(ada: Person) -> None:
    memory_id = (await put(ada, "home", "Rome"))["id"]
    path = f"/memory/core/{memory_id}"
    assert (await ada.get(path)).json()["key"] == "home"
    assert (await ada.request("PATCH", path, json={"text": "Milan"})).json()["value"] == "Milan"
    assert (
        await ada.request("PUT", path.upper().replace("/MEMORY/CORE", "/memory/core"), json={"value": "Turin"})
    ).json()["key"] == "home"
    assert await known(ada) == {"home": "Turin"}
    assert (await ada.delete(path)).status_code == 204
    assert await known(ada) == {}


async def test_an_id_of_nothing_creates_nothing(ada: Person) -> None:
    path = f"/memory/core/{uuid4()}"
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        body = {"json": {"value": "this"}} if method in ("PUT", "PATCH") else {}
        answer = await ada.request(method, path, **body)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert await known(ada) == {}


async def test_what_is_not_known_is_not_found(ada: Person) -> None:
    for method, body in (("GET", {}), ("PATCH", {"json": {"pinned": True}}), ("DELETE", {})):
        answer = await ada.request(method, at("home"), **body)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_correction_may_use_the_name_in_the_list(ada: Person) -> None:
    await put(ada, "home", "Rome")
    answer = await ada.request("PATCH", at("home"), json={"value": "Milan", "pinned": True})
    assert (answer.json()["value"], answer.json()["pinned"]) == ("Milan", True)
    answer = await ada.request("PATCH", at("home"), json={"pinned": None})
    assert (answer.json()["value"], answer.json()["pinned"]) == ("Milan", True)
    answer = await ada.request("PATCH", at("home"), json={"value": "x" * 1001})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "body.text")


async def test_the_same_key_of_two_people_is_two_memories(ada: Person, bob: Person) -> None:
    await put(ada, "home", "Rome")
    assert (await bob.get(at("home"))).status_code == 404
    await put(bob, "home", "Oslo")
    assert (await bob.delete(at("home"))).status_code == 204
    assert await known(ada) == {"home": "Rome"}
    assert (await ada.get(at("home"))).json()["history"] == []


async def test_a_core_memory_may_be_written_while_memory_is_off(ada: Person) -> None:
    await ada.request("PUT", "/memory/settings", json={"enabled": False})
    await put(ada, "home", "Rome")
    assert await known(ada) == {"home": "Rome"}
    assert (await ada.get("/memory/context", params={"message": "Where do I live?"})).json() == {
        "text": "",
        "items": [],
    }
