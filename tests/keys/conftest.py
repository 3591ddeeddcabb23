from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from tests.conftest import Cluster, Service


@pytest.fixture
def fresh_superuser_url(cluster: Cluster, fresh_database_url: str) -> str:
    """The database of `own_service`, past every wall."""
    return cluster.superuser_url.rpartition("/")[0] + "/" + fresh_database_url.rpartition("/")[2]


@pytest.fixture
async def own_service_at_rest(own_service: Callable[..., Any]) -> AsyncIterator[Service]:
    """A service whose background work waits."""
    async with own_service(with_worker=False) as service:
        yield service
