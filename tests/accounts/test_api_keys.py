import asyncio
import hashlib
from collections import Counter
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from tests.conftest import Service
from tests.factories.administrators import audited
from tests.factories.people import PASSWORD, Person

ALL_SCOPES = ["agents", "chat", "device", "memory", "read", "storage"]


async def create(person: Person, *scopes: str, **more: Any) -> httpx.Response:
    return await person.post("/auth/api-keys", json={"name": "a script", "scopes": scopes or ["read"]} | more)


async def made(person: Person, *scopes: str, **more: Any) -> dict[str, Any]:
    answer = await create(person, *scopes, **more)
    assert answer.status_code == 201, answer.text
    key: dict[str, Any] = answer.json()
    return key


async def listed(person: Person) -> list[dict[str, Any]]:
    page = (await person.get("/auth/api-keys", params={"limit": 200})).json()
    assert page["total"] == len(page["items"])
    items: list[dict[str, Any]] = page["items"]
    return items


def using(person: Person, key: dict[str, Any]) -> Person:
    """The script that has the key."""
    return Person(person.http, person.email, person.password, key["key"], "")


async def test_a_key_is_shown_once(ada: Person) -> None:
    key = await made(ada, "read", "chat", name="nightly backup")
    assert key["key"].startswith("adiuva_")
    assert key["hint"] == key["key"][-4:]
    [shown] = await listed(ada)
    assert shown == {name: value for name, value in key.items() if name != "key"}
    assert (shown["name"], shown["scopes"]) == ("nightly backup", ["chat", "read"])
    assert (shown["last_used_at"], shown["expires_at"]) == (None, None)


async def test_a_key_is_stored_as_a_hash_and_its_name_sealed(ada: Person, superuser_url: str) -> None:
    key = await made(ada, name="a telling name")
    with psycopg.connect(superuser_url) as connection:
        [row] = connection.execute("SELECT * FROM api_keys WHERE id = %s", [key["id"]]).fetchall()
    stored = [bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode() for value in row]
    assert hashlib.sha256(key["key"].encode()).digest() in stored
    assert not any(key["key"].encode() in value or b"telling" in value for value in stored)


async def test_a_key_opens_what_its_scopes_name(ada: Person) -> None:
    script = using(ada, await made(ada, "read"))
    assert (await script.get("/auth/me")).json()["email"] == ada.email
    for scopes in ([scope] for scope in ALL_SCOPES if scope != "read"):
        answer = await using(ada, await made(ada, *scopes)).get("/auth/me")
        assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")


SOME_ID = UUID(int=7)
PERSONAL: list[tuple[str, str, dict[str, Any] | None]] = [
    ("GET", "/auth/sessions", None),
    ("DELETE", f"/auth/sessions/{SOME_ID}", None),
    ("POST", "/auth/logout", {"refresh_token": "x"}),
    ("POST", "/auth/password", {"current": PASSWORD, "new": "another long password"}),
    ("POST", "/auth/email", {"email": "new@example.com", "password": PASSWORD}),
    ("POST", "/auth/email/resend", None),
    ("GET", "/auth/api-keys", None),
    ("POST", "/auth/api-keys", {"name": "more", "scopes": ["read"]}),
    ("DELETE", f"/auth/api-keys/{SOME_ID}", None),
    ("GET", "/account/export", None),
    ("DELETE", "/account", {"password": PASSWORD}),
]
ADMINISTRATIVE: list[tuple[str, str, dict[str, Any] | None]] = [
    ("GET", "/admin/users", None),
    ("GET", f"/admin/users/{SOME_ID}", None),
    ("PATCH", f"/admin/users/{SOME_ID}", {"tier": "team"}),
    ("GET", "/admin/jobs", None),
    ("POST", "/admin/jobs/1/retry", None),
    ("GET", "/admin/audit", None),
]


@pytest.mark.parametrize(("method", "path", "body"), PERSONAL + ADMINISTRATIVE)
async def test_no_key_manages_the_account_or_the_service(
    admin: Person, method: str, path: str, body: dict[str, Any] | None
) -> None:
    script = using(admin, await made(admin, *ALL_SCOPES))
    answer = await script.request(method, path, json=body)
    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")
    assert (await admin.get("/auth/me")).status_code == 200


