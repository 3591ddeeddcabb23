import asyncio
import sqlite3
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from device import Call, Database
from device.errors import HomeUnusable
from device.home import device_id


def test_the_package_imports_nothing_of_the_service_and_nothing_heavy() -> None:
    program = "import sys; from device import Device; print(sorted({each.partition('.')[0] for each in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert "'websockets'" in loaded
    for heavy in ("app", "numpy", "httpx", "pydantic", "sqlalchemy"):
        assert f"'{heavy}'" not in loaded


def test_every_name_of_the_package_can_be_had() -> None:
    import device

    assert all(getattr(device, name) for name in device.__all__)
    with pytest.raises(AttributeError, match="nonsense"):
        _ = device.nonsense


def test_no_file_of_the_package_imports_the_service() -> None:
    for path in Path("device").rglob("*.py"):
        text = path.read_text()
        assert "from app" not in text, path
        assert "import app" not in text, path


async def test_a_database_opens_again_after_it_was_closed(tmp_path: Path) -> None:
    database = Database(tmp_path, durable=False)
    for _ in range(2):
        await database.carry_out(Call("i", "insert", "tasks", {"title": "T"}))
        await database.close()
    assert database.count("tasks") == 1
    assert stat.S_IMODE(database.path.stat().st_mode) == 0o600


def test_a_file_that_is_no_database_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "data.sqlite").write_bytes(b"not a database at all" * 100)
    with pytest.raises(HomeUnusable, match="not a database"):
        Database(tmp_path)


def test_a_home_that_is_a_file_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(HomeUnusable, match="cannot be used"):
        Database(tmp_path / "home")


def test_a_database_of_a_newer_client_is_left_alone(tmp_path: Path) -> None:
    path = Database(tmp_path).path
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(HomeUnusable, match="newer version"):
        Database(tmp_path)


async def test_a_cancelled_wait_does_not_take_a_write_back(tmp_path: Path) -> None:
    database = Database(tmp_path, durable=False)
    waiting = asyncio.create_task(database.carry_out(Call("i", "insert", "tasks", {"title": "T"})))
    await asyncio.sleep(0)
    waiting.cancel()
    await database.close()
    assert (database.count("tasks"), database.count("journal")) == (1, 1)


def test_a_home_that_is_opened_from_many_sides_at_once_gets_one_id(tmp_path: Path) -> None:
    for number in range(20):
        barrier = threading.Barrier(6)

        def make(home: Path = tmp_path / str(number), barrier: threading.Barrier = barrier) -> str:
            home.mkdir(exist_ok=True)
            barrier.wait()
            return device_id(home)

        with ThreadPoolExecutor(6) as threads:
            assert len({each.result() for each in [threads.submit(make) for _ in range(6)]}) == 1
