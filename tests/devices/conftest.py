"""A service with a real port, and people whose devices connect to it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from app.config import Settings
from app.devices.limits import SocketLimits
from tests.conftest import make_settings
from tests.devices.live import LiveService, live

OwnLive = Callable[..., AbstractAsyncContextManager[LiveService]]


@pytest.fixture(scope="package")
async def shared_live(settings: Settings) -> AsyncIterator[LiveService]:
    async with live(settings) as service:
        yield service


@pytest.fixture
async def service(shared_live: LiveService) -> AsyncIterator[LiveService]:
    yield shared_live
    shared_live.clock.reset()


@pytest.fixture
def own_live(fresh_database_url: str, tmp_path: Path) -> OwnLive:
    """A live service with limits and settings of one's own, on a database of one's own."""

    @asynccontextmanager
    async def start(limits: SocketLimits | None = None, **changes: Any) -> AsyncIterator[LiveService]:
        async with live(make_settings(fresh_database_url, tmp_path, **changes), limits=limits) as service:
            yield service

    return start


@pytest.fixture
def tuned_live(settings: Settings) -> OwnLive:
    """A live service with limits and settings of one's own, on this worker's database: quicker than `own_live`."""

    @asynccontextmanager
    async def start(limits: SocketLimits | None = None, **changes: Any) -> AsyncIterator[LiveService]:
        async with live(settings.model_copy(update=changes), limits=limits) as service:
            yield service

    return start