async def test_a_key_expires(service: Service, ada: Person) -> None:
    in_an_hour = int(service.clock.now().timestamp() * 1000) + 3_600_000
    key = await made(ada, expires_at=in_an_hour)
    assert key["expires_at"] == in_an_hour
    assert (await using(ada, key).get("/auth/me")).status_code == 200
    service.clock.move(minutes=61)
    answer = await using(ada, key).get("/auth/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


async def test_an_expiry_lies_in_the_future(service: Service, ada: Person) -> None:
    now = int(service.clock.now().timestamp() * 1000)
    for moment in (0, now - 1):
        answer = await create(ada, expires_at=moment)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "body.expires_at")
    assert (await create(ada, expires_at=253402300799000)).status_code == 201
    for moment in (-1, 253402300799001, 10**30):
        assert (await create(ada, expires_at=moment)).status_code == 422


async def test_a_revoked_key_stops_at_once(ada: Person) -> None:
    key = await made(ada)
    assert (await ada.delete(f"/auth/api-keys/{key['id']}")).status_code == 204
    assert (await using(ada, key).get("/auth/me")).status_code == 401
    assert await listed(ada) == []
    assert (await ada.delete(f"/auth/api-keys/{key['id']}")).status_code == 404


async def test_another_s_key_is_like_one_that_does_not_exist(ada: Person, bob: Person) -> None:
    key = await made(bob)
    foreign, unknown = await ada.delete(f"/auth/api-keys/{key['id']}"), await ada.delete(f"/auth/api-keys/{uuid4()}")
    assert (foreign.status_code, foreign.json()["code"]) == (404, "not_found")
    assert foreign.content == unknown.content
    assert (await using(bob, key).get("/auth/me")).status_code == 200


async def test_a_key_stops_with_its_account_disabled(ada: Person, admin: Person) -> None:
    key, path = await made(ada), f"/admin/users/{await ada.id()}"
    await admin.request("PATCH", path, json={"disabled": True})
    assert (await using(ada, key).get("/auth/me")).status_code == 401


async def test_last_used_moves_at_most_once_a_minute(service: Service, ada: Person) -> None:
    key = await made(ada)
    await using(ada, key).get("/auth/me")
    first = (await listed(ada))[0]["last_used_at"]
    assert abs(first / 1000 - service.clock.now().timestamp()) < 5
    service.clock.move(seconds=40)
    await using(ada, key).get("/auth/me")
    assert (await listed(ada))[0]["last_used_at"] == first
    service.clock.move(seconds=40)
    await using(ada, key).get("/auth/me")
    assert 80_000 <= (await listed(ada))[0]["last_used_at"] - first < 90_000


async def test_an_account_has_at_most_fifty_keys_however_fast_they_are_made(ada: Person) -> None:
    for _ in range(44):
        await made(ada)
    answers = await asyncio.gather(*(create(ada) for _ in range(20)))
    assert Counter(answer.status_code for answer in answers) == {201: 6, 409: 14}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"too_many_api_keys"}
    keys = await listed(ada)
    assert len(keys) == 50
    await ada.delete(f"/auth/api-keys/{keys[0]['id']}")
    assert (await create(ada)).status_code == 201


async def test_keys_made_and_revoked_are_on_record(ada: Person, admin: Person) -> None:
    user_id, key = await ada.id(), await made(ada, "read", "chat")
    await ada.delete(f"/auth/api-keys/{key['id']}")
    [created] = await audited(admin, user_id, "api_key_created")
    [revoked] = await audited(admin, user_id, "api_key_revoked")
    assert created["facts"] == {"scopes": ["chat", "read"]}
    assert revoked["facts"] == {"key_id": key["id"]}


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "x" * 101},
        {"name": "a\x00b"},
        {"name": None},
        {"scopes": []},
        {"scopes": ["admin"]},
        {"scopes": ["read", "everything"]},
        {"scopes": "read"},
        {"expires_at": "tomorrow"},
    ],
)
async def test_a_malformed_wish_is_refused(ada: Person, wrong: dict[str, Any]) -> None:
    answer = await create(ada, **wrong)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")


async def test_the_list_comes_newest_first_and_in_pages(service: Service, ada: Person) -> None:
    for number in range(3):
        await made(ada, name=f"number {number}")
        service.clock.move(seconds=1)
    page = (await ada.get("/auth/api-keys", params={"limit": 2})).json()
    assert ([key["name"] for key in page["items"]], page["total"]) == (["number 2", "number 1"], 3)
