"""Every answer, errors included, tells browsers to trust it as little as possible."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.conftest import Service

ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-site",
}
ADDRESSES = [
    ("GET", "/api/v1/health", 200),
    ("GET", "/api/v1/auth/me", 401),
    ("GET", "/api/v1/nothing", 404),
    ("GET", "/api/v1/auth/login", 405),
    ("POST", "/api/v1/auth/login", 422),
    ("GET", "/api/v1/auth/me?x=%00", 400),
    ("GET", "/api/v1/probes/bug", 500),
    ("GET", "/", 307),
    ("GET", "/docs", 200),
    ("GET", "/verify-email", 200),
    ("GET", "/reset-password", 200),
    ("GET", "/openapi.json", 200),
    ("GET", "/assets/docs.js", 200),
    ("GET", "/assets/nothing.js", 404),
]


@pytest.mark.parametrize(("method", "path", "status"), ADDRESSES)
async def test_every_answer_carries_them_once(probed: Service, method: str, path: str, status: int) -> None:
    answer = await probed.http.request(method, f"http://localhost{path}")
    assert answer.status_code == status
    for name, value in ALWAYS.items():
        assert answer.headers.get_list(name) == [value]
    assert len(answer.headers.get_list("content-security-policy")) == 1
    assert len(answer.headers.get_list("cache-control")) == 1
    assert "server" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path"), [(method, path) for method, path, _ in ADDRESSES if path.startswith("/api/") or "json" in path]
)
async def test_an_answer_of_the_api_is_not_kept_and_runs_nothing(probed: Service, method: str, path: str) -> None:
    answer = await probed.http.request(method, f"http://localhost{path}")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"


async def test_too_large_a_body_carries_them_too(http: httpx.AsyncClient) -> None:
    answer = await http.post("/auth/login", content=b"x" * 2_000_000)
    assert answer.status_code == 413
    assert ALWAYS.items() <= dict(answer.headers).items()


@pytest.mark.parametrize(
    ("url", "told"), [("https://api.example.com", True), ("http://localhost:8000", False), (None, False)]
)
async def test_browsers_are_told_to_stay_with_https_where_it_is_served(
    own_service: Callable[..., Any], url: str | None, told: bool
) -> None:
    async with own_service(public_url=url, with_worker=False) as service:
        answer = await service.http.get("/health")
        assert ("strict-transport-security" in answer.headers) == told
