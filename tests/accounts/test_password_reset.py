import asyncio
import time
from collections import Counter
from statistics import quantiles
from uuid import uuid4

import httpx
import psycopg
import pytest

from tests.conftest import Service
from tests.factories.administrators import audited
from tests.factories.mailbox import link_in, mail_to, mails_to, secret_in
from tests.factories.people import PASSWORD, Person

NEW = "another long password"
SUBJECT = "Set a new password"


async def forgot(http: httpx.AsyncClient, email: str) -> httpx.Response:
    return await http.post("/auth/password/forgot", json={"email": email})


async def mailed(service: Service, person: Person, *, nth: int = 1) -> str:
    """The secret of the nth link asked for."""
    await forgot(service.http, person.email)
    return secret_in(await mail_to(service, person.email, SUBJECT, nth=nth))


async def reset(http: httpx.AsyncClient, secret: str, password: str = NEW) -> httpx.Response:
    return await http.post("/auth/password/reset", json={"token": secret, "password": password})


async def sign_in(person: Person, password: str) -> int:
    body = {"email": person.email, "password": password}
    return (await person.http.post("/auth/login", json=body)).status_code


async def test_the_mailed_link_sets_a_new_password_and_signs_out_everywhere(service: Service, ada: Person) -> None:
    elsewhere = await ada.sign_in_again()
    assert (await reset(service.http, await mailed(service, ada))).status_code == 204
    assert (await sign_in(ada, NEW), await sign_in(ada, PASSWORD)) == (200, 401)
    for session in (ada, elsewhere):
        assert (await session.get("/auth/me")).status_code == 401
        refreshed = await service.http.post("/auth/refresh", json={"refresh_token": session.refresh_token})
        assert refreshed.status_code == 401


async def test_the_secret_stands_in_the_fragment_which_no_server_sees(service: Service, ada: Person) -> None:
    await forgot(service.http, ada.email)
    link = link_in(await mail_to(service, ada.email, SUBJECT))
    assert link.startswith(f"{service.settings.own_url}/reset-password#")


async def test_it_is_told_by_mail_and_on_record(service: Service, ada: Person, admin: Person) -> None:
    user_id = await ada.id()
    await reset(service.http, await mailed(service, ada))
    await mail_to(service, ada.email, "Your password was changed")
    [entry] = await audited(admin, user_id, "password_reset")
    assert (entry["actor_id"], entry["facts"]) == (None, {"sessions_ended": 1})


async def test_a_link_works_once(service: Service, ada: Person) -> None:
    secret = await mailed(service, ada)
    await reset(service.http, secret)
    answer = await reset(service.http, secret, "a third long password")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_link")
    assert await sign_in(ada, NEW) == 200


async def test_of_two_resets_at_once_one_wins(service: Service, ada: Person) -> None:
    secret = await mailed(service, ada)
    answers = await asyncio.gather(*(reset(service.http, secret, f"password number {n}") for n in range(6)))
    assert Counter(answer.status_code for answer in answers) == {204: 1, 400: 5}
    [winner] = [number for number, answer in enumerate(answers) if answer.status_code == 204]
    assert await sign_in(ada, f"password number {winner}") == 200


async def test_a_link_works_for_an_hour(service: Service, ada: Person) -> None:
    secret = await mailed(service, ada)
    service.clock.move(minutes=61)
    assert (await reset(service.http, secret)).json()["code"] == "invalid_link"


async def test_a_newer_link_replaces_the_older(service: Service, ada: Person) -> None:
    older = await mailed(service, ada)
    newer = await mailed(service, ada, nth=2)
    assert (await reset(service.http, older)).json()["code"] == "invalid_link"
    assert (await reset(service.http, newer)).status_code == 204


async def test_a_refused_password_does_not_use_the_link_up(service: Service, ada: Person) -> None:
    secret = await mailed(service, ada)
    answer = await reset(service.http, secret, "password")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "body.password")
    assert (await reset(service.http, secret)).status_code == 204


async def test_a_link_for_something_else_sets_no_password(service: Service, ada: Person) -> None:
    welcome = secret_in(await mail_to(service, ada.email, "Confirm your e-mail address"))
    assert (await reset(service.http, welcome)).json()["code"] == "invalid_link"
    assert (await service.http.post("/auth/email/verify", json={"token": welcome})).status_code == 204


async def test_a_disabled_account_is_mailed_nothing(service: Service, ada: Person, bob: Person, admin: Person) -> None:
    await admin.request("PATCH", f"/admin/users/{await ada.id()}", json={"disabled": True})
    assert (await forgot(service.http, ada.email)).status_code == 204
    await mailed(service, bob)  # asked for later, and here already
    assert mails_to(service, ada.email, SUBJECT) == []


@pytest.mark.parametrize("unknown", ["nobody@example.com", "no address", ""])
async def test_an_unknown_address_gets_the_same_answer(http: httpx.AsyncClient, ada: Person, unknown: str) -> None:
    known, no_one = await forgot(http, ada.email), await forgot(http, unknown)
    assert (no_one.status_code, no_one.content) == (known.status_code, known.content) == (204, b"")
    assert no_one.headers.keys() == known.headers.keys()


async def test_an_unknown_address_takes_the_same_time(http: httpx.AsyncClient, ada: Person) -> None:
    async def seconds(email: str) -> float:
        started = time.perf_counter()
        await forgot(http, email)
        return time.perf_counter() - started

    known: list[float] = []
    unknown: list[float] = []
    for _ in range(5):
        for _ in range(40):
            known.append(await seconds(ada.email))
            unknown.append(await seconds(f"{uuid4().hex}@example.com"))
        ratio = quantiles(unknown)[0] / quantiles(known)[0]
        if 0.6 < ratio < 1.7:
            return
    raise AssertionError(f"unknown addresses take {ratio:.2f} times as long")


async def test_the_queue_knows_the_user_and_not_the_secret(
    own_service_at_rest: Service, fresh_superuser_url: str
) -> None:
    service = own_service_at_rest
    ada = await service.person()
    await forgot(service.http, ada.email)
    await forgot(service.http, ada.email)
    await forgot(service.http, "nobody@example.com")
    with psycopg.connect(fresh_superuser_url) as connection:
        rows = connection.execute(
            "SELECT args FROM procrastinate_jobs WHERE args->>'purpose' = 'reset_password' ORDER BY id"
        ).fetchall()
    assert [row[0].keys() for row in rows] == [{"user_id", "purpose"}] * 2  # the second waits for the same mail
    assert rows[0][0]["user_id"] == await ada.id() != rows[1][0]["user_id"]
