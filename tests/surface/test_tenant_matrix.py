"""Object-level authorization: Bob names Ada's things, on every route that takes an id.

The routes come from the application; how to make a thing of Ada's is written in `ENTRIES`. A new route with an id that has
no entry fails.

There are two walls, and either alone would hide a hole in the other: so the matrix is walked once with both, and once in a
database whose row-level security shows everybody everything (test_tables.py looks at that wall alone).
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from fastapi import APIRouter, FastAPI
from psycopg.rows import dict_row
from pydantic import BaseModel

from app.jobs.queue import enqueue
from app.kit.db import Database
from tests.conftest import Cluster, Service
from tests.factories import approvals, devices, memories, threads
from tests.factories.people import Person
from tests.surface.conftest import still
from tests.surface.routes import all_routes, routes_of

Make = Callable[[Service, Person], Awaitable[str]]
OTHER_HEADERS = {"x-request-id", "date"}


async def a_session(_service: Service, owner: Person) -> str:
    other = await owner.sign_in_again()
    sessions = (await other.get("/auth/sessions")).json()["items"]
    return str(next(each["id"] for each in sessions if each["current"]))


async def an_api_key(_service: Service, owner: Person) -> str:
    answer = await owner.post("/auth/api-keys", json={"name": "hers", "scopes": ["read"]})
    return str(answer.json()["id"])


async def a_refresh_token(_service: Service, owner: Person) -> str:
    return (await owner.sign_in_again()).refresh_token


async def a_person(_service: Service, owner: Person) -> str:
    return await owner.id()


async def a_job(service: Service, owner: Person) -> str:
    assert service.settings.database_url is not None
    db = Database(service.settings.database_url, pool_size=1)
    try:
        async with db.of_nobody() as session:
            return str(await enqueue(session, "accounts.send_link", {"user_id": await owner.id()}))
    finally:
        await db.close()


async def a_device(service: Service, owner: Person) -> str:
    """A device that is known and not connected."""
    return await devices.a_device(service, owner, name="her laptop")


async def a_thread(service: Service, owner: Person) -> str:
    return str(await threads.a_thread(service, owner))


async def a_turn(service: Service, owner: Person) -> str:
    return (await threads.a_turn(service, owner)).request_id


async def an_approval(service: Service, owner: Person) -> str:
    return str((await approvals.an_approval(service, owner)).id)


async def a_core_memory(_service: Service, owner: Person) -> str:
    return str((await owner.request("PUT", "/memory/core/home", json={"value": "Rome"})).json()["id"])


async def a_memory(service: Service, owner: Person) -> str:
    return str(await memories.a_piece(service, owner))


@dataclass(frozen=True)
class Entry:
    """How to make a thing of Ada's, and what Bob is told when he names it."""

    make: Make
    told: int = 404
    unknown: Callable[[], str] = field(default=lambda: str(uuid4()))
    owner_is_told: int = 204
    body: dict[str, Any] = field(default_factory=dict)
    none_is_told: int = 422  # by what is no id at all; or as by an id of nothing
    answers_differ: bool = False  # a fresh secret each time


