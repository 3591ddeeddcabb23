"""`python -m app serve`: from nothing to a service that answers, and back without a trace."""

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.cli.conftest import Serve
from tests.cli.service import ROOT, RunningService, environment, free_port, postgres_of, run
from tests.factories.people import PASSWORD


def test_from_an_empty_folder_to_a_service_that_says_where_its_docs_are(new_folder: Path, serve: Serve) -> None:
    service = serve(new_folder, as_typed=True)
    service.until(lambda: "Adiuva is up" in service.said())
    told = service.said()
    assert f"{service.base}/docs" in told
    assert "admin create" in told
    assert httpx.get(f"{service.base}/docs", verify=False).status_code == 200
    tokens = service.register("ada@example.com")
    assert service.request("GET", "/auth/me", tokens["access_token"]).json()["email"] == "ada@example.com"
    service.until(lambda: list((new_folder / "mail").glob("*.eml")), within_s=10)
    assert len(postgres_of(new_folder)) == 1

    assert service.stop(signal.SIGINT) == 0
    assert postgres_of(new_folder) == []
    assert "Traceback" not in service.said()

    run(new_folder, "--help")  # what is forked has been imported by now: the seconds below are the service's own
    started = time.monotonic()
    again = serve(new_folder)
    assert time.monotonic() - started < 10
    assert again.log_in("ada@example.com").status_code == 200
    assert again.request("GET", "/auth/me", tokens["access_token"]).status_code == 200, "the keys are kept"
    assert again.stop(signal.SIGTERM) == 0
    assert postgres_of(new_folder) == []


def test_after_kill_9_nothing_is_lost_and_no_second_database_is_left(data_dir: Path, serve: Serve) -> None:
    first = serve(data_dir)
    tokens = first.register("ada@example.com")
    first.kill()
    assert len(postgres_of(data_dir)) == 1, "it runs on, until somebody takes it over"
    second = serve(data_dir)
    assert second.log_in("ada@example.com").status_code == 200
    assert second.request("GET", "/auth/me", tokens["access_token"]).status_code == 200
    assert len(postgres_of(data_dir)) == 1
    assert second.stop() == 0
    assert postgres_of(data_dir) == []


def test_a_request_under_way_at_sigterm_is_finished_and_no_new_one_is_taken(data_dir: Path, serve: Serve) -> None:
    service = serve(data_dir)
    service.register("ada@example.com")
    body = json.dumps({"email": "ada@example.com", "password": PASSWORD}).encode()
    head = (
        f"POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", service.port), timeout=20) as connection:
        connection.sendall(head.encode() + body[:10])
        time.sleep(0.3)
        service.process.send_signal(signal.SIGTERM)
        time.sleep(0.7)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", service.port), timeout=2)
        connection.sendall(body[10:])
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"access_token" in answer
    assert service.process.wait(30) == 0
    assert postgres_of(data_dir) == []


