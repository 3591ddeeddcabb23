from uuid import UUID

import pytest

from app.threads.history import History
from app.threads.runs import Runs
from tests.conftest import Service
from tests.factories.people import Person
from tests.factories.threads import threads_of


@pytest.fixture
def runs(service: Service) -> Runs:
    return threads_of(service).runs


@pytest.fixture
def history(service: Service) -> History:
    return threads_of(service).history


@pytest.fixture
async def ada_id(ada: Person) -> UUID:
    return UUID(await ada.id())