ENTRIES: dict[str, Entry] = {
    "DELETE /api/v1/auth/sessions/{id} path.id": Entry(a_session),
    "DELETE /api/v1/auth/api-keys/{id} path.id": Entry(an_api_key),
    # Signing out says the same whatever the token was: there is nothing to learn.
    "POST /api/v1/auth/logout body.refresh_token": Entry(a_refresh_token, told=204),
    "GET /api/v1/threads/{id} path.id": Entry(a_thread, owner_is_told=200),
    "PATCH /api/v1/threads/{id} path.id": Entry(a_thread, owner_is_told=200, body={"title": "hers", "archived": True}),
    "DELETE /api/v1/threads/{id} path.id": Entry(a_thread),
    "GET /api/v1/threads/{id}/events path.id": Entry(a_thread, owner_is_told=200),
    "POST /api/v1/approvals/{id} path.id": Entry(an_approval, owner_is_told=200, body={"decision": "approve"}),
    "POST /api/v1/chat body.thread_id": Entry(a_thread, owner_is_told=200, body={"message": "Hello"}),
    "POST /api/v1/chat/stream body.thread_id": Entry(a_thread, owner_is_told=200, body={"message": "Hello"}),
    # A sitting is called what its user likes: nobody learns who else calls one so.
    "POST /api/v1/chat body.session_id": Entry(
        a_session, told=200, owner_is_told=200, body={"message": "Hello"}, answers_differ=True
    ),
    "POST /api/v1/chat/stream body.session_id": Entry(
        a_session, told=200, owner_is_told=200, body={"message": "Hello"}, answers_differ=True
    ),
    "GET /api/v1/chat/{request_id} path.request_id": Entry(a_turn, owner_is_told=200),
    "POST /api/v1/chat/{request_id}/cancel path.request_id": Entry(a_turn, owner_is_told=200),
    # A key may be any word (tests/memory/test_routes_core.py has those); what is written like an id is one.
    "GET /api/v1/memory/core/{key} path.key": Entry(a_core_memory, owner_is_told=200),
    "PUT /api/v1/memory/core/{key} path.key": Entry(
        a_core_memory, owner_is_told=200, body={"value": "Oslo"}, none_is_told=200
    ),
    "PATCH /api/v1/memory/core/{key} path.key": Entry(a_core_memory, owner_is_told=200, body={"text": "Oslo"}),
    "DELETE /api/v1/memory/core/{key} path.key": Entry(a_core_memory),
    "GET /api/v1/memory/{tier}/{id} path.id": Entry(a_memory, owner_is_told=200),
    "PATCH /api/v1/memory/{tier}/{id} path.id": Entry(
        a_memory, owner_is_told=200, body={"text": "hers", "pinned": True}
    ),
    "DELETE /api/v1/memory/{tier}/{id} path.id": Entry(a_memory),
    # Administrators' routes are closed before anybody looks at the id.
    "GET /api/v1/devices/{device_id} path.device_id": Entry(a_device, owner_is_told=200),
    "PATCH /api/v1/devices/{device_id} path.device_id": Entry(a_device, owner_is_told=200, body={"name": "hers"}),
    "DELETE /api/v1/devices/{device_id} path.device_id": Entry(a_device),
    "POST /api/v1/devices/{device_id}/call path.device_id": Entry(
        a_device, owner_is_told=409, body={"action": "select", "table": "tasks"}
    ),
    # A ticket is for a device of one's own, whatever that is called: nobody learns who else calls one so.
    "POST /api/v1/ws/ticket body.device_id": Entry(a_device, told=200, owner_is_told=200, answers_differ=True),
    "GET /api/v1/admin/users/{id} path.id": Entry(a_person, told=403, owner_is_told=403),
    "PATCH /api/v1/admin/users/{id} path.id": Entry(a_person, told=403, owner_is_told=403),
    "POST /api/v1/admin/jobs/{id}/retry path.id": Entry(
        a_job, told=403, unknown=lambda: "987654321", owner_is_told=403
    ),
    "GET /api/v1/admin/audit query.user_id": Entry(a_person, told=403, owner_is_told=403),
}

CHOICES = {f"{route} {name}": route.choices for route in all_routes() for name in route.ids()}

# Routes without an account: what is named is a secret, and who holds it is its owner.
BEARERS_OF_SECRETS = {
    "POST /api/v1/auth/refresh body.refresh_token",
    "POST /api/v1/auth/email/verify body.token",
    "POST /api/v1/auth/password/reset body.token",
    "GET /assets/{name} path.name",
}


@dataclass(frozen=True)
class Tenants:
    service: Service
    superuser_url: str


@pytest.fixture(scope="module", params=["both walls", "the queries alone"])
async def tenants(
    request: pytest.FixtureRequest, cluster: Cluster, worker_id: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Tenants]:
    name = f"tenants_{worker_id}"
    superuser_url = cluster.superuser_url.rpartition("/")[0] + f"/{name}"
    async with still(cluster, name, tmp_path_factory.mktemp("tenants")) as service:
        if request.param == "the queries alone":
            _open_row_level_security(superuser_url)
        yield Tenants(service, superuser_url)


def _open_row_level_security(superuser_url: str) -> None:
    with psycopg.connect(superuser_url) as connection:
        tables = connection.execute(
            "SELECT polrelid::regclass::text FROM pg_policy WHERE polname = 'own_rows'"
        ).fetchall()
        assert tables
        for (table,) in tables:
            connection.execute(f"ALTER POLICY own_rows ON {table} USING (true)")


