import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.cli.service import Running, RunningService, postgres_of, run

Serve = Callable[..., RunningService]


def _folder_for_all() -> Path:
    """A folder every user can enter; pytest's own are closed to the user Postgres runs as when we are root."""
    folder = Path(tempfile.mkdtemp(prefix="adiuva-cli-", dir="/var/tmp")).resolve()
    folder.chmod(0o755)
    return folder


def _remove(folder: Path) -> None:
    for pid in postgres_of(folder):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGQUIT)
    deadline = time.monotonic() + 10
    while postgres_of(folder) and time.monotonic() < deadline:
        time.sleep(0.05)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def used_before() -> Iterator[Path]:
    """A data folder as an earlier run has left it; to be copied."""
    folder = _folder_for_all()
    done = run(folder, "migrate")
    assert done.returncode == 0, done.stderr
    assert postgres_of(folder) == []
    yield folder
    _remove(folder)


@pytest.fixture
def new_folder() -> Iterator[Path]:
    """An empty data folder. Whatever database runs in it ends with the test."""
    folder = _folder_for_all()
    yield folder
    _remove(folder)


@pytest.fixture
def data_dir(used_before: Path) -> Iterator[Path]:
    """A data folder with a migrated embedded database that does not run."""
    folder = _folder_for_all()
    subprocess.run(["cp", "-a", f"{used_before}/.", folder], check=True)
    yield folder
    _remove(folder)


@pytest.fixture
def start() -> Iterator[Callable[..., Running]]:
    """Start commands; those a test leaves are killed."""
    running: list[Running] = []

    def start(data_dir: Path, *arguments: str, as_typed: bool = False, **settings: str) -> Running:
        running.append(Running(data_dir, *arguments, as_typed=as_typed, **settings))
        return running[-1]

    yield start
    for each in running:
        each.kill()


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start services, and wait until they answer; those a test leaves are killed, with whatever they started."""
    services: list[RunningService] = []

    def start(data_dir: Path, *, wait: bool = True, as_typed: bool = False, **settings: str) -> RunningService:
        services.append(RunningService(data_dir, as_typed=as_typed, **settings))
        return services[-1].until_up() if wait else services[-1]

    yield start
    for service in services:
        with suppress(ProcessLookupError):
            os.killpg(service.process.pid, signal.SIGKILL)
        service.kill()
