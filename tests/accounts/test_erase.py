import asyncio
from collections import Counter

import httpx
import psycopg

from tests.conftest import Service
from tests.factories.administrators import audited
from tests.factories.mailbox import mail_to, mails_to, secret_in
from tests.factories.people import PASSWORD, Person
from tests.factories.rows import dump, of_user
from tests.factories.waiting import until

RECEIPT = "Your account has been erased"


async def erase(person: Person, password: str = PASSWORD) -> httpx.Response:
    return await person.request("DELETE", "/account", json={"password": password})


async def until_gone(url: str, user_id: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        await until(lambda: not connection.execute("SELECT FROM users WHERE id = %s", [user_id]).fetchone())


async def furnished(person: Person) -> dict[str, str]:
    """An account with something of everything; its secrets."""
    await person.sign_in_again("Adiuva/1.4 (macOS 15)")
    key = (await person.post("/auth/api-keys", json={"name": "nightly", "scopes": ["read"]})).json()["key"]
    await person.post("/auth/email", json={"email": f"new-{person.email}", "password": PASSWORD})
    await person.http.post("/auth/password/forgot", json={"email": person.email})
    return {"key": key}


async def test_the_wrong_password_erases_nothing(ada: Person) -> None:
    answer = await erase(ada, "a guess")
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials")
    assert (await ada.get("/auth/me")).status_code == 200


async def test_the_answer_counts_what_was_destroyed_first(ada: Person) -> None:
    await ada.sign_in_again()
    answer = await erase(ada)
    assert answer.status_code == 202
    assert answer.json() == {"status": "erasing", "data_keys_destroyed": 1, "sessions_ended": 2}


async def test_the_keys_are_gone_before_anything_else_happens(
    own_service_at_rest: Service, fresh_superuser_url: str
) -> None:
    """With no background work: what the request itself leaves."""
    ada = await own_service_at_rest.person()
    await furnished(ada)
    user_id = await ada.id()
    assert (await erase(ada)).status_code == 202
    left = of_user(dump(fresh_superuser_url), user_id)
    assert left.keys() <= {"users", "audit_entries", "procrastinate_jobs"}
    [user] = left["users"]
    assert (user["email"], user["password_hash"]) == (None, None)


async def test_every_credential_stops_at_once(ada: Person) -> None:
    elsewhere, key = await ada.sign_in_again(), (await furnished(ada))["key"]
    await erase(ada)
    for token in (ada.access_token, elsewhere.access_token, key):
        answer = await ada.http.get("/auth/me", headers={"Authorization": f"Bearer {token}"})
        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    for session in (ada, elsewhere):
        refreshed = await ada.http.post("/auth/refresh", json={"refresh_token": session.refresh_token})
        assert (refreshed.status_code, refreshed.json()["code"]) == (401, "invalid_token")
    login = await ada.http.post("/auth/login", json={"email": ada.email, "password": PASSWORD})
    assert (login.status_code, login.json()["code"]) == (401, "invalid_credentials")
    assert (await erase(ada)).status_code == 401


async def test_links_mailed_before_are_dead(service: Service, ada: Person) -> None:
    await furnished(ada)
    links = [
        secret_in(await mail_to(service, ada.email, "Confirm your e-mail address")),
        secret_in(await mail_to(service, f"new-{ada.email}", "Confirm your new e-mail address")),
    ]
    reset = secret_in(await mail_to(service, ada.email, "Set a new password"))
    await erase(ada)
    for link in links:
        assert (await ada.http.post("/auth/email/verify", json={"token": link})).json()["code"] == "invalid_link"
    body = {"token": reset, "password": "another long password"}
    assert (await ada.http.post("/auth/password/reset", json=body)).json()["code"] == "invalid_link"


async def test_the_address_can_register_again_at_once_and_is_somebody_new(service: Service, ada: Person) -> None:
    await ada.post("/auth/api-keys", json={"name": "nightly", "scopes": ["read"]})
    before = await ada.id()
    await erase(ada)
    again = await service.person(email=ada.email)
    assert await again.id() != before
    assert (await again.get("/auth/api-keys")).json()["total"] == 0
    assert (await again.get("/auth/sessions")).json()["total"] == 1
    await mail_to(service, ada.email, RECEIPT)
    assert (await again.get("/auth/me")).status_code == 200


async def test_every_row_goes_but_the_record_of_it(service: Service, ada: Person, superuser_url: str) -> None:
    await furnished(ada)
    user_id = await ada.id()
    assert len(of_user(dump(superuser_url), user_id)) >= 6
    await erase(ada)
    await mail_to(service, ada.email, RECEIPT)
    await until_gone(superuser_url, user_id)
    # The jobs themselves go with their end.
    await until(lambda: of_user(dump(superuser_url), user_id).keys() == {"audit_entries"})
    told = repr(of_user(dump(superuser_url), user_id))
    assert ada.email not in told
    assert "nightly" not in told


async def test_a_receipt_is_mailed_and_the_counts_are_on_record(
    service: Service, ada: Person, admin: Person, superuser_url: str
) -> None:
    await furnished(ada)
    user_id = await ada.id()
    await erase(ada)
    receipt = await mail_to(service, ada.email, RECEIPT)
    [begun] = await audited(admin, user_id, "erasure_begun")
    [erased] = await audited(admin, user_id, "erased")
    assert (begun["actor_id"], erased["actor_id"]) == (user_id, None)
    assert erased["facts"]["users"] == 1
    assert all(isinstance(count, int) and count > 0 for count in erased["facts"].values())
    assert f"{sum(erased['facts'].values())} stored records" in receipt.get_content()


async def test_of_several_erasures_at_once_one_runs_and_one_receipt_comes(
    service: Service, ada: Person, admin: Person
) -> None:
    user_id = await ada.id()
    answers = await asyncio.gather(*(erase(ada) for _ in range(5)))
    assert Counter(answer.status_code for answer in answers) == {202: 1, 401: 4}
    await mail_to(service, ada.email, RECEIPT)
    assert len(await audited(admin, user_id, "erasure_begun")) == 1
    await asyncio.sleep(0.3)
    assert len(mails_to(service, ada.email, RECEIPT)) == 1


async def test_an_erasure_amid_everything_else_leaves_nothing_and_breaks_nothing(
    service: Service, ada: Person, superuser_url: str
) -> None:
    user_id, elsewhere = await ada.id(), await ada.sign_in_again()

    async def bustle() -> list[httpx.Response]:
        answers = []
        for _ in range(8):
            answers += await asyncio.gather(
                elsewhere.get("/auth/sessions"),
                elsewhere.post("/auth/api-keys", json={"name": "one more", "scopes": ["read"]}),
                elsewhere.post("/auth/password", json={"current": PASSWORD, "new": PASSWORD}),
                elsewhere.post("/auth/email/resend"),
                service.http.post("/auth/login", json={"email": ada.email, "password": PASSWORD}),
                service.http.post("/auth/refresh", json={"refresh_token": elsewhere.refresh_token}),
                service.http.post("/auth/password/forgot", json={"email": ada.email}),
            )
        return answers

    async def leave() -> httpx.Response:
        """Refused while a change of the password is under way."""
        await asyncio.sleep(0.1)
        while (answer := await erase(elsewhere)).status_code != 202:
            assert answer.json()["code"] == "invalid_credentials"
        return answer

    answers, _ = await asyncio.gather(bustle(), leave())
    assert {answer.status_code for answer in answers} <= {200, 201, 204, 401, 503}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 503} <= {"keys_unavailable"}
    await until_gone(superuser_url, user_id)
    await until(lambda: of_user(dump(superuser_url), user_id).keys() <= {"audit_entries"})


async def test_nobody_else_loses_anything(service: Service, ada: Person, bob: Person) -> None:
    key = (await bob.post("/auth/api-keys", json={"name": "Bob's", "scopes": ["read"]})).json()
    await erase(ada)
    await mail_to(service, ada.email, RECEIPT)
    assert (await bob.get("/auth/me")).status_code == 200
    assert (await bob.get("/auth/api-keys")).json()["items"][0]["id"] == key["id"]
    assert (await bob.get("/account/export")).status_code == 200
