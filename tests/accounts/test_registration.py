import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from app.accounts.invitations import Invitations
from tests.conftest import Service
from tests.factories.mailbox import link_in, mail_to
from tests.factories.people import PASSWORD, Person


async def register(http: httpx.AsyncClient, email: str, password: str = PASSWORD, **more: Any) -> httpx.Response:
    return await http.post("/auth/register", json={"email": email, "password": password} | more)


async def can_sign_in(http: httpx.AsyncClient, email: str, password: str) -> bool:
    answer = await http.post("/auth/login", json={"email": email, "password": password})
    return answer.status_code == 200


async def test_a_new_account_is_signed_in_and_works_before_its_address_is_verified(service: Service) -> None:
    ada = await service.person(email="ada.lovelace@example.com")
    me = (await ada.get("/auth/me")).json()
    assert me["email"] == "ada.lovelace@example.com"
    assert (me["tier"], me["is_admin"], me["email_verified"]) == ("free", False, False)


async def test_a_mail_asks_to_confirm_the_address(service: Service, ada: Person) -> None:
    link = link_in(await mail_to(service, ada.email, "Confirm your e-mail address"))
    assert link.startswith(f"{service.settings.own_url}/verify-email#")


async def test_an_address_is_one_account_however_it_is_written(service: Service, ada: Person) -> None:
    answer = await register(service.http, f"  {ada.email.upper()} ")
    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")


async def test_twenty_registrations_of_one_address_at_once_make_one_account(http: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(register(http, "crowd@example.com") for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("Grete@MÜNCHEN.example", "grete@münchen.example"),
        ("emmy@xn--mnchen-3ya.example", "emmy@münchen.example"),
        ("JÜRGEN@example.com", "jürgen@example.com"),
        ("ju\u0308rg@example.com", "j\u00fcrg@example.com"),  # u and dots, or ü: one mailbox
        ("tag+adiuva@example.com", "tag+adiuva@example.com"),
        ("root@intranet", "root@intranet"),
        ("o'brien@example.co.uk", "o'brien@example.co.uk"),
    ],
)
async def test_addresses_of_all_the_world_are_stored_in_one_spelling(
    http: httpx.AsyncClient, written: str, stored: str
) -> None:
    person = await Person.register(http, email=written)
    assert (await person.get("/auth/me")).json()["email"] == stored
    for spelling in (written, stored, stored.upper()):
        assert (await register(http, spelling)).status_code == 409
        assert await can_sign_in(http, spelling, PASSWORD)


@pytest.mark.parametrize(
    "bad",
    [
        "",
        " ",
        "nobody",
        "@example.com",
        "a@",
        "a@b@c.example",
        "a b@example.com",
        "a@exa mple.com",
        "a@-example.com",
        "a@example..com",
        ".a@example.com",
        "a@[127.0.0.1]",
        "<a@example.com>",
        "Ada <ada@example.com>",
        "a@example.com\nBcc: b@example.com",
        "a@example.com,b@example.com",
        "a\u202eb@example.com",
        f"a@{'b' * 64}.com",
        f"{'a' * 60}@{'.'.join(['b' * 50] * 4)}.com",
    ],
)
async def test_what_is_no_address_is_named(http: httpx.AsyncClient, bad: str) -> None:
    answer = await register(http, bad)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert [error["field"] for error in answer.json()["errors"]] == ["body.email"]


@pytest.mark.parametrize("password", ["12345678x"[:8] + "é", "é" * 4, "🔑🔑", "a" * 1023 + "b", "é" * 512, "🔑" * 256])
async def test_a_password_has_8_to_1024_bytes_and_all_of_them_count(http: httpx.AsyncClient, password: str) -> None:
    person = await Person.register(http, password=password)
    assert await can_sign_in(http, person.email, password)
    assert not await can_sign_in(http, person.email, password[:-1])


@pytest.mark.parametrize("password", ["", "1234abc", "ééé", "éééa", "a" * 1025, "é" * 512 + "a", "🔑" * 257])
async def test_a_shorter_or_longer_password_is_named(http: httpx.AsyncClient, password: str) -> None:
    answer = await register(http, "short@example.com", password)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert [error["field"] for error in answer.json()["errors"]] == ["body.password"]
    assert not password or f'"{password}"' not in answer.text


