"""Folders, clusters and processes for the tests of the embedded Postgres. Everything is real, and all of it ends here."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

import pytest

from app.kit.embedded_postgres import EmbeddedPostgres
from app.kit.embedded_postgres.postmaster import Postmaster

REPOSITORY = Path(__file__).parents[2]

# Starts the database of a folder, says so, and stays, as a service would.
SERVICE = """
import sys
from pathlib import Path
from app.kit.embedded_postgres import EmbeddedPostgres

print("starting", flush=True)
print(EmbeddedPostgres(Path(sys.argv[1]), durable=False).start().port, flush=True)
sys.stdin.read()
"""


class StartService(Protocol):
    def __call__(self, folder: Path, environment: dict[str, str] | None = None) -> subprocess.Popen[str]: ...


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder every user can enter (pytest's own are closed to the user Postgres runs as when we are root)."""
    with _folder_for_all() as folder:
        yield folder


@pytest.fixture(scope="session")
def template() -> Iterator[Path]:
    with _folder_for_all() as folder:
        with EmbeddedPostgres(folder / "postgres", durable=False):
            pass
        yield folder / "postgres"


@pytest.fixture
def ready(template: Path, open_folder: Path) -> Path:
    """A folder with a cluster that is complete and not running."""
    copy_folder(template, open_folder / "postgres")
    return open_folder / "postgres"


@pytest.fixture
def copied() -> Callable[[Path, Path], None]:
    return copy_folder


@pytest.fixture
def start_service() -> Iterator[StartService]:
    """Starts services; those a test leaves are killed."""
    services: list[subprocess.Popen[str]] = []

    def start(folder: Path, environment: dict[str, str] | None = None) -> subprocess.Popen[str]:
        service = subprocess.Popen(
            [sys.executable, "-c", SERVICE, folder],
            cwd=REPOSITORY,
            env=os.environ | (environment or {}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        services.append(service)
        assert service.stdout is not None
        assert service.stdout.readline() == "starting\n"
        return service

    yield start
    for service in services:
        service.kill()
        service.communicate()


def copy_folder(source: Path, target: Path) -> None:
    """Owners, modes and all."""
    subprocess.run(["cp", "-a", source, target], check=True)


@contextmanager
def _folder_for_all() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="embedded-postgres-", dir="/var/tmp")).resolve()
    folder.chmod(0o755)
    yield folder
    for pid_file in folder.rglob("postmaster.pid"):
        _end(pid_file.parent)
    shutil.rmtree(folder)


def _end(data: Path) -> None:
    """Kill the server of this folder, and only if it is one."""
    while server := Postmaster.on(data):
        with suppress(ProcessLookupError):
            os.kill(server.pid, signal.SIGCONT)
            os.kill(server.pid, signal.SIGQUIT)
        with suppress(ChildProcessError):
            os.waitpid(server.pid, os.WNOHANG)
        time.sleep(0.05)
