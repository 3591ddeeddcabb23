"""The other commands: on a database of one's own, on the embedded one, and beside a running service."""

import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from app.keys.master_keys import MasterKeys
from app.migrate import head
from tests.cli.conftest import Serve
from tests.cli.service import Running, free_port, is_soon, postgres_of, run
from tests.conftest import OWNER, Cluster
from tests.factories.people import PASSWORD

Start = Callable[..., Running]


def _rows(url: str, question: str) -> list[Any]:
    with psycopg.connect(url) as connection:
        connection.execute("SET ROLE adiuva_system")
        return connection.execute(question).fetchall()


def test_migrate_says_where_the_schema_is(new_folder: Path, cluster: Cluster) -> None:
    cluster.run("DROP DATABASE IF EXISTS to_migrate")
    cluster.run(f"CREATE DATABASE to_migrate OWNER {OWNER}")
    try:
        done = run(new_folder, "migrate", DATABASE_URL=cluster.url("to_migrate"))
        assert (done.returncode, done.stdout) == (1, "")
        assert "CREATE EXTENSION vector" in done.stderr
        assert "Traceback" not in done.stderr
        with psycopg.connect(cluster.superuser_url.rpartition("/")[0] + "/to_migrate", autocommit=True) as connection:
            connection.execute("CREATE EXTENSION vector")
        done = run(new_folder, "migrate", DATABASE_URL=cluster.url("to_migrate"))
        assert (done.returncode, done.stdout) == (0, f"The database is at revision {head()}.\n")
    finally:
        cluster.drop("to_migrate")


def test_keys_new_prints_an_entry_that_would_be_accepted(new_folder: Path) -> None:
    done = run(new_folder, "keys", "new", "k7")
    assert done.stdout.startswith("k7:")
    MasterKeys.parse(done.stdout.strip())
    assert list(new_folder.iterdir()) == [], "nothing is started or stored for it"


@pytest.mark.parametrize("settings", [{"ENV": "prod"}, {"MASTER_KEYS": "bad"}])
def test_a_key_is_made_where_the_service_cannot_start_for_want_of_one(
    new_folder: Path, settings: dict[str, str]
) -> None:
    done = run(new_folder, "keys", "new", "k7", **settings)
    assert (done.returncode, done.stderr) == (0, "")
    MasterKeys.parse(done.stdout.strip())


@pytest.mark.parametrize("arguments", [("serve",), ("admin", "invite", "ada@example.com"), ("migrate",)])
@pytest.mark.parametrize("unusable", ["a file", "a file/folder", "/proc/nothing"])
def test_a_data_folder_that_cannot_be_used_is_told_in_a_sentence(
    new_folder: Path, arguments: tuple[str, ...], unusable: str
) -> None:
    (new_folder / "a file").touch()
    data_dir = new_folder / unusable  # an absolute path stays as it is
    done = run(new_folder, *arguments, DATA_DIR=str(data_dir), PORT=str(free_port()))
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr
    assert f"DATA_DIR: {data_dir} cannot be used" in done.stderr
    assert "Set DATA_DIR to a folder" in done.stderr


def test_a_data_folder_is_not_needed_where_everything_is_given(new_folder: Path) -> None:
    (new_folder / "a file").touch()
    settings = {"JWT_SECRET": "Uo0r1tqvC7mZp3nX9yKeWb4hLs8dQfAj", "MASTER_KEYS": MasterKeys.make()}
    done = run(new_folder, "admin", "invite", "ada@example.com", DATA_DIR=str(new_folder / "a file"), **settings)
    assert done.returncode == 0, done.stderr


def test_keys_are_told_and_rotated(new_folder: Path, fresh_database_url: str) -> None:
    old, new = MasterKeys.make("k1"), MasterKeys.make("k2")
    settings = {"DATABASE_URL": fresh_database_url, "MASTER_KEYS": old}
    assert "No data keys yet" in run(new_folder, "keys", "status", **settings).stdout
    for number in range(2):
        assert run(new_folder, "admin", "create", f"admin-{number}@example.com", **settings).returncode == 0
    assert run(new_folder, "keys", "status", **settings).stdout == "k1: wraps 2 data keys\n"

    both = settings | {"MASTER_KEYS": f"{new},{old}"}
    done = run(new_folder, "keys", "rotate", **both)
    assert done.stdout.startswith("2 data keys re-wrapped; all are wrapped by k2 now.")
    assert run(new_folder, "keys", "status", **both).stdout == "k2: wraps 2 data keys\n"
    assert run(new_folder, "keys", "rotate", **both).stdout.startswith("0 data keys re-wrapped")

    done = run(new_folder, "keys", "rotate", **settings)
    assert done.returncode == 1
    assert "k2" in done.stderr
    assert "Traceback" not in done.stderr
    for secret in (old, new):
        assert secret.partition(":")[2] not in done.stdout + done.stderr


def test_an_administrator_is_made_of_nobody_with_a_password_to_change(
    new_folder: Path, fresh_database_url: str, serve: Serve
) -> None:
    done = run(new_folder, "admin", "create", " Boss@Example.com ", DATABASE_URL=fresh_database_url)
    assert done.returncode == 0
    (password,) = re.findall(r"The password is (\S+) - change it", done.stdout)
    service = serve(new_folder, DATABASE_URL=fresh_database_url)
    tokens = service.log_in("boss@example.com", password).json()
    assert service.request("GET", "/auth/me", tokens["access_token"]).json()["is_admin"] is True
    assert service.request("GET", "/admin/users", tokens["access_token"]).status_code == 200


