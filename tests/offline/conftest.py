import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.offline.desk import Desk, copy_of, seeded_home
from tests.offline.stage import Stage


@pytest.fixture(scope="session")
def sample_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return asyncio.run(_home(tmp_path_factory.mktemp("offline") / "sample"))


async def _home(folder: Path) -> Path:
    return await seeded_home(folder)


@pytest.fixture
async def desk(sample_home: Path, tmp_path: Path) -> AsyncIterator[Desk]:
    desk = copy_of(sample_home, tmp_path / "desk")
    yield desk
    await desk.database.close()


@pytest.fixture
def stage(desk: Desk) -> Stage:
    return Stage(desk)


@pytest.fixture(scope="session")
async def library(sample_home: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    """A desk for those who only read."""
    desk = copy_of(sample_home, tmp_path_factory.mktemp("library") / "desk")
    yield desk
    await desk.database.close()
