"""Nobody gets anywhere without a token but where test_routes.py says so. The matrix is made from the routes."""

import re
import time
from typing import Any
from uuid import uuid4

import httpx
import pytest
from jose import jwt

from tests.conftest import Service
from tests.surface.routes import Route, protected_routes

SECRET_OF_ANOTHER_SERVICE = "n0t-the-service's-own-but-quite-long-7f3Ba9"


def _claims() -> dict[str, Any]:
    now = int(time.time())
    whose = {"sub": str(uuid4()), "sid": str(uuid4()), "jti": str(uuid4())}
    return {"iss": "adiuva", "aud": "adiuva", "typ": "access", "iat": now, "exp": now + 900, **whose}


def _unsigned() -> str:
    signed = jwt.encode(_claims(), SECRET_OF_ANOTHER_SERVICE)
    return f"eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{signed.split('.')[1]}."


CALLERS: dict[str, Any] = {
    "nobody": {},
    "an empty token": {"Authorization": "Bearer "},
    "another scheme": {"Authorization": "Basic YWRhOnNlY3JldA=="},
    "nonsense": {"Authorization": "Bearer nonsense"},
    "a token signed by somebody else": {"Authorization": f"Bearer {jwt.encode(_claims(), SECRET_OF_ANOTHER_SERVICE)}"},
    "a token that is not signed": {"Authorization": f"Bearer {_unsigned()}"},
    "an API key nobody has": {"Authorization": "Bearer adiuva_nonsense"},
    "a token in bytes that are no text": {"Authorization": b"Bearer \xff\xfe\x80"},
}


async def _ask(http: httpx.AsyncClient, route: Route, headers: Any) -> httpx.Response:
    path = re.sub(r"\{\w+\}", str(uuid4()), route.path)
    return await http.request(route.method, f"http://localhost{path}", headers=headers)


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("route", protected_routes(), ids=str)
async def test_without_a_valid_token_every_route_answers_alike(service: Service, route: Route, caller: str) -> None:
    answer = await _ask(service.http, route, CALLERS[caller])
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["code"] == "not_authenticated"
    elsewhere = await service.http.get("/auth/me", headers=CALLERS[caller])
    assert answer.content == elsewhere.content


@pytest.mark.parametrize("route", protected_routes(), ids=str)
async def test_a_refresh_token_opens_no_route(service: Service, route: Route) -> None:
    ada = await service.person()
    answer = await _ask(service.http, route, {"Authorization": f"Bearer {ada.refresh_token}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


async def test_the_matrix_covers_routes() -> None:
    assert len(protected_routes()) >= 18
