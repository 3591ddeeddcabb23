from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.conftest import Cluster, Service, make_settings, running
from tests.factories.administrators import administrator
from tests.factories.people import Person


@asynccontextmanager
async def still(cluster: Cluster, database: str, folder: Path) -> AsyncIterator[Service]:
    """A service in whose database nothing moves by itself: no jobs run, and nobody else uses it."""
    cluster.run(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
    async with running(make_settings(cluster.clone(database), folder), with_worker=False) as service:
        yield service
    cluster.drop(database)


@pytest.fixture(scope="module")
async def still_service(
    cluster: Cluster, worker_id: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Service]:
    async with still(cluster, f"still_{worker_id}", tmp_path_factory.mktemp("still")) as service:
        yield service


@pytest.fixture(scope="module")
async def admin(still_service: Service) -> Person:
    return await administrator(still_service)
