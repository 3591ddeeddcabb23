import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from device import Database
from tests.assistant.tools.at_home import Home


@pytest.fixture(scope="session")
def new_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose tables are made, to copy: making them costs more than most tests."""
    home = tmp_path_factory.mktemp("device") / "home"
    Database(home, durable=False)
    return home


@pytest.fixture
async def home(tmp_path: Path, new_home: Path) -> AsyncIterator[Home]:
    shutil.copytree(new_home, tmp_path / "home")
    database = Database(tmp_path / "home", durable=False)
    yield Home(database)
    await database.close()
