"""Every error is one shape with a stable code, and none repeats what was sent."""

from typing import Any

import httpx
import pytest

from tests.conftest import Service
from tests.edge.conftest import SECRET
from tests.factories.people import Person

PASSWORD = "correct-horse-that-must-never-be-seen-again"


def problem_of(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert (body["status"], body["code"], body["type"]) == (status, code, f"urn:adiuva:problem:{code}")
    assert body["title"]
    assert body["detail"]
    return body


@pytest.mark.parametrize("path", ["/nothing", "/auth", "/auth/me/more", "/../../etc/passwd"])
async def test_an_unknown_address_is_not_found(http: httpx.AsyncClient, path: str) -> None:
    problem_of(await http.get(path), 404, "not_found")


async def test_what_is_not_ours_is_not_found_in_the_same_words_as_a_wrong_address_outside_the_api(
    http: httpx.AsyncClient,
) -> None:
    problem_of(await http.get("http://localhost/wp-login.php"), 404, "not_found")
    problem_of(await http.get("http://localhost/assets/..%2f..%2fconfig.py"), 404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/auth/login", "POST"),
        ("PUT", "/auth/me", "GET"),
        ("DELETE", "/auth/sessions", "GET"),
        ("GET", "/auth/sessions/0d1d0a2c-8c9e-4b2c-9d52-0f2f0a2b7b1c", "DELETE"),
        ("POST", "/health", "GET, HEAD"),
        ("TRACE", "/auth/me", "GET"),
    ],
)
async def test_a_method_that_is_not_taken_is_told_which_are(
    http: httpx.AsyncClient, method: str, path: str, allowed: str
) -> None:
    answer = await http.request(method, path)
    problem_of(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == allowed


async def test_a_path_with_several_methods_names_them_all(http: httpx.AsyncClient) -> None:
    answer = await http.put("/auth/api-keys")
    problem_of(answer, 405, "method_not_allowed")
    assert set(answer.headers["allow"].replace(" ", "").split(",")) == {"GET", "POST"}


async def test_every_invalid_field_is_listed_with_a_code_and_without_its_value(http: httpx.AsyncClient) -> None:
    answer = await http.post("/auth/register", json={"email": 7, "password": [PASSWORD], "invitation": {"a": PASSWORD}})
    body = problem_of(answer, 422, "validation_failed")
    assert [(error["field"], error["code"]) for error in body["errors"]] == [
        ("body.email", "string_type"),
        ("body.password", "string_type"),
        ("body.invitation", "string_type"),
    ]
    assert PASSWORD not in answer.text


@pytest.mark.parametrize(
    "body",
    [
        {"email": "ada@example.com", "password": PASSWORD * 100},
        {"email": "no address", "password": PASSWORD},
        {"email": f"{PASSWORD} ada@example.com", "password": PASSWORD},
        {"email": "ada@example.com", "password": f"{PASSWORD}\x00"},
        {"password": PASSWORD},
        [PASSWORD],
        PASSWORD,
        {"email": "ada@example.com", "password": {"nested": PASSWORD}},
    ],
    ids=str,
)
async def test_a_rejected_password_is_never_repeated(http: httpx.AsyncClient, body: Any) -> None:
    answer = await http.post("/auth/register", json=body)
    problem_of(answer, 422, "validation_failed")
    assert PASSWORD not in answer.text
    assert answer.json()["errors"]


async def test_a_body_that_is_cut_off_is_not_repeated(http: httpx.AsyncClient) -> None:
    answer = await http.post(
        "/auth/login",
        content=f'{{"email": "ada@example.com", "password": "{PASSWORD}',
        headers={"Content-Type": "application/json"},
    )
    problem_of(answer, 422, "validation_failed")
    assert PASSWORD not in answer.text


@pytest.mark.parametrize(
    "media", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
async def test_a_body_that_does_not_say_it_is_json_is_refused_and_not_repeated(
    http: httpx.AsyncClient, media: str
) -> None:
    content = f'{{"email": "ada@example.com", "password": "{PASSWORD}"}}'
    answer = await http.post("/auth/register", content=content, headers={"Content-Type": media} if media else {})
    problem_of(answer, 422, "validation_failed")
    assert PASSWORD not in answer.text


async def test_a_bug_is_told_as_one_without_a_word_of_what_happened(probed: Service) -> None:
    answer = await probed.http.get("/probes/bug")
    body = problem_of(answer, 500, "internal_error")
    assert set(body) == {"type", "title", "status", "detail", "code"}
    assert SECRET not in answer.text
    assert "ValueError" not in answer.text


async def test_what_names_a_thing_wrongly_is_invalid_input(ada: Person) -> None:
    answer = await ada.delete("/auth/sessions/not-an-id")
    body = problem_of(answer, 422, "validation_failed")
    assert [error["field"] for error in body["errors"]] == ["path.id"]


async def test_a_page_beyond_what_is_allowed_is_told_so(ada: Person) -> None:
    answer = await ada.get("/auth/sessions", params={"page": 0, "limit": 201})
    body = problem_of(answer, 422, "validation_failed")
    assert [error["field"] for error in body["errors"]] == ["query.page", "query.limit"]
