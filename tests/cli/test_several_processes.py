"""WEB_CONCURRENCY above one: gunicorn, sharing state through Redis and Postgres."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Serve
from tests.cli.service import children_of
from tests.edge.redis_server import RedisServer

pytestmark = pytest.mark.faults  # slow, and of what changes rarely: make faults


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    with RedisServer(tmp_path) as redis:
        yield redis


def test_two_processes_answer_as_one_service(
    new_folder: Path, fresh_database_url: str, redis: RedisServer, serve: Serve
) -> None:
    service = serve(
        new_folder,
        DATABASE_URL=fresh_database_url,
        REDIS_URL=redis.url,
        WEB_CONCURRENCY="2",
        RATE_LIMITS="off",
        METRICS_TOKEN="the-token-of-prometheus",
        LOG_FORMAT="json",
    )
    workers = children_of(service.process.pid)
    assert len(workers) >= 2
    tokens = service.register("ada@example.com")

    # Every request is a connection of its own: the kernel hands them to both.
    seen = Counter(service.request("GET", "/auth/me", tokens["access_token"]).status_code for _ in range(60))
    assert seen == {200: 60}
    metrics = service.request("GET", "/metrics", "the-token-of-prometheus").text
    (counted,) = re.findall(
        r'adiuva_request_seconds_count\{method="GET",route="/api/v1/auth/me",status="200"\} ([\d.]+)', metrics
    )
    assert float(counted) == 60
    folder = _metrics_folder(workers)
    assert len(list(folder.glob("histogram_*.db"))) == 2, "both have answered"

    body = {"refresh_token": tokens["refresh_token"]}
    assert service.request("POST", "/auth/logout", tokens["access_token"], json=body).status_code == 204
    seen = Counter(service.request("GET", "/auth/me", tokens["access_token"]).status_code for _ in range(40))
    assert seen == {401: 40}, "signed out in both at once"
    assert service.stop() == 0
    told = [json.loads(line)["event"] for line in service.said().splitlines()]
    assert {"Started server process", "Shutting down: Master", "request_answered"} <= {
        event.partition(" [")[0] for event in told
    }, "gunicorn's lines, the server's and ours: all are JSON"


def _metrics_folder(workers: list[int]) -> Path:
    opened = {file.resolve() for worker in workers for file in Path(f"/proc/{worker}/fd").iterdir()}
    (folder,) = {file.parent for file in opened if file.suffix == ".db"}
    return folder


@pytest.mark.faults
def test_two_processes_share_the_limits(
    new_folder: Path, fresh_database_url: str, redis: RedisServer, serve: Serve
) -> None:
    service = serve(new_folder, DATABASE_URL=fresh_database_url, REDIS_URL=redis.url, WEB_CONCURRENCY="2")
    token = service.register("ada@example.com")["access_token"]
    answers = [service.request("GET", "/auth/me", token) for _ in range(30)]
    assert Counter(answer.status_code for answer in answers) == {200: 20, 429: 10}
    assert service.stop() == 0
