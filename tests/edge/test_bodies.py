"""Bodies that are too large, too deep, or not text at all: refused with a sentence, never with a 500."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from app.edge.guards import MAX_BODY_BYTES
from tests.conftest import Service
from tests.edge.served import Served
from tests.edge.test_problems import problem_of
from tests.factories.people import PASSWORD, Person

JSON = {"Content-Type": "application/json"}


async def _post(http: httpx.AsyncClient, content: bytes, path: str = "/auth/login") -> httpx.Response:
    return await http.post(path, content=content, headers=JSON)


async def test_a_body_as_large_as_allowed_is_taken(probed: Service) -> None:
    answer = await _post(probed.http, b"x" * MAX_BODY_BYTES, "/probes/size")
    assert answer.json() == MAX_BODY_BYTES


async def test_one_byte_more_is_refused_by_its_length(probed: Service) -> None:
    problem_of(await _post(probed.http, b"x" * (MAX_BODY_BYTES + 1), "/probes/size"), 413, "too_large")


async def test_a_body_without_a_length_is_counted_while_it_comes(probed: Service) -> None:
    async def pieces(count: int) -> AsyncIterator[bytes]:
        for _ in range(count):
            yield b"x" * (MAX_BODY_BYTES // 16)

    fits = await probed.http.post("/probes/size", content=pieces(16))
    assert fits.json() == MAX_BODY_BYTES
    problem_of(await probed.http.post("/probes/size", content=pieces(17)), 413, "too_large")
    problem_of(await probed.http.post("/auth/login", content=pieces(17), headers=JSON), 413, "too_large")


async def test_chunks_that_never_end_are_cut_off(server: Served) -> None:
    head = (
        b"POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n"
    )
    chunk = b"40000\r\n" + b"x" * 0x40000 + b"\r\n"
    answer = await server.send(head, *[chunk] * 5)
    assert (answer.status, answer.json()["code"]) == (413, "too_large")


async def test_a_length_is_believed_before_a_byte_is_read(server: Served) -> None:
    for length in (MAX_BODY_BYTES + 1, 10**12, 10**18):
        answer = await server.send(
            b"POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % length
        )
        assert (answer.status, answer.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"Content-Length: -5\r\n",
        b"Content-Length: five\r\n",
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    ],
    ids=str,
)
async def test_a_length_that_can_be_read_in_two_ways_is_refused(server: Served, head: bytes) -> None:
    answer = await server.send(b"POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\n" + head + b"\r\n{}   ")
    assert answer.status == 400


@pytest.mark.parametrize(
    "path", ["/auth/me%00", "/auth/sessions/%00", "/auth/me?x=%00", "/auth/me?%00=x", "/auth/me?x=a%00b"]
)
async def test_a_nul_in_an_address_is_refused(ada: Person, path: str) -> None:
    problem_of(await ada.get(path), 400, "bad_request")


@pytest.mark.parametrize(
    "body",
    [
        {"email": "ada\x00@example.com", "password": PASSWORD},
        {"email": "ada@example.com", "password": "\x00" * 20},
        {"email": "ada@example.com", "password": PASSWORD, "unknown": ["a", {"b": "\x00"}]},
        {"email": "ada@example.com", "password": PASSWORD, "unkn\x00wn": 1},
    ],
    ids=str,
)
async def test_a_nul_in_a_body_is_invalid(http: httpx.AsyncClient, body: Any) -> None:
    problem_of(await http.post("/auth/register", json=body), 422, "validation_failed")


@pytest.mark.parametrize("depth", [100, 300, 500, 700, 850, 1_000, 5_000, 100_000])
@pytest.mark.parametrize(("opens", "closes"), [("[", "]"), ('{"a":', "}")])
@pytest.mark.parametrize("place", ["whole", "known", "unknown"])
async def test_deep_json_is_answered(http: httpx.AsyncClient, depth: int, opens: str, closes: str, place: str) -> None:
    deep = opens * depth + "1" + closes * depth
    body = {
        "whole": deep,
        "known": f'{{"email": {deep}, "password": "x"}}',
        "unknown": f'{{"email": "nobody@example.com", "password": "wrong wrong", "more": {deep}}}',
    }[place]
    answer = await _post(http, body.encode())
    assert answer.status_code in (400, 401, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe\x00",
        b'{"email": "\xff\xfe", "password": "x"}',
        b"\xff\xfe{\x00}\x00",
        b'\xef\xbb\xbf{"email": "a@example.com"}',
        b"{",
        b"[",
        b"nul",
        b'{"email": "a", "email": "b"}',
        b'{"a": "\\ud800"}',
    ],
    ids=str,
)
async def test_what_is_no_json_text_is_refused(http: httpx.AsyncClient, content: bytes) -> None:
    answer = await _post(http, content)
    assert answer.status_code in (400, 422)
    problem_of(answer, answer.status_code, {400: "bad_request", 422: "validation_failed"}[answer.status_code])


@pytest.mark.parametrize("text", [r"\ud800", r"\udfff\ud800", r"a\udc00b"])
async def test_half_a_character_is_invalid_wherever_it_stands(http: httpx.AsyncClient, ada: Person, text: str) -> None:
    for body in (
        f'{{"email": "{text}", "password": "{PASSWORD}"}}',
        f'{{"email": "ada@example.com", "password": "{text}"}}',
    ):
        problem_of(await _post(http, body.encode(), "/auth/register"), 422, "validation_failed")
    key = await ada.post("/auth/api-keys", content=f'{{"name": "{text}", "scopes": ["{text}"]}}', headers=JSON)
    problem_of(key, 422, "validation_failed")


async def test_half_a_character_in_a_fields_name_is_invalid(admin: Person) -> None:
    answer = await admin.request(
        "PATCH", f"/admin/users/{await admin.id()}", content=r'{"\ud800": 1, "x": 2}', headers=JSON
    )
    problem_of(answer, 422, "validation_failed")


@pytest.mark.parametrize(
    "number", ["1" + "0" * 30, "1" + "0" * 5_000, "-1", "1e400", "NaN", "Infinity", "-Infinity", "1.5"]
)
async def test_a_number_out_of_this_world_is_refused(ada: Person, number: str) -> None:
    body = f'{{"name": "x", "scopes": ["read"], "expires_at": {number}}}'
    answer = await ada.post("/auth/api-keys", content=body, headers=JSON)
    problem_of(answer, answer.status_code, {400: "bad_request", 422: "validation_failed"}[answer.status_code])


@pytest.mark.parametrize("value", ["9" * 30, "9" * 5_000, "-9", "1e3", "٣", "0x10", "1_0"])
async def test_a_page_that_is_no_number_is_invalid(ada: Person, value: str) -> None:
    answer = await ada.get("/auth/sessions", params={"page": value})
    assert answer.status_code in (200, 422)
    assert value in ("1_0", "٣") or answer.status_code == 422


async def test_a_job_number_beyond_the_databases_is_invalid(admin: Person) -> None:
    for number in (2**63, 10**30, -1, 0):
        problem_of(await admin.post(f"/admin/jobs/{number}/retry"), 422, "validation_failed")
    problem_of(await admin.post(f"/admin/jobs/{2**63 - 1}/retry"), 404, "not_found")


@pytest.mark.parametrize("path", [b"/api/v1/auth/\xff\xfe", b"/api/v1/auth/me?q=\xff\xfe", b"/api/v1/auth/%ff%fe"])
async def test_bytes_that_are_no_text_in_an_address_are_answered(server: Served, path: bytes) -> None:
    answer = await server.send(b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert answer.status in (400, 401, 404)


async def test_a_header_without_end_is_refused(server: Served) -> None:
    answer = await server.request("GET", "/api/v1/health", "X-Long: " + "x" * 200_000)
    assert answer.status in (200, 400, 431)


async def test_of_two_authorization_headers_the_second_opens_nothing(server: Served, probed: Service) -> None:
    ada = await probed.person()
    good, bad = f"Authorization: Bearer {ada.access_token}", "Authorization: Bearer nonsense"
    assert (await server.request("GET", "/api/v1/auth/me", bad, good)).status == 401
