"""Nobody asks the assistant anything here: the turns are written by hand, and their people have no model behind them."""

from collections.abc import AsyncIterator, Iterator

import pytest

from app.config import Settings
from tests.conftest import Service
from tests.devices.live import LiveService, live
from tests.factories.people import Person


@pytest.fixture
def service(shared_service: Service) -> Iterator[Service]:
    yield shared_service
    shared_service.clock.reset()


@pytest.fixture
async def ada(service: Service) -> Person:
    return await service.person()


@pytest.fixture
async def bob(service: Service) -> Person:
    return await service.person()


@pytest.fixture(scope="package")
async def service_with_a_port(settings: Settings) -> AsyncIterator[LiveService]:
    async with live(settings) as service:
        yield service


@pytest.fixture
async def live_service(service_with_a_port: LiveService) -> AsyncIterator[LiveService]:
    """For devices that are asked."""
    yield service_with_a_port
    service_with_a_port.clock.reset()
