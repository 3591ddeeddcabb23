"""What no route foresaw: bugs, and a database that is away."""

from pathlib import Path

import httpx
import pytest
from sqlalchemy.exc import OperationalError

from app.edge.problems import database_is_away
from tests.conftest import Cluster, make_settings, running
from tests.edge.served import Served
from tests.edge.test_problems import problem_of


async def test_a_bug_after_the_answer_has_begun_cuts_it_off(server: Served) -> None:
    answer = await server.request("GET", "/api/v1/probes/late-bug")
    assert b"the first half" in answer.body
    assert not answer.body.endswith(b"0\r\n\r\n"), "an answer that broke off must not look whole"
    assert (await server.request("GET", "/api/v1/health")).status == 200


async def test_while_the_database_is_away_requests_are_told_to_come_back(cluster: Cluster, tmp_path: Path) -> None:
    url = cluster.clone("soon_away")
    try:
        async with running(make_settings(url, tmp_path), with_worker=False) as service:
            ada = await service.person()
            cluster.run("ALTER DATABASE soon_away CONNECTION LIMIT 0")
            cluster.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'soon_away'")
            for answer in (
                await ada.get("/auth/me"),
                await ada.get("/auth/sessions"),
                await service.http.post("/auth/refresh", json={"refresh_token": ada.refresh_token}),
            ):
                problem_of(answer, 503, "database_unavailable")
                assert int(answer.headers["retry-after"]) >= 1
            assert (await service.http.get("/health")).status_code == 200
            assert (await service.http.get("/health/ready")).status_code == 503
            cluster.run("ALTER DATABASE soon_away CONNECTION LIMIT -1")
            assert (await ada.get("/auth/me")).status_code == 200
            assert (await service.http.get("/health/ready")).status_code == 200
    finally:
        cluster.drop("soon_away")


@pytest.mark.parametrize("error", [TimeoutError(), ConnectionRefusedError(), OSError("no route")], ids=repr)
def test_a_network_that_fails_is_no_bug(error: Exception) -> None:
    assert database_is_away(error)
    assert database_is_away(OperationalError("SELECT", {}, error))


@pytest.mark.parametrize("error", [ValueError(), KeyError("user_id"), httpx.HTTPError("x")], ids=repr)
def test_a_bug_is_not_blamed_on_the_database(error: Exception) -> None:
    assert not database_is_away(error)
    assert not database_is_away(OperationalError("SELECT", {}, error))


def test_causes_in_a_circle_are_followed_once() -> None:
    one, two = ValueError(), KeyError()
    one.__cause__, two.__cause__ = two, one
    assert not database_is_away(one)
    two.__cause__ = TimeoutError()
    assert database_is_away(one)
