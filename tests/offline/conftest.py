import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.offline.desk import Desk, copy_of, seeded_home
from tests.offline.notebook import Notebook
from tests.offline.stage import Stage


@pytest.fixture(scope="session")
def sample_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return asyncio.run(_home(tmp_path_factory.mktemp("offline") / "sample"))


async def _home(folder: Path) -> Path:
    return await seeded_home(folder)


@pytest.fixture
async def desk(sample_home: Path, desks: Path) -> AsyncIterator[Desk]:
    home = Path(tempfile.mkdtemp(dir=desks))
    desk = copy_of(sample_home, home)
    yield desk
    await desk.database.close()
    shutil.rmtree(home)


@pytest.fixture(scope="session")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds each desk as long as its test: a folder of pytest's own for each would be kept and tidied for long."""
    return tmp_path_factory.mktemp("desks")


@pytest.fixture
def stage(desk: Desk) -> Stage:
    return Stage(desk)


@pytest.fixture
def notebook(stage: Stage) -> Notebook:
    """Of the person on the stage."""
    assert stage.notebook is not None
    return stage.notebook


@pytest.fixture(scope="session")
async def library(sample_home: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    """A desk for those who only read."""
    desk = copy_of(sample_home, tmp_path_factory.mktemp("library") / "desk")
    yield desk
    await desk.database.close()
