from collections.abc import AsyncIterator

import pytest

from tests.conftest import Cluster, Service, make_settings, running
from tests.factories.administrators import administrator
from tests.factories.people import Person

DATABASE = "surface"


@pytest.fixture(scope="module")
async def still_service(
    cluster: Cluster, worker_id: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Service]:
    """A service in whose database nothing moves by itself: no jobs run, and nobody else uses it."""
    name = f"{DATABASE}_{worker_id}"
    cluster.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    url = cluster.clone(name)
    async with running(make_settings(url, tmp_path_factory.mktemp("still")), with_worker=False) as service:
        yield service
    cluster.drop(name)


@pytest.fixture(scope="module")
async def admin(still_service: Service) -> Person:
    return await administrator(still_service)


@pytest.fixture
def superuser_url(cluster: Cluster, still_service: Service) -> str:
    """The still service's database, past every wall."""
    assert still_service.settings.database_url is not None
    return cluster.superuser_url.rpartition("/")[0] + "/" + still_service.settings.database_url.rpartition("/")[2]
