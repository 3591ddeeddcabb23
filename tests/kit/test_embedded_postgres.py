import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from app.kit.embedded_postgres import ConnectionInfo, EmbeddedPostgres
from app.kit.embedded_postgres.postmaster import Postmaster
from tests.kit.conftest import REPOSITORY, StartService


def _ask(url: str, question: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(question.encode()).fetchone()
        return row and row[0]


def _setting(info: ConnectionInfo, name: str) -> object:
    return _ask(info.superuser_url(), f"SHOW {name}")


def _pid(folder: Path) -> int:
    server = Postmaster.on(folder / "data")
    assert server is not None
    return server.pid


def test_the_first_start_makes_a_database_whose_owner_is_no_superuser(open_folder: Path) -> None:
    with EmbeddedPostgres(open_folder / "postgres") as info:
        rights = (
            "SELECT (rolsuper, rolbypassrls, rolcreatedb, rolcreaterole) FROM pg_roles WHERE rolname = current_user"
        )
        assert _ask(info.owner_url, rights) == ("f", "f", "f", "t")
        assert (
            _ask(info.owner_url, "SELECT datdba::regrole::text FROM pg_database WHERE datname = 'adiuva'") == "adiuva"
        )
        assert _ask(info.superuser_url("postgres"), "SELECT current_user || current_database()") == "postgrespostgres"


def test_a_durable_cluster_is_durable_checked_and_reached_only_through_loopback(open_folder: Path) -> None:
    with EmbeddedPostgres(open_folder / "postgres") as info:
        told = [_setting(info, name) for name in ("fsync", "full_page_writes", "data_checksums", "password_encryption")]
        assert told == ["on", "on", "on", "scram-sha-256"]
        assert [_setting(info, name) for name in ("listen_addresses", "unix_socket_directories")] == ["127.0.0.1", ""]
        assert _ask(info.owner_url, "SELECT lower('ÄÉ')") == "äé"


def test_vectors_are_there_for_the_owner(ready: Path) -> None:
    with EmbeddedPostgres(ready, durable=False) as info:
        assert _ask(info.owner_url, "SELECT '[1,0]'::vector <=> '[0,1]'::vector") == 1.0


def test_the_owner_can_make_the_roles_it_hands_its_rights_to(ready: Path) -> None:
    with EmbeddedPostgres(ready, durable=False) as info, psycopg.connect(info.owner_url) as connection:
        connection.execute("CREATE ROLE restricted")
        connection.execute("GRANT restricted TO CURRENT_USER WITH SET TRUE")
        connection.execute("SET ROLE restricted")
        assert connection.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS


@pytest.mark.parametrize("url", ["postgresql://postgres@{}/postgres", "postgresql://adiuva:guess@{}/adiuva"])
def test_nobody_comes_in_without_the_password(ready: Path, url: str) -> None:
    with EmbeddedPostgres(ready, durable=False) as info, pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(url.format(f"{info.host}:{info.port}"))


def test_a_second_start_finds_the_data_the_passwords_and_the_port(ready: Path) -> None:
    with EmbeddedPostgres(ready, durable=False) as first, psycopg.connect(first.owner_url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
    with EmbeddedPostgres(ready, durable=False) as second:
        assert second == first
        assert _ask(second.owner_url, "SELECT n FROM kept") == 7


def test_a_start_of_what_runs_already_takes_it_over(ready: Path) -> None:
    first = EmbeddedPostgres(ready, durable=False).start()
    pid = _pid(ready)
    second = EmbeddedPostgres(ready, durable=False)
    assert second.start() == first
    assert _pid(ready) == pid
    second.stop()
    assert Postmaster.on(ready / "data") is None


def test_a_cluster_that_exists_is_up_in_well_under_a_second(ready: Path) -> None:
    def took() -> float:
        began = time.monotonic()
        with EmbeddedPostgres(ready):
            return time.monotonic() - began

    assert any(took() < 0.8 for _ in range(15)), "one of them met no other work on this machine"


def test_stopping_twice_or_nothing_is_fine_and_makes_nothing(ready: Path, open_folder: Path) -> None:
    postgres = EmbeddedPostgres(ready, durable=False)
    postgres.start()
    postgres.stop()
    postgres.stop()
    EmbeddedPostgres(open_folder / "never").stop()
    assert not (open_folder / "never").exists()


def test_running_tells_how_to_connect_exactly_while_the_server_accepts_connections(ready: Path) -> None:
    postgres = EmbeddedPostgres(ready, durable=False)
    assert postgres.running() is None
    with postgres as info:
        assert EmbeddedPostgres(ready).running() == info
    assert postgres.running() is None


def test_running_makes_nothing_and_changes_nothing(open_folder: Path) -> None:
    assert EmbeddedPostgres(open_folder / "postgres").running() is None
    assert list(open_folder.iterdir()) == []


def test_another_process_finds_the_running_server(ready: Path) -> None:
    command = (
        "import sys; from pathlib import Path; from app.kit.embedded_postgres import EmbeddedPostgres;"
        "print(EmbeddedPostgres(Path(sys.argv[1])).running())"
    )
    with EmbeddedPostgres(ready, durable=False) as info:
        told = subprocess.run([sys.executable, "-c", command, ready], cwd=REPOSITORY, capture_output=True, text=True)
    assert told.stdout.strip() == str(info)


def test_a_port_somebody_else_took_is_given_up_for_good(ready: Path) -> None:
    with EmbeddedPostgres(ready, durable=False) as info:
        first = info.port
    with socket.create_server(("127.0.0.1", first)), EmbeddedPostgres(ready, durable=False) as info:
        second = info.port
        assert second != first
    with EmbeddedPostgres(ready, durable=False) as info:
        assert info.port == second


def test_passwords_are_kept_from_others_and_out_of_logs(ready: Path) -> None:
    with EmbeddedPostgres(ready, durable=False) as info:
        shown = repr(info)
    assert info.owner_password not in shown
    assert info.superuser_password not in shown
    assert {stat.S_IMODE((ready / name).stat().st_mode) for name in ("connection.json", "postgres.log")} == {0o600}


def test_ctrl_c_in_the_services_terminal_does_not_reach_the_server(ready: Path, start_service: StartService) -> None:
    service = start_service(ready)
    assert service.stdout is not None
    service.stdout.readline()
    os.killpg(service.pid, signal.SIGINT)
    service.wait()
    assert EmbeddedPostgres(ready).running() is not None


def test_the_environment_of_other_servers_does_not_matter(ready: Path, start_service: StartService) -> None:
    strange = {
        "PGSSLMODE": "require",
        "PGHOST": "192.0.2.1",
        "PGPORT": "1",
        "PGOPTIONS": "-c nonsense=1",
        "PGDATA": "/nowhere",
    }
    service = start_service(ready, strange)
    assert service.stdout is not None
    assert int(service.stdout.readline()) > 0


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="reads /proc")
def test_the_services_secrets_stay_out_of_the_servers_environment(ready: Path, start_service: StartService) -> None:
    service = start_service(ready, {"SECRET_OF_THE_SERVICE": "hush"})
    assert service.stdout is not None
    service.stdout.readline()
    assert b"hush" not in Path(f"/proc/{_pid(ready)}/environ").read_bytes()


def test_the_log_is_kept_short_and_free_of_peoples_data(ready: Path) -> None:
    (ready / "postgres.log").write_bytes(b"x" * 1_000_001)
    with EmbeddedPostgres(ready, durable=False) as info, psycopg.connect(info.owner_url) as connection:
        connection.execute("CREATE TABLE people (name text UNIQUE)")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO people VALUES ('Ann Secret'), ('Ann Secret')")
    written = (ready / "postgres.log").read_text()
    assert "ready to accept connections" in written
    assert "Ann Secret" not in written
    assert "duplicate key" not in written
    assert len(written) < 5_000
    assert (ready / "postgres.log.1").stat().st_size == 1_000_001


def test_tests_may_trade_safety_for_speed_and_have_more_connections(ready: Path) -> None:
    with EmbeddedPostgres(ready, durable=False, max_connections=30) as info:
        assert [_setting(info, name) for name in ("fsync", "max_connections")] == ["off", "30"]


def test_a_path_with_spaces_quotes_and_length_is_a_path(open_folder: Path, ready: Path) -> None:
    folder = open_folder.joinpath('it\'s a "folder" $HOME ü', *["deep" * 20] * 8, "postgres")
    with EmbeddedPostgres(folder, durable=False) as info:
        assert _ask(info.owner_url, "SELECT 1") == 1
