"""What is left behind when processes are killed or the power goes, and how the next start copes."""

import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from app.kit.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError, FolderInUse
from app.kit.embedded_postgres.postmaster import Postmaster
from tests.kit.conftest import StartService

pytestmark = pytest.mark.faults  # slow, and of what changes rarely: make faults


COMPLETE = {"connection.json", "data", "postgres.log", "start.lock"}


def _works(folder: Path) -> None:
    """The database is all there, and there is one server, which ends when told."""
    with EmbeddedPostgres(folder, durable=False) as info, psycopg.connect(info.owner_url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS things (place vector(2))")
    assert Postmaster.on(folder / "data") is None
    assert {entry.name for entry in folder.iterdir()} == COMPLETE


def _pid(folder: Path) -> int:
    server = Postmaster.on(folder / "data")
    assert server is not None
    return server.pid


def test_a_killed_services_server_is_taken_over_and_then_stopped(ready: Path, start_service: StartService) -> None:
    service = start_service(ready)
    assert service.stdout is not None
    port = int(service.stdout.readline())
    left = _pid(ready)
    service.kill()
    service.wait()
    with EmbeddedPostgres(ready) as info:
        assert (_pid(ready), info.port) == (left, port)
    assert Postmaster.on(ready / "data") is None


def _kill_and_start_again(folder: Path, start_service: StartService, *, after: float) -> None:
    service = start_service(folder)
    time.sleep(after)
    service.kill()
    service.wait()


@pytest.mark.faults
def test_a_first_start_killed_at_any_moment_heals_at_the_next(open_folder: Path, start_service: StartService) -> None:
    for number, after in enumerate([0.0, 0.05, 0.15, 0.3, 0.6]):
        folder = open_folder / f"killed-{number}"
        _kill_and_start_again(folder, start_service, after=after)
        _works(folder)


@pytest.mark.faults
def test_first_starts_killed_again_and_again_heal_in_the_end(open_folder: Path, start_service: StartService) -> None:
    for number in range(40):
        folder = open_folder / f"killed-{number}"
        for _ in range(random.randint(1, 5)):
            _kill_and_start_again(folder, start_service, after=random.uniform(0, 1))
        _works(folder)


@pytest.mark.faults
def test_a_start_waits_for_the_initdb_that_a_killed_one_left(open_folder: Path, start_service: StartService) -> None:
    folder = open_folder / "postgres"
    service = start_service(folder)
    while not (folder / "data.new" / "base").exists():
        time.sleep(0.001)
    initdb = int(subprocess.run(["pgrep", "-P", str(service.pid)], capture_output=True, check=True).stdout)
    os.kill(initdb, signal.SIGSTOP)
    service.kill()
    service.wait()
    with pytest.raises(FolderInUse):
        EmbeddedPostgres(folder, patience=0.1).start()
    os.kill(initdb, signal.SIGCONT)
    _works(folder)


def test_remains_of_an_interrupted_start_are_cleared_away(open_folder: Path) -> None:
    folder = open_folder / "postgres"
    (folder / "data.new" / "base").mkdir(parents=True)
    (folder / "data.new" / "PG_VERSION").write_text("18\n")
    (folder / "password.new").write_text("half a pass")
    (folder / "connection.json.new").write_text("{")
    _works(folder)


@pytest.mark.parametrize(
    "undone",
    [["DROP EXTENSION vector"], ["DROP DATABASE adiuva"], ["DROP DATABASE adiuva", "DROP ROLE adiuva"], []],
    ids=["no extension", "no database", "no role", "nothing but the note"],
)
def test_a_start_killed_between_the_files_and_their_contents_goes_on_there(ready: Path, undone: list[str]) -> None:
    with EmbeddedPostgres(ready, durable=False) as info:
        for statement in undone:
            database = None if "EXTENSION" in statement else "postgres"
            with psycopg.connect(info.superuser_url(database), autocommit=True) as connection:
                connection.execute(statement.encode())
    remembered = json.loads((ready / "connection.json").read_text())
    (ready / "connection.json").write_text(json.dumps(remembered | {"prepared": False}))
    assert EmbeddedPostgres(ready).running() is None
    _works(ready)


@pytest.mark.faults
def test_two_first_starts_at_once_share_one_server(open_folder: Path, start_service: StartService) -> None:
    services = [start_service(open_folder / "postgres") for _ in range(3)]
    ports = {service.stdout.readline() for service in services if service.stdout}
    assert len(ports) == 1
    assert int(ports.pop()) > 0


@pytest.fixture
def bystander(ready: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another program of the user Postgres runs as."""
    owner = (ready / "data").stat()
    other = {"user": owner.st_uid, "group": owner.st_gid} if os.geteuid() == 0 else {}
    with subprocess.Popen(["/bin/sleep", "60"], **other) as process:  # type: ignore[call-overload]
        yield process
        process.kill()


def test_a_pid_file_whose_number_is_now_somebody_elses_does_not_block(
    ready: Path, bystander: subprocess.Popen[bytes]
) -> None:
    _write_pid_file(ready, f"{bystander.pid}\n{ready / 'data'}\n1700000000\n5432\n\n127.0.0.1\n  12345  67\nready   \n")
    assert EmbeddedPostgres(ready).running() is None
    EmbeddedPostgres(ready).stop()
    _works(ready)
    assert bystander.poll() is None


@pytest.mark.parametrize("content", ["", "\n", "garbage", "99999999\n/nowhere\n"])
def test_a_pid_file_a_power_cut_left_does_not_block(ready: Path, content: str) -> None:
    _write_pid_file(ready, content)
    _works(ready)


def _write_pid_file(folder: Path, content: str) -> None:
    data = folder / "data"
    (data / "postmaster.pid").write_text(content)
    os.chown(data / "postmaster.pid", data.stat().st_uid, data.stat().st_gid)


def test_a_copy_of_a_running_folder_is_a_database_of_its_own(ready: Path, copied: Callable[[Path, Path], None]) -> None:
    copy = ready.with_name("copy")
    with EmbeddedPostgres(ready, durable=False) as original:
        copied(ready, copy)
        assert EmbeddedPostgres(copy).running() is None
        with EmbeddedPostgres(copy, durable=False) as info:
            assert info.port != original.port
        assert EmbeddedPostgres(ready).running() == original


def test_what_was_committed_survives_the_death_of_the_server(ready: Path) -> None:
    postgres = EmbeddedPostgres(ready)
    with psycopg.connect(postgres.start().owner_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
        os.kill(_pid(ready), signal.SIGKILL)
        info = postgres.start()  # while processes of the dead one may still be ending
    with postgres, psycopg.connect(info.owner_url) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (7,)


def test_a_server_that_does_not_come_up_in_time_is_named_in_a_sentence(ready: Path) -> None:
    said: list[str] = []
    postgres = EmbeddedPostgres(ready, durable=False, say=said.append)
    postgres.start()
    pid = _pid(ready)
    os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(
            EmbeddedPostgresError, match=r"did not accept connections within .* start again in a minute"
        ):
            EmbeddedPostgres(ready, durable=False, patience=0.3, say=said.append).start()
    finally:
        os.kill(pid, signal.SIGCONT)
    postgres.stop()


@pytest.mark.faults
def test_a_server_that_does_not_stop_in_good_order_is_stopped_the_hard_way(ready: Path) -> None:
    said: list[str] = []
    postgres = EmbeddedPostgres(ready, durable=False, say=said.append)
    postgres.start()
    with psycopg.connect(postgres.start().superuser_url()) as connection:
        row = connection.execute("SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'").fetchone()
    assert row is not None
    os.kill(row[0], signal.SIGSTOP)
    postgres.stop()
    assert len(said) == 1
    assert "the hard way" in said[0]
    _works(ready)


def test_ctrl_c_during_a_start_leaves_no_server(ready: Path, start_service: StartService) -> None:
    service, pid = _caught_while_starting(ready, start_service)
    service.send_signal(signal.SIGINT)
    service.wait()
    os.kill(pid, signal.SIGCONT)
    for _ in range(200):
        if Postmaster.on(ready / "data") is None:
            return
        time.sleep(0.05)
    pytest.fail("the server goes on")


def _caught_while_starting(folder: Path, start_service: StartService) -> tuple[subprocess.Popen[str], int]:
    """A service whose server has been suspended before it accepted connections."""
    for _ in range(20):
        service = start_service(folder)
        while (server := Postmaster.on(folder / "data")) is None:
            pass
        os.kill(server.pid, signal.SIGSTOP)
        if (seen := Postmaster.on(folder / "data")) and seen.port is None:
            return service, server.pid
        os.kill(server.pid, signal.SIGCONT)  # it was quicker; again
        service.kill()
        EmbeddedPostgres(folder).stop()
    pytest.fail("the server is always quicker")