async def _ask(person: Person, case: str, value: str) -> httpx.Response:
    body = ENTRIES[case].body
    method, path, place = case.split()
    kind, _, name = place.partition(".")
    options: dict[str, Any] = {"json": body} if method in ("POST", "PATCH", "PUT") else {}
    if kind == "path":
        path = path.replace(f"{{{name}}}", value)
        for other, word in CHOICES[case].items():
            path = path.replace(f"{{{other}}}", word)
    else:
        options["params" if kind == "query" else "json"] = {**body, name: value}
    return await person.request(method, f"http://localhost{path}", **options)


def _everything_of(user_id: str, superuser_url: str) -> dict[str, list[dict[str, Any]]]:
    with psycopg.connect(superuser_url, row_factory=dict_row) as connection:
        tables = connection.execute(
            "SELECT table_name AS name, column_name AS owner FROM information_schema.columns WHERE table_schema = 'public'"
            " AND (column_name = 'user_id' OR (table_name, column_name) = ('users', 'id'))"
        ).fetchall()
        found = {
            table["name"]: connection.execute(
                psycopg.sql.SQL("SELECT * FROM {} WHERE {} = %s ORDER BY 1, 2").format(
                    psycopg.sql.Identifier(table["name"]), psycopg.sql.Identifier(table["owner"])
                ),
                [user_id],
            ).fetchall()
            for table in tables
        }
        found["jobs"] = connection.execute(
            "SELECT * FROM procrastinate_jobs WHERE args->>'user_id' = %s ORDER BY id", [user_id]
        ).fetchall()
    assert found["users"]
    return found


def _visible(answer: httpx.Response) -> tuple[int, bytes, dict[str, str]]:
    headers = {name: value for name, value in answer.headers.items() if name not in OTHER_HEADERS}
    return answer.status_code, answer.content, headers


@pytest.mark.parametrize("case", ENTRIES)
async def test_anothers_thing_is_answered_like_one_that_does_not_exist(tenants: Tenants, case: str) -> None:
    entry, service = ENTRIES[case], tenants.service
    ada, bob = await service.person(), await service.person()
    hers = await entry.make(service, ada)
    before = _everything_of(await ada.id(), tenants.superuser_url)

    foreign, unknown = await _ask(bob, case, hers), await _ask(bob, case, entry.unknown())

    assert foreign.status_code == entry.told
    assert entry.answers_differ or _visible(foreign) == _visible(unknown)
    assert hers.encode() not in foreign.content
    assert _everything_of(await ada.id(), tenants.superuser_url) == before
    assert (await _ask(ada, case, hers)).status_code == entry.owner_is_told, "else the ids here were not even valid"


@pytest.mark.parametrize("case", ENTRIES)
async def test_an_id_that_is_none_is_refused_without_a_trace_of_what_exists(still_service: Service, case: str) -> None:
    bob = await still_service.person()
    answer = await _ask(bob, case, "not-an-id")
    assert answer.status_code in (ENTRIES[case].none_is_told, ENTRIES[case].told)


def test_every_route_that_takes_an_id_has_an_entry() -> None:
    cases = {f"{route} {name}" for route in all_routes() for name in route.ids()}
    assert cases == set(ENTRIES) | BEARERS_OF_SECRETS


def test_a_protected_route_cannot_be_excused() -> None:
    protected = {str(route) for route in all_routes() if route.bearer is not None}
    assert not {" ".join(case.split()[:2]) for case in BEARERS_OF_SECRETS} & protected


def test_a_new_route_with_an_id_is_noticed_wherever_the_id_stands() -> None:
    class Named(BaseModel):
        thread_id: UUID
        device: UUID | None = None
        ids: list[str] = []
        title: str = ""

    router = APIRouter(prefix="/things")

    @router.put("/{kind}/{thing}/parts/{part}")
    async def put(
        kind: Literal["old", "new"], thing: int, part: str, body: Named, run_id: str, owner: UUID | None = None
    ) -> None: ...

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.include_router(router, prefix="/api")
    (route,) = routes_of(app)
    assert str(route) == "PUT /api/things/{kind}/{thing}/parts/{part}"
    assert route.choices == {"kind": "old"}
    assert set(route.ids()) == {
        "path.thing",
        "path.part",
        "query.run_id",
        "query.owner",
        "body.thread_id",
        "body.device",
        "body.ids",
    }
