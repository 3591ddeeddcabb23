"""Postgres stops and starts under a running service: requests are told to come back, and then served."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import httpx
import pytest

from app.kit.embedded_postgres import EmbeddedPostgres
from tests.cli.conftest import Serve
from tests.cli.service import RunningService, postgres_of


class Asking:
    """Somebody who asks all the time, and keeps what was answered when."""

    def __init__(self, service: RunningService, token: str) -> None:
        self.answers: list[tuple[float, httpx.Response]] = []
        self._service, self._token = service, token
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def _ask(self) -> None:
        with httpx.Client(base_url=f"{self._service.base}/api/v1", timeout=20) as http:
            while not self._stopping.is_set():
                for path in ("/auth/me", "/auth/sessions"):
                    answer = http.get(path, headers={"Authorization": f"Bearer {self._token}"})
                    self.answers.append((time.monotonic(), answer))
                time.sleep(0.02)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stopping.set()
        self._thread.join()


@pytest.fixture
def postgres(data_dir: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(data_dir / "postgres", durable=False, say=lambda _: None)
    yield server
    server.stop()


def test_only_503_while_it_is_away_and_back_within_two_seconds(
    data_dir: Path, new_folder: Path, postgres: EmbeddedPostgres, serve: Serve
) -> None:
    url = postgres.start().owner_url
    service = serve(new_folder, DATABASE_URL=url, RATE_LIMITS="off")
    token = service.register("ada@example.com")["access_token"]
    with Asking(service, token) as asking:
        time.sleep(0.3)
        postgres.stop()
        time.sleep(1)
        assert postgres.start().owner_url == url, "it must come back at the same address"
        accepts_at = time.monotonic()
        time.sleep(3)

    by_code: dict[Any, int] = {}
    for _, answer in asking.answers:
        code = answer.status_code if answer.status_code == 200 else (answer.status_code, answer.json()["code"])
        by_code[code] = by_code.get(code, 0) + 1
        if answer.status_code == 503:
            assert int(answer.headers["retry-after"]) >= 1
    assert set(by_code) == {200, (503, "database_unavailable")}, by_code
    last_refusal = max(at for at, answer in asking.answers if answer.status_code != 200)
    assert last_refusal - accepts_at < 2

    service.register("bob@example.com")
    service.until(lambda: len(list((new_folder / "mail").glob("*.eml"))) == 2, within_s=15)  # the worker is back too
    service.until(lambda: service.request("GET", "/health/ready").status_code == 200, within_s=15)
    assert service.stop() == 0
    assert len(postgres_of(data_dir)) == 1


def _restart(postgres: EmbeddedPostgres) -> None:
    postgres.stop()
    postgres.start()


@pytest.mark.faults
def test_ten_restarts_lose_no_account_and_no_mail(
    data_dir: Path, new_folder: Path, postgres: EmbeddedPostgres, serve: Serve
) -> None:
    url = postgres.start().owner_url
    service = serve(new_folder, DATABASE_URL=url, RATE_LIMITS="off")
    made = 0
    for _ in range(10):
        restarting = threading.Thread(target=_restart, args=[postgres])
        restarting.start()
        while restarting.is_alive():
            body = {"email": f"person-{made}@example.com", "password": "a long and unusual password"}
            answer = service.request("POST", "/auth/register", json=body)
            assert answer.status_code in (201, 409, 503), answer.text
            made += answer.status_code in (201, 409)  # 409: its commit was not heard of
        restarting.join()
    for number in range(made):
        assert service.log_in(f"person-{number}@example.com", "a long and unusual password").status_code == 200
    service.until(lambda: len(list((new_folder / "mail").glob("*.eml"))) >= made)
    assert service.stop() == 0
