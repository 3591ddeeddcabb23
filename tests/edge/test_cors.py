"""Which pages may call from a browser, and that they can read every answer: errors too."""

import httpx
import pytest

from tests.conftest import Service

ALLOWED = ["app://adiuva", "app://x", "http://localhost:5173", "http://localhost:80"]
REFUSED = [
    "https://evil.example",
    "http://localhost.evil.example:5173",
    "http://evil.example/http://localhost:5173",
    "https://localhost:5173",
    "http://localhost:5173.evil.example",
    "http://localhost:1@evil.example",
    "app://",
    "xapp://x",
    "file://",
    "null",
]


@pytest.mark.parametrize("origin", ALLOWED)
async def test_a_page_of_ours_may_call_and_read(http: httpx.AsyncClient, origin: str) -> None:
    answer = await http.get("/health", headers={"Origin": origin})
    assert answer.headers["access-control-allow-origin"] == origin
    assert "origin" in answer.headers["vary"].lower()
    readable = answer.headers["access-control-expose-headers"].lower()
    assert {"retry-after", "x-request-id", "x-ratelimit-remaining"} <= set(readable.split(", "))


@pytest.mark.parametrize("origin", [origin for origin in REFUSED if origin != "app://"])
async def test_another_page_may_not(http: httpx.AsyncClient, origin: str) -> None:
    answer = await http.get("/health", headers={"Origin": origin})
    assert "access-control-allow-origin" not in answer.headers


async def test_no_page_sends_cookies(http: httpx.AsyncClient) -> None:
    answer = await http.get("/health", headers={"Origin": ALLOWED[0]})
    assert "access-control-allow-credentials" not in answer.headers


def _preflight(origin: str, method: str = "POST", headers: str = "authorization, content-type") -> dict[str, str]:
    return {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}


@pytest.mark.parametrize("origin", ALLOWED)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
async def test_a_page_of_ours_is_let_through_by_a_preflight(http: httpx.AsyncClient, origin: str, method: str) -> None:
    headers = "authorization, content-type, idempotency-key, if-match, x-request-id"
    answer = await http.options("/auth/login", headers=_preflight(origin, method, headers))
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == origin
    assert method in answer.headers["access-control-allow-methods"]
    assert answer.headers["x-request-id"]
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("origin", [origin for origin in REFUSED if origin != "app://"])
async def test_another_page_is_not_let_through_by_a_preflight(http: httpx.AsyncClient, origin: str) -> None:
    answer = await http.options("/auth/login", headers=_preflight(origin))
    assert answer.status_code == 400
    assert "access-control-allow-origin" not in answer.headers


async def test_a_header_of_somebodys_own_is_not_let_through(http: httpx.AsyncClient) -> None:
    answer = await http.options("/auth/login", headers=_preflight(ALLOWED[0], headers="x-forwarded-for"))
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/auth/me", 401),
        ("/nothing", 404),
        ("/auth/login", 405),
        ("/auth/me?x=%00", 400),
        ("/probes/bug", 500),
    ],
)
async def test_a_page_of_ours_can_read_errors(probed: Service, path: str, status: int) -> None:
    answer = await probed.http.get(path, headers={"Origin": ALLOWED[0]})
    assert answer.status_code == status
    assert answer.headers["access-control-allow-origin"] == ALLOWED[0]
    assert "x-request-id" in answer.headers["access-control-expose-headers"].lower()


async def test_a_page_of_ours_can_read_that_its_body_was_too_large(probed: Service) -> None:
    answer = await probed.http.post("/probes/size", content=b"x" * 2_000_000, headers={"Origin": ALLOWED[0]})
    assert answer.status_code == 413
    assert answer.headers["access-control-allow-origin"] == ALLOWED[0]
