"""Every answer carries the id that stands in the log lines of its request."""

from uuid import UUID

import httpx
import pytest

from tests.conftest import Service
from tests.edge.served import Served


async def test_an_id_is_made_when_none_is_given(http: httpx.AsyncClient) -> None:
    first, second = await http.get("/health"), await http.get("/health")
    assert UUID(first.headers["x-request-id"]) != UUID(second.headers["x-request-id"])


@pytest.mark.parametrize("given", ["abc", "01J9Z3K8.trace:7-x_y", "a" * 128])
async def test_a_given_id_is_taken_and_returned(http: httpx.AsyncClient, given: str) -> None:
    answer = await http.get("/health", headers={"X-Request-ID": given})
    assert answer.headers.get_list("x-request-id") == [given]


@pytest.mark.parametrize("given", ["", "a" * 129, "two words", "<script>", "ünïcode", "a\tb", "a;b", '{"a":1}'])
async def test_an_odd_id_is_replaced(http: httpx.AsyncClient, given: str) -> None:
    answer = await http.get("/health", headers=[(b"X-Request-ID", given.encode())])
    assert str(UUID(answer.headers["x-request-id"])) == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("path", "status"),
    [("/auth/me", 401), ("/nothing", 404), ("/auth/login", 405), ("/probes/bug", 500), ("/auth/me?x=%00", 400)],
)
async def test_errors_carry_it_too(probed: Service, path: str, status: int) -> None:
    answer = await probed.http.get(path, headers={"X-Request-ID": "mine-1"})
    assert (answer.status_code, answer.headers["x-request-id"]) == (status, "mine-1")


async def test_of_two_given_ids_one_is_returned_once(server: Served) -> None:
    answer = await server.request("GET", "/api/v1/health", "X-Request-ID: one", "X-Request-ID: two")
    assert answer.headers.get_all("x-request-id") == ["one"]


async def test_an_id_cannot_add_headers(server: Served) -> None:
    answer = await server.request("GET", "/api/v1/health", "X-Request-ID: one%0d%0aSet-Cookie: a=b")
    assert answer.headers["set-cookie"] is None
    assert str(UUID(answer.headers["x-request-id"])) == answer.headers["x-request-id"]
