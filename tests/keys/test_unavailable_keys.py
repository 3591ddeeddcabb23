"""With the wrong master key nothing is ever shown that could be garbage: 503 `keys_unavailable`, until it is put right."""

from collections.abc import Callable
from typing import Any

import httpx
import psycopg
import pytest

from app.keys.master_keys import MasterKeys
from app.keys.rotate import MasterKeyMissing
from tests.conftest import Service
from tests.factories.people import PASSWORD, Person

K1, WRONG_K1, K2 = MasterKeys.make("k1"), MasterKeys.make("k1"), MasterKeys.make("k2")


def unavailable(answer: httpx.Response) -> bool:
    return (answer.status_code, answer.json()["code"]) == (503, "keys_unavailable")


async def furnished(service: Service) -> Person:
    person = await service.person()
    answer = await person.post("/auth/api-keys", json={"name": "nightly", "scopes": ["read"]})
    assert answer.status_code == 201
    return person


def swap_wrapped_key(url: str, user_id: str, wrapped: bytes) -> bytes:
    """Put other bytes where a user's wrapped key stands; what stood there before."""
    with psycopg.connect(url) as connection:
        before = connection.execute("SELECT wrapped_key FROM user_keys WHERE user_id = %s", [user_id]).fetchone()
        connection.execute("UPDATE user_keys SET wrapped_key = %s WHERE user_id = %s", [wrapped, user_id])
    assert before is not None
    return bytes(before[0])


async def test_another_key_under_the_same_name_is_noticed_at_the_start(own_service: Callable[..., Any]) -> None:
    async with own_service(master_keys=K1) as service:
        await furnished(service)
    with pytest.raises(MasterKeyMissing, match="k1 of MASTER_KEYS is not the one"):
        async with own_service(master_keys=WRONG_K1):
            pass


async def test_a_data_key_that_does_not_open_opens_nothing(
    own_service_at_rest: Service, fresh_superuser_url: str
) -> None:
    service = own_service_at_rest
    ada = await furnished(service)
    right = swap_wrapped_key(fresh_superuser_url, await ada.id(), bytes(60))
    service.clock.move(minutes=2)  # what was unwrapped before is kept for a minute
    assert (await ada.get("/auth/me")).status_code == 200  # nothing sealed in it
    for path in ("/auth/sessions", "/auth/api-keys", "/account/export"):
        assert unavailable(await ada.get(path))
    assert unavailable(await ada.post("/auth/api-keys", json={"name": "more", "scopes": ["read"]}))
    body = {"email": ada.email, "password": PASSWORD}
    assert unavailable(await service.http.post("/auth/login", json=body))
    assert unavailable(await ada.post("/auth/email", json=body | {"email": "new@example.com"}))
    swap_wrapped_key(fresh_superuser_url, await ada.id(), right)
    assert (await ada.get("/auth/api-keys")).json()["items"][0]["name"] == "nightly"
    assert (await ada.get("/auth/sessions")).json()["total"] == 1


async def test_the_account_can_be_erased_even_so(own_service_at_rest: Service, fresh_superuser_url: str) -> None:
    ada = await furnished(own_service_at_rest)
    swap_wrapped_key(fresh_superuser_url, await ada.id(), bytes(60))
    own_service_at_rest.clock.move(minutes=2)
    assert (await ada.request("DELETE", "/account", json={"password": PASSWORD})).status_code == 202
    assert (await ada.get("/auth/me")).status_code == 401


async def test_a_key_that_is_gone_is_told_as_such(own_service_at_rest: Service, fresh_superuser_url: str) -> None:
    service = own_service_at_rest
    ada = await furnished(service)
    with psycopg.connect(fresh_superuser_url) as connection:
        connection.execute("DELETE FROM user_keys WHERE user_id = %s", [await ada.id()])
    service.clock.move(minutes=2)  # nothing is kept unwrapped for longer than a minute
    assert unavailable(await ada.get("/auth/api-keys"))


async def test_a_wrapped_key_of_somebody_else_is_refused(
    own_service_at_rest: Service, fresh_superuser_url: str
) -> None:
    service = own_service_at_rest
    ada, bob = await furnished(service), await furnished(service)
    with psycopg.connect(fresh_superuser_url) as connection:
        connection.execute(
            "UPDATE user_keys SET wrapped_key = (SELECT wrapped_key FROM user_keys WHERE user_id = %s) WHERE user_id = %s",
            [await bob.id(), await ada.id()],
        )
    service.clock.move(minutes=2)
    assert unavailable(await ada.get("/auth/api-keys"))
    assert (await bob.get("/auth/api-keys")).status_code == 200


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
async def test_a_service_without_a_key_that_is_in_use_does_not_start(own_service: Callable[..., Any]) -> None:
    async with own_service(master_keys=K1) as service:
        await furnished(service)
    with pytest.raises(MasterKeyMissing, match="master key k1, which MASTER_KEYS does not contain"):
        async with own_service(master_keys=K2):
            pass
    async with own_service(master_keys=f"{K2},{K1}") as service:
        assert (await service.http.get("/health")).status_code == 200


async def test_a_new_first_key_wraps_new_accounts_and_the_old_ones_still_open(
    own_service: Callable[..., Any], fresh_superuser_url: str
) -> None:
    async with own_service(master_keys=K1) as service:
        ada = await furnished(service)
    async with own_service(master_keys=f"{K2},{K1}") as service:
        ada.http, bob = service.http, await furnished(service)
        for person in (ada, bob):
            assert (await person.get("/auth/api-keys")).json()["items"][0]["name"] == "nightly"
        wrapped_by = {}
        with psycopg.connect(fresh_superuser_url) as connection:
            for row in connection.execute("SELECT user_id::text, master_key_id FROM user_keys"):
                wrapped_by[row[0]] = row[1]
        assert wrapped_by == {await ada.id(): "k1", await bob.id(): "k2"}
