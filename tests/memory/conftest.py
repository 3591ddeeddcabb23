"""A service on the offline model that remembers as it does for real: in the background."""

from collections.abc import AsyncIterator, Iterator
from uuid import UUID

import pytest

from app.config import Settings
from tests.conftest import Cluster
from tests.devices.live import LiveService, live
from tests.factories.people import Person
from tests.memory.nightly import Nights, nights_on


@pytest.fixture(scope="package")
async def shared_remembering(settings: Settings) -> AsyncIterator[LiveService]:
    async with live(settings, with_worker=True) as service:
        yield service


@pytest.fixture
async def remembering(shared_remembering: LiveService) -> AsyncIterator[LiveService]:
    yield shared_remembering
    shared_remembering.clock.reset()


@pytest.fixture
async def grace(remembering: LiveService) -> Person:
    """Somebody whose turns are remembered."""
    return await remembering.person()


@pytest.fixture(scope="session")
def nights_url(cluster: Cluster, worker_id: str) -> Iterator[str]:
    """A database whose users nobody else clears away, or gives work to."""
    name = f"nights_{worker_id}"
    cluster.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    yield cluster.clone(name)
    cluster.drop(name)


@pytest.fixture
async def nights(nights_url: str) -> AsyncIterator[Nights]:
    """The nightly jobs, and a clock of the test's own."""
    async with nights_on(nights_url) as found:
        yield found


@pytest.fixture
async def ada_id(nights: Nights) -> UUID:
    return await nights.user()
