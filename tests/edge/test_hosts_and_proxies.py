"""Whom the service answers, and whose word it takes for where a request comes from."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from tests.conftest import Service
from tests.factories.people import Person

OwnService = Callable[..., Any]


@asynccontextmanager
async def _calling_from(service: Service, address: str) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(service.app, client=(address, 50000))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost/api/v1") as http:
        yield http


async def _recorded_address(http: httpx.AsyncClient, **headers: str) -> str:
    """What the sessions list says of somebody who signs in through this client."""
    ada = await Person.register(http)
    signed_in = await http.post("/auth/login", json={"email": ada.email, "password": ada.password}, headers=headers)
    auth = {"Authorization": f"Bearer {signed_in.json()['access_token']}"}
    sessions = (await http.get("/auth/sessions", headers=auth)).json()["items"]
    return str(next(each["address"] for each in sessions if each["current"]))


@pytest.mark.parametrize(
    "host", ["api.example.com", "API.example.com", "api.example.com:8443", "x.inner.example", "a.b.inner.example"]
)
async def test_a_trusted_host_is_answered(own_service: OwnService, host: str) -> None:
    async with own_service(trusted_hosts="api.example.com, *.inner.example", with_worker=False) as service:
        assert (await service.http.get("/auth/me", headers={"Host": host})).status_code == 401


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "inner.example",
        "api.example.com.evil.example",
        "evil.example/api.example.com",
        "apixexample.com",
        "",
    ],
)
async def test_another_host_is_refused(own_service: OwnService, host: str) -> None:
    async with own_service(trusted_hosts="api.example.com, *.inner.example", with_worker=False) as service:
        answer = await service.http.get("/auth/me", headers={"Host": host})
        assert (answer.status_code, answer.json()["code"]) == (400, "unknown_host")


async def test_health_answers_whatever_the_host_is(own_service: OwnService) -> None:
    async with own_service(trusted_hosts="api.example.com", with_worker=False) as service:
        for path in ("http://10.0.0.7/health", "http://10.0.0.7/api/v1/health", "http://10.0.0.7/api/v1/health/ready"):
            assert (await service.http.get(path)).status_code == 200


async def test_without_proxies_nobody_is_believed_about_an_address(service: Service) -> None:
    async with _calling_from(service, "203.0.113.7") as http:
        headers = {"X-Forwarded-For": "198.51.100.1", "Forwarded": "for=198.51.100.2", "X-Real-IP": "198.51.100.3"}
        assert await _recorded_address(http, **headers) == "203.0.113.7"


async def test_a_trusted_proxy_is_believed_and_nobody_else(own_service: OwnService) -> None:
    async with own_service(trusted_proxies="10.0.0.1, 10.1.0.0/16", with_worker=False) as service:
        forwarded = {"X-Forwarded-For": "198.51.100.1"}
        for proxy in ("10.0.0.1", "10.1.2.3"):
            async with _calling_from(service, proxy) as http:
                assert await _recorded_address(http, **forwarded) == "198.51.100.1"
        async with _calling_from(service, "10.0.0.2") as http:
            assert await _recorded_address(http, **forwarded) == "10.0.0.2"


async def test_what_the_client_added_itself_is_not_believed(own_service: OwnService) -> None:
    start = own_service(trusted_proxies="10.0.0.1", with_worker=False)
    async with start as service, _calling_from(service, "10.0.0.1") as http:
        assert await _recorded_address(http, **{"X-Forwarded-For": "127.0.0.1, 198.51.100.1"}) == "198.51.100.1"


async def test_a_client_cannot_escape_its_limit_by_naming_other_addresses(own_service: OwnService) -> None:
    async with (
        own_service(rate_limits="on", with_worker=False) as service,
        _calling_from(service, "203.0.113.7") as http,
    ):
        answers = [
            await http.post(
                "/auth/refresh", json={"refresh_token": "x"}, headers={"X-Forwarded-For": f"198.51.100.{n}"}
            )
            for n in range(61)
        ]
        assert [answer.status_code for answer in answers] == [401] * 60 + [429]


async def test_clients_behind_a_trusted_proxy_have_limits_of_their_own(own_service: OwnService) -> None:
    start = own_service(rate_limits="on", trusted_proxies="10.0.0.1", with_worker=False)
    async with start as service, _calling_from(service, "10.0.0.1") as http:
        body = {"refresh_token": "x"}
        for _ in range(60):
            await http.post("/auth/refresh", json=body, headers={"X-Forwarded-For": "198.51.100.1"})
        first = await http.post("/auth/refresh", json=body, headers={"X-Forwarded-For": "198.51.100.1"})
        second = await http.post("/auth/refresh", json=body, headers={"X-Forwarded-For": "198.51.100.2"})
        assert (first.status_code, second.status_code) == (429, 401)
