"""Several processes count together, in Redis; and a Redis that is away is no reason not to answer."""

import gc
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from app.config import Settings
from tests.conftest import Service, running
from tests.edge.redis_server import RedisServer
from tests.factories.people import Person


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    with RedisServer(tmp_path) as redis:
        yield redis


@pytest.fixture
def another(settings: Settings, redis: RedisServer) -> Callable[[], Any]:
    """Start one process's service; all of them share database, keys and Redis."""

    @asynccontextmanager
    async def start() -> AsyncIterator[Service]:
        limited = settings.model_copy(update={"redis_url": redis.url, "rate_limits": "on"})
        async with running(limited, with_worker=False) as service:
            yield service

    return start


def _through(service: Service, person: Person) -> Person:
    return Person(service.http, person.email, person.password, person.access_token, person.refresh_token)


async def test_two_services_share_the_limits(another: Callable[[], Any]) -> None:
    async with another() as one, another() as two:
        ada = await one.person()
        answers = []
        for _ in range(10):
            answers += [await ada.get("/auth/me"), await _through(two, ada).get("/auth/me")]
        assert [int(answer.headers["x-ratelimit-remaining"]) for answer in answers] == list(range(19, -1, -1))
        for service in (one, two):
            refused = await _through(service, ada).get("/auth/me")
            assert refused.status_code == 429
            assert 1 <= int(refused.headers["retry-after"]) <= 61


# redis-py leaves a connection that broke to the garbage collector, which complains.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_without_redis_requests_are_answered_and_with_it_counted_again(
    another: Callable[[], Any], redis: RedisServer
) -> None:
    async with another() as service:
        ada = await service.person()
        assert (await ada.get("/auth/me")).headers["x-ratelimit-limit"] == "20"
        redis.kill()
        answers = [await ada.get("/auth/me") for _ in range(25)]
        assert {answer.status_code for answer in answers} == {200}
        assert "x-ratelimit-limit" not in answers[-1].headers
        assert (await ada.sign_in_again()).access_token
        ready = await service.http.get("/health/ready")
        assert (ready.status_code, ready.json()["checks"]["redis"]) == (503, "down")
        redis.start()
        assert (await ada.get("/auth/me")).headers["x-ratelimit-limit"] == "20"
        assert (await service.http.get("/health/ready")).status_code == 200
    gc.collect()


async def test_a_redis_that_hangs_does_not_hang_the_service(another: Callable[[], Any], redis: RedisServer) -> None:
    async with another() as service:
        ada = await service.person()
        assert redis._process is not None
        os.kill(redis._process.pid, signal.SIGSTOP)
        try:
            started = time.monotonic()
            assert (await ada.get("/auth/me", timeout=20)).status_code == 200
            assert time.monotonic() - started < 5
        finally:
            os.kill(redis._process.pid, signal.SIGCONT)