@pytest.mark.parametrize("password", ["password", "PASSWORD", "12345678", "Iloveyou", "football"])
async def test_the_most_used_passwords_are_refused_in_any_case(http: httpx.AsyncClient, password: str) -> None:
    answer = await register(http, "common@example.com", password)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert "most used" in answer.json()["detail"]


async def test_there_are_no_rules_of_composition(http: httpx.AsyncClient) -> None:
    for password in ("qqqqzzzz wwww", "        x       ", "пароль пароль", "{}<>'\";--"):
        person = await Person.register(http, password=password)
        assert await can_sign_in(http, person.email, password)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b'{"email": "a@example.com"}',
        b'{"email": ["a@example.com"], "password": "a long password"}',
        b'{"email": "a@example.com", "password": 1234567890}',
        b'{"email": "a\\u0000b@example.com", "password": "a long password"}',
        b'{"email": "a@example.com", "password": "a long\\u0000 password"}',
        b'{"email": "a@example.com", "password": "a long \\ud800 password"}',
        b'{"email": "\\udfff@example.com", "password": "a long password"}',
        b'{"email": "a@example.com", "password": "a long password", "invitation": "\\ud83d"}',
    ],
)
async def test_what_cannot_be_stored_or_understood_is_refused(http: httpx.AsyncClient, body: bytes) -> None:
    answer = await http.post("/auth/register", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert b"a long" not in answer.content


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b'{"email": "\xff"}', b"[" * 5000])
async def test_what_is_no_json_is_refused(http: httpx.AsyncClient, body: bytes) -> None:
    answer = await http.post("/auth/register", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.json()["code"] in ("bad_request", "validation_failed")


async def test_unknown_fields_grant_nothing(http: httpx.AsyncClient) -> None:
    answer = await register(http, "eve@example.com", is_admin=True, tier="team", email_verified_at=1)
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    me = (await http.get("/auth/me", headers=headers)).json()
    assert (me["is_admin"], me["tier"], me["email_verified"]) == (False, "free", False)


async def test_a_closed_service_takes_nobody(own_service: Callable[..., Any]) -> None:
    async with own_service(registration="closed") as service:
        for more in ({}, {"invitation": invitations(service).make("ada@example.com")}):
            answer = await register(service.http, "ada@example.com", **more)
            assert (answer.status_code, answer.json()["code"]) == (403, "registration_closed")


def invitations(service: Service) -> Invitations:
    """As the command line makes them: `python -m app admin invite`."""
    assert service.settings.jwt_secret is not None
    return Invitations(service.settings.jwt_secret.get_secret_value(), service.clock)


@pytest.fixture
async def by_invitation(own_service: Callable[..., Any]) -> AsyncIterator[Service]:
    async with own_service(registration="invite") as service:
        yield service


async def test_an_invitation_lets_its_address_in_once(by_invitation: Service) -> None:
    http, invitation = by_invitation.http, invitations(by_invitation).make("ada@example.com")
    assert (await register(http, "ADA@example.com", invitation=invitation)).status_code == 201
    assert (await register(http, "ada@example.com", invitation=invitation)).status_code == 409


async def test_without_a_fitting_invitation_nobody_comes_in(by_invitation: Service) -> None:
    make = invitations(by_invitation).make
    for_bob, elsewhere = make("bob@example.com"), Invitations("the secret of another service", by_invitation.clock)
    for wrong in (None, "x", "é" * 50, for_bob, for_bob[:-4], elsewhere.make("ada@example.com")):
        answer = await register(by_invitation.http, "ada@example.com", invitation=wrong)
        assert (answer.status_code, answer.json()["code"]) == (403, "registration_closed")


async def test_an_invitation_is_valid_for_seven_days(by_invitation: Service) -> None:
    make = invitations(by_invitation).make
    for_ada, for_bob = make("ada@example.com"), make("bob@example.com")
    by_invitation.clock.move(days=6, hours=23)
    assert (await register(by_invitation.http, "ada@example.com", invitation=for_ada)).status_code == 201
    by_invitation.clock.move(hours=2)
    assert (await register(by_invitation.http, "bob@example.com", invitation=for_bob)).status_code == 403
