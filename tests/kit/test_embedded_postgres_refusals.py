"""What cannot work is refused in a sentence that says what to do, and nothing is touched."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from app.kit.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError
from app.kit.embedded_postgres.postmaster import Postmaster
from tests.kit.conftest import REPOSITORY


def _refused(folder: Path, sentence: str) -> None:
    """A start fails with this, and leaves the folder as it was (but for its lock)."""
    before = _tree(folder)
    with pytest.raises(EmbeddedPostgresError, match=sentence):
        EmbeddedPostgres(folder, durable=False).start()
    assert _tree(folder) == before


def _tree(folder: Path) -> dict[str, tuple[int, float]]:
    ignored = {"start.lock", "postgres.log"}
    files = [file for file in folder.rglob("*") if file.name not in ignored and file.is_file()]
    return {str(file): (file.stat().st_size, file.stat().st_mtime) for file in files}


def test_a_folder_with_something_else_in_it(open_folder: Path) -> None:
    (open_folder / "postgres").mkdir()
    (open_folder / "postgres" / "letters.txt").write_text("dear")
    _refused(open_folder / "postgres", r"holds something else \(letters\.txt\)\. Move that away")


def test_a_file_where_the_folder_should_be(open_folder: Path) -> None:
    (open_folder / "postgres").write_text("not a folder")
    with pytest.raises(EmbeddedPostgresError, match="is in the way: a folder is needed there"):
        EmbeddedPostgres(open_folder / "postgres").start()


def test_a_database_without_its_passwords(ready: Path) -> None:
    (ready / "connection.json").unlink()
    _refused(ready, r"its connection\.json is missing.* Restore that file")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b"null",
        b"\xff",
        b'{"prepared": true, "port": "x"}',
        b'{"prepared": true, "port": 1, "owner": 2}',
    ],
)
def test_damaged_passwords(ready: Path, content: bytes) -> None:
    (ready / "connection.json").write_bytes(content)
    _refused(ready, r"connection\.json is damaged. Restore it from a backup")


def test_passwords_of_another_database(ready: Path) -> None:
    facts = json.loads((ready / "connection.json").read_text())
    (ready / "connection.json").write_text(json.dumps(facts | {"superuser_password": "another"}))
    with pytest.raises(EmbeddedPostgresError, match=r"do not belong together. Restore the file that does"):
        EmbeddedPostgres(ready, durable=False).start()
    assert _is_over(ready), "the server that was launched in vain goes on"


def _is_over(folder: Path) -> bool:
    deadline = time.monotonic() + 10
    while Postmaster.on(folder / "data") and time.monotonic() < deadline:
        time.sleep(0.02)
    return Postmaster.on(folder / "data") is None


def test_a_database_that_is_gone(ready: Path) -> None:
    shutil.rmtree(ready / "data")
    _refused(ready, r"is gone: .* Bring it back")


def test_a_cluster_that_is_not_complete(ready: Path) -> None:
    (ready / "data" / "PG_VERSION").unlink()
    _refused(
        ready, r"is not a complete Postgres database \(PG_VERSION is missing\)\. Restore it .* nothing was changed"
    )


def test_a_cluster_of_another_major_version(ready: Path) -> None:
    (ready / "data" / "PG_VERSION").write_text("16\n")
    _refused(ready, "was made by Postgres 16; the programs here are Postgres 18 .* nothing was changed")


def test_a_broken_cluster_is_refused_in_postgres_own_words(ready: Path) -> None:
    (ready / "data" / "global" / "pg_control").unlink()
    _refused(ready, r"Postgres did not start on .*: .*pg_control.* The whole story is in .*postgres\.log")


def test_a_setting_postgres_cannot_read_is_shown_with_its_line(ready: Path) -> None:
    with (ready / "data" / "postgresql.conf").open("a") as file:
        file.write("nonsense = on\n")
    _refused(ready, "configuration file .* contains errors")


def test_a_path_that_is_too_long(open_folder: Path) -> None:
    with pytest.raises(EmbeddedPostgresError, match="too long"):
        EmbeddedPostgres(open_folder.joinpath(*["deep" * 50] * 6, "postgres")).start()
    with pytest.raises(EmbeddedPostgresError, match="too long"):
        EmbeddedPostgres(open_folder / ("deep" * 80)).start()


def test_a_platform_without_programs(open_folder: Path) -> None:
    """A Python that has everything but the wheel."""
    installed = Path(psycopg.__file__).parents[1]
    for name in ("psycopg", "psycopg_binary", "psycopg_binary.libs", "typing_extensions.py"):
        (open_folder / name).symlink_to(installed / name)
    start = (
        "import sys; sys.path[:0] = sys.argv[2:]; from pathlib import Path; from app.kit.embedded_postgres import *;"
        "EmbeddedPostgres(Path(sys.argv[1])).start()"
    )
    command: list[str | Path] = [
        sys.executable,
        "-I",
        "-S",
        "-c",
        start,
        open_folder / "postgres",
        REPOSITORY,
        open_folder,
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert "The Postgres programs are not installed" in done.stderr
    assert "set DATABASE_URL" in done.stderr


NO_PORTS = """
import socket, sys
from pathlib import Path
from app.kit.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError

Path("/proc/sys/net/ipv4/ip_local_port_range").write_text("40000 40001")
held = [socket.create_server(("127.0.0.1", port)) for port in (40000, 40001)]
try:
    EmbeddedPostgres(Path(sys.argv[1])).start()
except EmbeddedPostgresError as error:
    print(error)
"""


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="needs a network with two ports")
def test_a_machine_without_a_free_port(ready: Path) -> None:
    remembered = json.loads((ready / "connection.json").read_text())
    (ready / "connection.json").write_text(json.dumps(remembered | {"port": 40000}))
    command: list[str | Path] = ["unshare", "-n", sys.executable, "-c", NO_PORTS, ready]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    assert "No port is free on 127.0.0.1" in done.stdout


@pytest.fixture
def small_disk(open_folder: Path) -> Iterator[Path]:
    """A disk of 20 MB, where there may be such a thing; a cluster takes twice that."""
    disk = open_folder / "disk"
    disk.mkdir()
    options = "size=20m,mode=755"
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", disk]).returncode != 0:
        pytest.skip("only root can mount a small disk")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


def test_a_full_disk_at_the_first_start_and_room_at_the_next(small_disk: Path) -> None:
    postgres = EmbeddedPostgres(small_disk / "postgres", durable=False)
    with pytest.raises(EmbeddedPostgresError, match=r"No space is left on the disk .* Free some"):
        postgres.start()
    assert not (small_disk / "postgres" / "data.new").exists()
    subprocess.run(["mount", "-o", "remount,size=200m", small_disk], check=True)
    with postgres as info:
        assert info.port > 0


def test_a_disk_that_filled_up_since(small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=200m", small_disk], check=True)
    postgres = EmbeddedPostgres(small_disk / "postgres", durable=False)
    with postgres:
        pass
    _fill(small_disk / "ballast")
    with pytest.raises(EmbeddedPostgresError, match="No space is left on the disk"):
        postgres.start()
    (small_disk / "ballast").unlink()
    with postgres as info:
        assert info.port > 0


def _fill(ballast: Path) -> None:
    descriptor = os.open(ballast, os.O_WRONLY | os.O_CREAT)
    with suppress(OSError):
        while os.write(descriptor, b"x" * 65536):
            pass
    os.close(descriptor)


def test_a_disk_nothing_can_be_written_to(small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(
        EmbeddedPostgresError, match=r"cannot be read and written by this user \(Read-only file system\)"
    ):
        EmbeddedPostgres(small_disk / "postgres").start()
