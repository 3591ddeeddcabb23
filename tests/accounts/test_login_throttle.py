"""Guessing is slowed down, a little more each time; nobody is ever locked out."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from tests.conftest import Service
from tests.factories.people import PASSWORD

FREE = 5  # attempts from one address before the first delay
DELAYS = [1, 2, 4, 8, 16, 32, 60, 60]


@pytest.fixture
async def limited(own_service: Callable[..., Any]) -> AsyncIterator[Service]:
    async with own_service(rate_limits="on") as service:
        yield service


def from_address(service: Service, address: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(service.app, client=(address, 4711))
    return httpx.AsyncClient(transport=transport, base_url="http://localhost/api/v1")


async def guess(http: httpx.AsyncClient, email: str, password: str = "a guess") -> httpx.Response:
    return await http.post("/auth/login", json={"email": email, "password": password})


async def use_up_the_free_ones(http: httpx.AsyncClient, email: str) -> None:
    for _ in range(FREE):
        assert (await guess(http, email)).status_code == 401


def wait_told(answer: httpx.Response) -> int:
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    return int(answer.headers["Retry-After"])


@pytest.mark.parametrize("known", [True, False])
async def test_the_delay_grows_and_then_stays_at_a_minute(limited: Service, known: bool) -> None:
    """For an address nobody has as well: nobody learns which exist."""
    email = (await limited.person()).email if known else "nobody@example.com"
    await use_up_the_free_ones(limited.http, email)
    for delay in DELAYS:
        assert wait_told(await guess(limited.http, email)) == delay
        limited.clock.move(seconds=delay + 0.1)
        assert (await guess(limited.http, email)).status_code == 401


async def test_the_right_password_works_after_every_delay(limited: Service) -> None:
    ada = await limited.person()
    await use_up_the_free_ones(limited.http, ada.email)
    limited.clock.move(seconds=1.1)
    await guess(limited.http, ada.email)
    assert wait_told(await guess(limited.http, ada.email, PASSWORD)) == 2
    limited.clock.move(seconds=2.1)
    assert (await guess(limited.http, ada.email, PASSWORD)).status_code == 200


async def test_the_right_password_clears_the_failures(limited: Service) -> None:
    ada = await limited.person()
    for _ in range(FREE - 1):
        await guess(limited.http, ada.email)
    assert (await guess(limited.http, ada.email, PASSWORD)).status_code == 200
    await use_up_the_free_ones(limited.http, ada.email)


async def test_asking_again_too_early_does_not_prolong_the_delay(limited: Service) -> None:
    await use_up_the_free_ones(limited.http, "nobody@example.com")
    for _ in range(10):
        assert wait_told(await guess(limited.http, "nobody@example.com")) == 1
    limited.clock.move(seconds=1.1)
    assert (await guess(limited.http, "nobody@example.com")).status_code == 401


async def test_failures_are_forgotten_after_an_hour(limited: Service) -> None:
    await use_up_the_free_ones(limited.http, "nobody@example.com")
    limited.clock.move(hours=1, seconds=5)
    await use_up_the_free_ones(limited.http, "nobody@example.com")


async def test_other_spellings_of_an_address_are_the_same_account(limited: Service) -> None:
    ada = await limited.person()
    for spelling in (ada.email, ada.email.upper(), f" {ada.email}", f"{ada.email} ", ada.email.title()):
        assert (await guess(limited.http, spelling)).status_code == 401
    assert wait_told(await guess(limited.http, ada.email)) == 1


async def test_guesses_made_at_once_do_not_slip_through(limited: Service) -> None:
    ada = await limited.person()
    answers = await asyncio.gather(*(guess(limited.http, ada.email) for _ in range(30)))
    assert Counter(answer.status_code for answer in answers) == {401: FREE, 429: 30 - FREE}
    limited.clock.move(minutes=2)
    answers = await asyncio.gather(*(guess(limited.http, ada.email) for _ in range(20)))
    assert Counter(answer.status_code for answer in answers) == {401: 1, 429: 19}


async def test_a_stranger_s_guesses_do_not_slow_the_owner_down(limited: Service) -> None:
    ada = await limited.person()
    async with from_address(limited, "203.0.113.66") as stranger:
        await use_up_the_free_ones(stranger, ada.email)
        assert wait_told(await guess(stranger, ada.email)) == 1
        assert (await guess(limited.http, ada.email, PASSWORD)).status_code == 200
        assert wait_told(await guess(stranger, ada.email)) == 1


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/auth/password", {"current": "a guess", "new": "a new long password"}),
        ("POST", "/auth/email", {"email": "new@example.com", "password": "a guess"}),
        ("DELETE", "/account", {"password": "a guess"}),
    ],
)
async def test_guessing_the_password_from_within_is_slowed_down_alike(
    limited: Service, method: str, path: str, body: dict[str, str]
) -> None:
    ada = await limited.person()
    answers = await asyncio.gather(*(ada.request(method, path, json=body) for _ in range(15)))
    assert Counter(answer.status_code for answer in answers) == {401: FREE, 429: 15 - FREE}
    limited.clock.move(minutes=2)
    right = {name: PASSWORD if value == "a guess" else value for name, value in body.items()}
    assert (await ada.request(method, path, json=right)).status_code in (202, 204)


async def test_routes_without_an_account_allow_sixty_requests_a_minute_from_an_address(limited: Service) -> None:
    async def ask(http: httpx.AsyncClient) -> httpx.Response:
        return await http.post("/auth/refresh", json={"refresh_token": "x"})

    answers = [await ask(limited.http) for _ in range(61)]
    assert [answer.status_code for answer in answers] == [401] * 60 + [429]
    assert (answers[0].headers["X-RateLimit-Limit"], answers[0].headers["X-RateLimit-Remaining"]) == ("60", "59")
    assert 1 <= wait_told(answers[60]) <= 60
    async with from_address(limited, "203.0.113.5") as elsewhere:
        assert (await ask(elsewhere)).status_code == 401
    limited.clock.move(seconds=61)
    assert (await ask(limited.http)).status_code == 401


async def test_an_account_has_a_bucket_of_its_own(limited: Service) -> None:
    ada, bob = await limited.person(), await limited.person()
    answers = [await ada.get("/auth/me") for _ in range(21)]
    assert [answer.status_code for answer in answers] == [200] * 20 + [429]
    assert answers[19].headers["X-RateLimit-Remaining"] == "0"
    assert (await bob.get("/auth/me")).status_code == 200
