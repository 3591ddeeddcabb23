"""What load balancers ask."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from app.health.checks import TIMEOUT_S, Check, Readiness
from app.version import VERSION
from tests.conftest import Service


async def test_the_process_says_that_it_is_up_and_which_version(http: httpx.AsyncClient) -> None:
    for address in ("http://localhost/health", "http://localhost/api/v1/health"):
        answer = await http.get(address)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok", "version": VERSION})


@pytest.mark.parametrize("address", ["/health", "/api/v1/health", "/api/v1/health/ready"])
async def test_a_probe_may_ask_for_the_headers_alone(http: httpx.AsyncClient, address: str) -> None:
    assert (await http.head(f"http://localhost{address}")).status_code in (200, 503)


async def test_it_is_ready_when_database_and_scheduler_are(service: Service) -> None:
    async with asyncio.timeout(10):
        while (answer := await service.http.get("/health/ready")).status_code != 200:  # noqa: ASYNC110 - a test looks from outside
            await asyncio.sleep(0.05)
    assert answer.json() == {"status": "ready", "checks": {"database": "ok", "scheduler": "ok"}}


async def test_a_process_without_a_worker_is_not_asked_for_one(own_service: Callable[..., Any]) -> None:
    async with own_service(with_worker=False) as service:
        assert (await service.http.get("/health/ready")).json()["checks"] == {"database": "ok"}


async def test_a_stopping_service_is_not_ready_but_up(own_service: Callable[..., Any]) -> None:
    async with own_service(with_worker=False) as service:
        service.app.state.readiness.stopping = True
        answer = await service.http.get("/health/ready")
        assert (answer.status_code, answer.json()["status"]) == (503, "not_ready")
        assert answer.json()["checks"]["service"] == "stopping"
        assert (await service.http.get("/health")).status_code == 200


async def test_a_part_that_hangs_or_fails_is_down_within_two_seconds() -> None:
    async def hangs() -> bool:
        await asyncio.sleep(60)
        return True

    async def hangs_on() -> bool:
        """As a pool does that waits for a database to take a connection back."""
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(60)
        return True

    async def fails() -> bool:
        raise ConnectionError

    async def holds() -> bool:
        return True

    async def holds_not() -> bool:
        return False

    checks: dict[str, Check] = {
        "hangs": hangs,
        "hangs on": hangs_on,
        "fails": fails,
        "holds": holds,
        "holds not": holds_not,
    }
    started = time.monotonic()
    states = await Readiness(checks).states()
    assert time.monotonic() - started < TIMEOUT_S + 0.5
    assert states == {"hangs": "down", "hangs on": "down", "fails": "down", "holds": "ok", "holds not": "down"}
