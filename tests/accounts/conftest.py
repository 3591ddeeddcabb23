import pytest

from tests.conftest import Cluster, Service
from tests.factories.administrators import administrator
from tests.factories.people import Person


@pytest.fixture
async def admin(service: Service) -> Person:
    return await administrator(service)


@pytest.fixture
def superuser_url(cluster: Cluster, database_url: str) -> str:
    """The worker's database, past every wall."""
    return cluster.superuser_url.rpartition("/")[0] + "/" + database_url.rpartition("/")[2]