@pytest.mark.faults
def test_a_request_that_never_ends_does_not_keep_the_service_from_ending(data_dir: Path, serve: Serve) -> None:
    service = serve(data_dir)
    with socket.create_connection(("127.0.0.1", service.port), timeout=20) as connection:
        connection.sendall(b"POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
        time.sleep(0.3)
        started = time.monotonic()
        assert service.stop() == 0
        assert time.monotonic() - started < 30
    assert postgres_of(data_dir) == []


@pytest.mark.faults
def test_sigterm_while_it_is_starting_leaves_no_database_behind(new_folder: Path, serve: Serve) -> None:
    service = serve(new_folder, wait=False, as_typed=True)
    service.until((new_folder / "postgres" / "data" / "postmaster.pid").exists)
    assert service.stop() in (0, 130)
    assert postgres_of(new_folder) == []
    assert "Traceback" not in service.said()


def test_a_port_in_use_is_told_with_a_way_out(new_folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run(new_folder, "serve", PORT=str(port))
    assert done.returncode == 1
    assert f"Cannot listen on 127.0.0.1:{port}" in done.stderr
    assert f"PORT={port + 1}" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (new_folder / "postgres").exists(), "what is wrong is told before anything slow has begun"


def test_the_port_is_its_own_from_the_beginning(new_folder: Path, serve: Serve) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", 0))  # as another service would that starts at the same moment
        service = serve(new_folder, wait=False, PORT=str(other.getsockname()[1]))
        service.until((new_folder / "service.lock").exists)
        with pytest.raises(OSError, match="in use"):
            other.listen()
    service.until_up()
    assert service.stop() == 0


def test_a_second_service_on_the_same_folder_is_told_who_is_there(data_dir: Path, serve: Serve) -> None:
    first = serve(data_dir)
    done = run(data_dir, "serve", PORT=str(free_port()))
    assert done.returncode == 1
    assert f"is in use by process {first.process.pid}" in done.stderr
    assert "Traceback" not in done.stderr
    assert first.register("ada@example.com")
    assert first.stop() == 0


def test_an_address_that_is_not_this_machines_is_told(new_folder: Path) -> None:
    done = run(new_folder, "serve", HOST="203.0.113.7", PORT=str(free_port()))
    assert done.returncode == 1
    assert "Cannot listen on 203.0.113.7" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_of_ones_own_is_used_instead(new_folder: Path, fresh_database_url: str, serve: Serve) -> None:
    service = serve(new_folder, DATABASE_URL=fresh_database_url)
    service.register("ada@example.com")
    assert not (new_folder / "postgres").exists()
    with psycopg.connect(fresh_database_url) as connection:
        connection.execute("SET ROLE adiuva_system")
        assert connection.execute("SELECT email FROM users").fetchall() == [("ada@example.com",)]
    assert service.stop() == 0
    with psycopg.connect(fresh_database_url) as connection:
        others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        assert connection.execute(others).fetchone() == (0,)


def test_what_is_wrong_with_the_settings_is_told_in_sentences(new_folder: Path) -> None:
    done = run(new_folder, "serve", PORT="many", ENV="staging", JWT_SECRET="hunter2")
    assert done.returncode == 1
    for name in ("PORT", "ENV", "JWT_SECRET"):
        assert f"\n{name}: " in done.stderr
    assert "hunter2" not in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


def test_production_refuses_to_start_without_its_secrets(new_folder: Path) -> None:
    done = run(new_folder, "serve", ENV="prod")
    assert done.returncode == 1
    assert "ENV=prod needs DATABASE_URL, JWT_SECRET, MASTER_KEYS" in done.stderr
    assert list(new_folder.iterdir()) == []


def test_several_processes_without_redis_are_refused(new_folder: Path, fresh_database_url: str) -> None:
    done = run(new_folder, "serve", WEB_CONCURRENCY="2", DATABASE_URL=fresh_database_url)
    assert done.returncode == 1
    assert "WEB_CONCURRENCY above 1 needs REDIS_URL" in done.stderr


def test_a_database_that_does_not_answer_is_told_without_the_password(new_folder: Path) -> None:
    url = f"postgresql://adiuva:hunter2@127.0.0.1:{free_port()}/adiuva"
    done = run(new_folder, "serve", DATABASE_URL=url)
    assert done.returncode == 1
    assert "The database does not answer" in done.stderr
    assert "hunter2" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.faults
def test_gunicorns_entry_refuses_an_embedded_database(new_folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from app.asgi import application; application()"],
        cwd=ROOT,
        env=environment(new_folder),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "DATABASE_URL" in done.stderr


@pytest.mark.faults
def test_killed_at_ten_moments_it_always_comes_back_with_all_it_promised(data_dir: Path, serve: Serve) -> None:
    promised: list[str] = []
    for round_number in range(10):
        service = serve(data_dir)
        for email in promised:
            assert service.log_in(email).status_code == 200
        email = f"person-{round_number}@example.com"
        service.register(email)
        promised.append(email)
        time.sleep(0.05 * round_number)
        service.kill()
        assert len(postgres_of(data_dir)) <= 1
    last: RunningService = serve(data_dir)
    assert last.stop() == 0
    assert postgres_of(data_dir) == []
