"""What is the administrators' answers 403 to everybody else, and to scripts that carry an administrator's API key."""

import re
from uuid import uuid4

import httpx
import pytest

from app.auth.scopes import Scope
from tests.conftest import Service
from tests.factories.people import Person
from tests.surface.routes import Route, protected_routes

ADMIN_ROUTES = [route for route in protected_routes() if route.path.startswith("/api/v1/admin/")]


async def _ask(http: httpx.AsyncClient, route: Route, token: str) -> httpx.Response:
    path = re.sub(r"\{\w+\}", str(uuid4()), route.path)
    return await http.request(route.method, f"http://localhost{path}", headers={"Authorization": f"Bearer {token}"})


async def _api_key(person: Person) -> str:
    body = {"name": "all it can", "scopes": [scope.value for scope in Scope]}
    answer = await person.post("/auth/api-keys", json=body)
    assert answer.status_code == 201
    return str(answer.json()["key"])


@pytest.mark.parametrize("route", ADMIN_ROUTES, ids=str)
async def test_a_normal_person_is_refused(still_service: Service, route: Route) -> None:
    ada = await still_service.person()
    answer = await _ask(still_service.http, route, ada.access_token)
    assert (answer.status_code, answer.json()["code"]) == (403, "admin_only")


@pytest.mark.parametrize("route", ADMIN_ROUTES, ids=str)
async def test_an_administrators_api_key_is_refused(still_service: Service, admin: Person, route: Route) -> None:
    answer = await _ask(still_service.http, route, await _api_key(admin))
    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")


@pytest.mark.parametrize("route", ADMIN_ROUTES, ids=str)
async def test_an_administrator_is_not_refused(still_service: Service, admin: Person, route: Route) -> None:
    answer = await _ask(still_service.http, route, admin.access_token)
    assert answer.status_code not in (401, 403)


async def test_who_is_no_administrator_any_more_is_refused_at_once(still_service: Service, admin: Person) -> None:
    ada = await still_service.person()
    change = f"/admin/users/{await ada.id()}"
    assert (await admin.request("PATCH", change, json={"is_admin": True})).status_code == 200
    assert (await ada.get("/admin/users")).status_code == 200
    assert (await admin.request("PATCH", change, json={"is_admin": False})).status_code == 200
    assert (await ada.get("/admin/users")).status_code == 403


def test_the_matrix_covers_routes() -> None:
    assert len(ADMIN_ROUTES) >= 6
