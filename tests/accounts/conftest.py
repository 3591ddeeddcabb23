import pytest

from tests.conftest import Service
from tests.factories.administrators import administrator
from tests.factories.people import Person


@pytest.fixture
async def admin(service: Service) -> Person:
    return await administrator(service)
