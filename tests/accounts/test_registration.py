import asyncio

import httpx

from tests.conftest import Service
from tests.factories.people import PASSWORD, Person


async def test_a_new_account_is_signed_in_and_works_before_its_address_is_verified(service: Service) -> None:
    ada = await service.person(email="ada.lovelace@example.com")
    me = (await ada.get("/auth/me")).json()
    assert me["email"] == "ada.lovelace@example.com"
    assert (me["tier"], me["is_admin"], me["email_verified"]) == ("free", False, False)


async def test_an_address_is_one_account_however_it_is_written(service: Service, ada: Person) -> None:
    again = {"email": f"  {ada.email.upper()} ", "password": PASSWORD}
    answer = await service.http.post("/auth/register", json=again)
    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")


async def test_twenty_registrations_of_one_address_at_once_make_one_account(http: httpx.AsyncClient) -> None:
    body = {"email": "crowd@example.com", "password": PASSWORD}
    answers = await asyncio.gather(*(http.post("/auth/register", json=body) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19