def test_an_administrator_is_made_of_an_existing_account_without_touching_its_password(
    new_folder: Path, fresh_database_url: str, serve: Serve
) -> None:
    service = serve(new_folder, DATABASE_URL=fresh_database_url)
    tokens = service.register("ada@example.com")
    assert service.request("GET", "/admin/users", tokens["access_token"]).status_code == 403
    for _ in range(2):
        done = run(new_folder, "admin", "create", "ADA@example.com", DATABASE_URL=fresh_database_url)
        assert (done.returncode, done.stderr) == (0, "")
        assert "Their password is unchanged" in done.stdout
    assert service.request("GET", "/admin/users", tokens["access_token"]).status_code == 200
    assert service.log_in("ada@example.com").status_code == 200
    assert _rows(fresh_database_url, "SELECT count(*) FROM users") == [(1,)]


@pytest.mark.parametrize("action", ["create", "invite"])
def test_what_is_no_address_is_refused_in_a_sentence(new_folder: Path, fresh_database_url: str, action: str) -> None:
    done = run(new_folder, "admin", action, "nonsense", DATABASE_URL=fresh_database_url)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "This is not an e-mail address.\n"


def test_an_invitation_lets_one_address_in(new_folder: Path, fresh_database_url: str, serve: Serve) -> None:
    settings = {"DATABASE_URL": fresh_database_url, "REGISTRATION": "invite"}
    service = serve(new_folder, **settings)
    invitation = run(new_folder, "admin", "invite", "ada@example.com", **settings).stdout.strip()
    body = {"password": PASSWORD, "invitation": invitation}
    refused = service.request("POST", "/auth/register", json=body | {"email": "eve@example.com"})
    assert (refused.status_code, refused.json()["code"]) == (403, "registration_closed")
    assert service.request("POST", "/auth/register", json=body | {"email": "ada@example.com"}).status_code == 201


def test_an_invitation_is_written_without_starting_a_database(new_folder: Path) -> None:
    done = run(new_folder, "admin", "invite", "ada@example.com")
    assert done.returncode == 0
    assert done.stdout.strip()
    assert not (new_folder / "postgres").exists()


@pytest.mark.faults
def test_beside_a_running_service_commands_use_its_database_and_leave_it_running(data_dir: Path, serve: Serve) -> None:
    service = serve(data_dir)
    tokens = service.register("ada@example.com")
    assert run(data_dir, "migrate").stdout.startswith("The database is at revision")
    assert run(data_dir, "keys", "status").stdout.endswith("wraps 1 data keys\n")
    assert run(data_dir, "keys", "rotate").returncode == 0
    assert run(data_dir, "admin", "create", "ada@example.com").returncode == 0
    assert service.request("GET", "/admin/users", tokens["access_token"]).status_code == 200
    assert len(postgres_of(data_dir)) == 1
    assert service.stop() == 0
    assert postgres_of(data_dir) == []


def test_without_a_service_commands_start_the_database_and_stop_it_again(data_dir: Path) -> None:
    done = run(data_dir, "admin", "create", "ada@example.com")
    assert done.returncode == 0, done.stderr
    assert postgres_of(data_dir) == []
    assert run(data_dir, "keys", "status").stdout.endswith("wraps 1 data keys\n")
    assert postgres_of(data_dir) == []


def test_a_command_that_is_terminated_stops_the_database_it_started(new_folder: Path, start: Start) -> None:
    command = start(new_folder, "migrate")
    command.until((new_folder / "postgres" / "data" / "postmaster.pid").exists)
    assert command.stop() in (0, 130)
    assert is_soon(lambda: postgres_of(new_folder) == [])


def test_a_worker_beside_a_service_does_its_jobs_and_ends_at_sigterm(
    new_folder: Path, fresh_database_url: str, serve: Serve, start: Start
) -> None:
    worker = start(new_folder, "worker", DATABASE_URL=fresh_database_url)
    worker.until(lambda: "The worker is running" in worker.said())
    service = serve(new_folder, DATABASE_URL=fresh_database_url)
    for number in range(10):
        service.register(f"person-{number}@example.com")
    worker.until(lambda: len(list((new_folder / "mail").glob("*.eml"))) == 10)
    assert worker.stop(signal.SIGTERM) == 0
    assert "Traceback" not in worker.said()
    assert service.stop() == 0


def test_a_worker_without_a_service_brings_up_the_embedded_database_itself(new_folder: Path, start: Start) -> None:
    worker = start(new_folder, "worker")
    worker.until(lambda: "The worker is running" in worker.said())
    assert len(postgres_of(new_folder)) == 1
    assert worker.stop(signal.SIGINT) == 0
    assert postgres_of(new_folder) == []
    assert "Traceback" not in worker.said()


def test_a_service_on_the_folder_of_a_worker_is_told_so(data_dir: Path, start: Start) -> None:
    worker = start(data_dir, "worker")
    worker.until(lambda: "The worker is running" in worker.said())
    done = run(data_dir, "serve", PORT=str(free_port()))
    assert done.returncode == 1
    assert f"is in use by process {worker.process.pid}" in done.stderr
    assert worker.stop() == 0


def test_without_a_command_the_commands_are_listed(new_folder: Path) -> None:
    done = run(new_folder)
    assert done.returncode == 2
    assert "COMMAND" in done.stderr
    for command in ("serve", "worker", "migrate", "keys", "admin"):
        assert command in run(new_folder, "--help").stdout
