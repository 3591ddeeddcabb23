"""The ground of every test: a real Postgres, a database for each worker, the service over it, and a clock that moves.

Nothing is rolled back. Tests are kept apart the way users are: each makes its own people, and row-level security does the
rest. Commits are real, so races, jobs and several connections behave as they do in service. A test that looks at
everybody's rows (administration, rotation) takes `fresh_database_url`, a clone of its own.
(docs/decisions/0004-tests-commit.md)
"""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from fastapi import FastAPI

from app.auth.passwords import PasswordCost
from app.config import OFFLINE_EMBEDDINGS, OFFLINE_MODEL, Settings
from app.keys.master_keys import MasterKeys
from app.kit.embedded_postgres import EmbeddedPostgres
from app.logging import set_up_logging
from app.main import create_app
from app.migrate import migrate
from tests.factories.people import Person
from tests.fakes.clock import MovableClock

OWNER = "adiuva"  # not a superuser: what holds for it holds for the least anybody deploys with
TEMPLATE = "template_migrated"


@dataclass(frozen=True)
class Cluster:
    """A Postgres server to make databases on."""

    superuser_url: str
    owner_url: str

    def url(self, database: str) -> str:
        return self.owner_url.rpartition("/")[0] + f"/{database}"

    def run(self, statement: str) -> None:
        with psycopg.connect(self.superuser_url, autocommit=True) as connection:
            connection.execute(statement)

    def as_superuser(self, url: str) -> str:
        """The database of an owner's URL, past every wall."""
        return self.superuser_url.rpartition("/")[0] + "/" + url.rpartition("/")[2]

    def clone(self, database: str) -> str:
        self.run(f"CREATE DATABASE {database} TEMPLATE {TEMPLATE} OWNER {OWNER}")
        return self.url(database)

    def drop(self, database: str) -> None:
        self.run(f"DROP DATABASE {database} WITH (FORCE)")


def pytest_configure(config: pytest.Config) -> None:
    """One server for the whole run, started by the process that hands out the tests."""
    # As in production: structlog's own default would render every frame's variables, for minutes.
    set_up_logging(level="info", as_json=True)
    if hasattr(config, "workerinput"):
        return
    if "TEST_DATABASE_URL" in os.environ:  # a superuser's URL of a server with pgvector
        superuser_url = os.environ["TEST_DATABASE_URL"]
        with psycopg.connect(superuser_url, autocommit=True) as connection:
            connection.execute(f"DROP ROLE IF EXISTS {OWNER}")
            connection.execute(f"CREATE ROLE {OWNER} LOGIN CREATEROLE PASSWORD 'tests'")
            place = connection.info
        owner_url = f"postgresql://{OWNER}:tests@{place.host}:{place.port}/postgres"
    else:
        folder = Path(tempfile.mkdtemp(prefix="adiuva-tests-"))
        folder.chmod(0o711)  # as root, Postgres runs as another user, who must pass through
        postgres = EmbeddedPostgres(folder / "postgres", durable=False, say=lambda _: None, max_connections=400)
        info = postgres.start()
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
        config.add_cleanup(postgres.stop)
        superuser_url, owner_url = info.superuser_url("postgres"), info.owner_url
    cluster = Cluster(superuser_url, owner_url)
    _make_template(cluster)
    config.stash[CLUSTER] = cluster


CLUSTER = pytest.StashKey[Cluster]()


def _make_template(cluster: Cluster) -> None:
    cluster.run(f"DROP DATABASE IF EXISTS {TEMPLATE}")
    cluster.run(f"CREATE DATABASE {TEMPLATE} OWNER {OWNER}")
    with psycopg.connect(cluster.superuser_url.rpartition("/")[0] + f"/{TEMPLATE}", autocommit=True) as connection:
        connection.execute("CREATE EXTENSION vector")
    migrate(cluster.url(TEMPLATE))


class _HandOver:
    """pytest-xdist's workers are told where the server is."""

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        cluster = node.config.stash[CLUSTER]
        node.workerinput["superuser_url"], node.workerinput["owner_url"] = cluster.superuser_url, cluster.owner_url


