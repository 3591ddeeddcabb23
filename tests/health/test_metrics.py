"""What Prometheus is told: how long which routes take, and nothing that anybody sent."""

import re
from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from app.config import Settings
from app.edge.request_scope import _template
from tests.conftest import Service, running
from tests.surface.routes import all_routes

TOKEN = "the-token-of-prometheus"


@pytest.fixture(scope="module")
async def measured(settings: Settings) -> AsyncIterator[Service]:
    own = settings.model_copy(update={"metrics_token": SecretStr(TOKEN)})
    async with running(own, with_worker=False) as service:
        yield service


async def _metrics(http: httpx.AsyncClient) -> str:
    answer = await http.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    return answer.text


def _count(metrics: str, **labels: str) -> float:
    """How many requests with these labels."""
    return sum(
        sample.value
        for family in text_string_to_metric_families(metrics)
        for sample in family.samples
        if sample.name == "adiuva_request_seconds_count" and labels.items() <= sample.labels.items()
    )


async def test_without_a_token_in_the_settings_there_is_nothing(http: httpx.AsyncClient) -> None:
    for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": "Bearer None"}):
        answer = await http.get("/metrics", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_it_takes_its_own_token_and_no_other(measured: Service) -> None:
    ada = await measured.person()
    wrong = ["", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", TOKEN + " "]
    for value in [*wrong, f"Bearer {ada.access_token}"]:
        answer = await measured.http.get("/metrics", headers={"Authorization": value})
        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated"), value
    await _metrics(measured.http)


async def test_a_request_is_counted_under_method_route_and_status(measured: Service) -> None:
    labels = {"method": "GET", "route": "/api/v1/auth/me", "status": "200"}
    ada = await measured.person()
    before = _count(await _metrics(measured.http), **labels)
    for _ in range(3):
        await ada.get("/auth/me")
    assert _count(await _metrics(measured.http), **labels) == before + 3


async def test_times_fall_into_buckets(measured: Service) -> None:
    await measured.http.get("/health")
    metrics = await _metrics(measured.http)
    bounds = re.findall(r'adiuva_request_seconds_bucket\{le="([^"]+)",method="GET",route="/api/v1/health"', metrics)
    assert bounds == ["0.005", "0.025", "0.1", "0.5", "2.5", "10.0", "+Inf"]


@pytest.mark.parametrize(
    "name", ["api", "v1", "v", "a", "auth", "sessions", "s", str(UUID(int=7)), "%7Bid%7D", "x%20y"]
)
async def test_what_a_client_puts_into_a_path_is_no_label(measured: Service, name: str) -> None:
    before = _routes(await _metrics(measured.http))
    await measured.http.delete(f"/auth/sessions/{name}")
    await measured.http.get(f"/made-up/{name}")
    await measured.http.get(f"http://localhost/assets/{name}")
    new = _routes(await _metrics(measured.http)) - before
    assert new <= {"/api/v1/auth/sessions/{id}", "/assets/{name}", "unmatched", "/api/v1/metrics"}


def _routes(metrics: str) -> set[str]:
    return set(re.findall(r'route="([^"]+)"', metrics))


async def test_every_route_is_told_by_its_template(measured: Service) -> None:
    before = _routes(await _metrics(measured.http))
    for route in all_routes():
        if route.method != "HEAD":
            await measured.http.request(route.method, f"http://localhost{re.sub(r'{.*?}', 'v1', route.path)}")
    told = _routes(await _metrics(measured.http))
    templates = {route.path for route in all_routes()} - {"/openapi.json"}
    assert templates <= told
    assert told - before <= templates | {"/openapi.json"}


def test_a_path_that_no_route_took_is_not_told() -> None:
    assert _template({"type": "http", "path": "/made/up"}) == "unmatched"


async def test_a_value_with_slashes_is_no_part_of_a_routes_name(measured: Service) -> None:
    person, route = await measured.person(), "/api/v1/memory/core/{key}"
    before = _count(await _metrics(measured.http), method="PUT", route=route)
    await person.request("PUT", "/memory/core/SECRET%2Fa%2Fb%2Fc%2Fd", json={"value": "x"})
    told = await _metrics(measured.http)
    assert _count(told, method="PUT", route=route) == before + 1
    assert "SECRET" not in told