def pytest_plugin_registered(plugin: object, manager: pytest.PytestPluginManager) -> None:
    if not manager.has_plugin("hand-over"):
        manager.register(_HandOver(), "hand-over")


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Cluster:
    handed: dict[str, str] | None = getattr(request.config, "workerinput", None)
    if handed is not None:
        return Cluster(handed["superuser_url"], handed["owner_url"])
    return request.config.stash[CLUSTER]


@pytest.fixture(scope="session")
def database_url(cluster: Cluster, worker_id: str) -> Iterator[str]:
    """This worker's database, as its owner."""
    name = f"tests_{worker_id}"
    cluster.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    yield cluster.clone(name)
    cluster.drop(name)


@pytest.fixture
def fresh_database_url(cluster: Cluster) -> Iterator[str]:
    """A database nobody else uses, as its owner."""
    name = f"fresh_{uuid4().hex}"
    yield cluster.clone(name)
    cluster.drop(name)


@pytest.fixture(scope="session")
def superuser_url(cluster: Cluster, database_url: str) -> str:
    """This worker's database, past every wall."""
    return cluster.as_superuser(database_url)


@pytest.fixture
def fresh_superuser_url(cluster: Cluster, fresh_database_url: str) -> str:
    """The same for `fresh_database_url`, which `own_service` uses."""
    return cluster.as_superuser(fresh_database_url)


@pytest.fixture(scope="session")
def settings(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return make_settings(database_url, tmp_path_factory.mktemp("data"))


def make_settings(database_url: str, data_dir: Path, **changes: Any) -> Settings:
    """Complete settings, whatever the environment of the test run says. Rate limits are off unless asked for."""
    values: dict[str, Any] = {
        "env": "test",
        "database_url": database_url,
        "data_dir": data_dir,
        "jwt_secret": "Uo0r1tqvC7mZp3nX9yKeWb4hLs8dQfAj",
        "master_keys": MasterKeys.make(),
        "rate_limits": "off",
        "llm_model": OFFLINE_MODEL,
        "embedding_model": OFFLINE_EMBEDDINGS,
    }
    return Settings(_env_file=None, **(values | changes))


CHEAP_PASSWORDS = PasswordCost(
    memory_kib=8, passes=1
)  # the least argon2id takes; tests/accounts/test_login.py pays all


@dataclass
class Service:
    """A running service, and how to talk to it."""

    app: FastAPI
    settings: Settings
    clock: MovableClock
    http: httpx.AsyncClient
    made: int = field(default=0)

    async def person(self, **wanted: Any) -> Person:
        """Somebody new, registered and signed in."""
        return await Person.register(self.http, **wanted)

    def mails(self) -> list[Path]:
        return sorted((self.settings.data_dir / "mail").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)


@asynccontextmanager
async def running(
    settings: Settings, *, with_worker: bool = True, password_cost: PasswordCost = CHEAP_PASSWORDS
) -> AsyncIterator[Service]:
    clock = MovableClock()
    app = create_app(settings, clock=clock, with_worker=with_worker, password_cost=password_cost)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://localhost/api/v1") as http,
    ):
        yield Service(app, settings, clock, http)


@pytest.fixture(scope="session")
async def shared_service(settings: Settings) -> AsyncIterator[Service]:
    async with running(settings) as service:
        yield service


@pytest.fixture
def service(shared_service: Service) -> Iterator[Service]:
    """The service of this worker. Its clock is put right again after each test."""
    yield shared_service
    shared_service.clock.reset()


@pytest.fixture
def http(service: Service) -> httpx.AsyncClient:
    return service.http


@pytest.fixture
async def ada(service: Service) -> Person:
    return await service.person()


@pytest.fixture
async def bob(service: Service) -> Person:
    return await service.person()


@pytest.fixture
def own_service(fresh_database_url: str, tmp_path: Path) -> Callable[..., Any]:
    """Start a service with settings of one's own, on a database of one's own: `async with own_service(...)`."""

    def start(*, with_worker: bool = True, **changes: Any) -> Any:
        return running(make_settings(fresh_database_url, tmp_path, **changes), with_worker=with_worker)

    return start


@pytest.fixture
async def own_service_at_rest(own_service: Callable[..., Any]) -> AsyncIterator[Service]:
    """A service whose background work waits."""
    async with own_service(with_worker=False) as service:
        yield service
