"""What the log of a service that was used, misused and broken says, and what it never says."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Cluster
from tests.edge.conftest import SECRET

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def spoken(
    cluster: Cluster, worker_id: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, list[str]]]:
    """(standard error, the tokens that were used)."""
    name = f"talkative_{worker_id}"
    cluster.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    yield _run(cluster.clone(name), tmp_path_factory.mktemp("talkative"), "json")
    cluster.drop(name)


def _run(database_url: str, folder: Path, shape: str) -> tuple[str, list[str]]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.edge.talkative", database_url, str(folder), shape],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stderr, done.stdout.split()


@pytest.fixture(scope="module")
def lines(spoken: tuple[str, list[str]]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in spoken[0].splitlines()]


def _of(lines: list[dict[str, Any]], request_id: str) -> list[dict[str, Any]]:
    return [line for line in lines if line.get("request_id") == request_id]


def _named(lines: list[dict[str, Any]], event: str) -> dict[str, Any]:
    return next(line for line in lines if line["event"] == event)


def test_every_line_is_one_json_object_with_level_and_time(lines: list[dict[str, Any]]) -> None:
    assert len(lines) > 15
    for line in lines:
        assert line["level"] in ("info", "warning", "error")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", line["timestamp"])
        assert line["event"]


def test_our_events_are_named_by_noun_and_verb(lines: list[dict[str, Any]]) -> None:
    ours = {line["event"] for line in lines} - {"it failed", "a warning", "told"}
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)+", event) for event in ours), ours


def test_every_line_of_a_request_carries_its_id(lines: list[dict[str, Any]]) -> None:
    expected = ["probe_called", "probe_called_in_thread", "request_answered"]
    assert [line["event"] for line in _of(lines, "one")] == expected
    for number in range(5):
        assert sorted(line["event"] for line in _of(lines, f"many-{number}")) == sorted(expected)


def test_a_request_ends_in_one_line_that_tells_route_status_and_time(lines: list[dict[str, Any]]) -> None:
    (line,) = _of(lines, "three")
    assert (line["method"], line["path"], line["status"]) == ("DELETE", "/api/v1/auth/sessions/{id}", 404)
    assert line["ms"] > 0


def test_a_bug_is_told_by_its_class_and_places(lines: list[dict[str, Any]]) -> None:
    told, answered = _of(lines, "two")
    assert (told["event"], told["level"], told["error"]) == ("request_failed", "error", "ValueError")
    assert re.fullmatch(r"app/edge/request_scope\.py:\d+ __call__", told["at"][0])
    assert told["at"][-1].endswith(" bug")
    assert (answered["event"], answered["status"]) == ("request_answered", 500)


def test_a_librarys_exception_is_told_the_same_way(lines: list[dict[str, Any]]) -> None:
    for event in ("it failed", "ours_failed"):
        line = _named(lines, event)
        assert line["error"] == "KeyError"
        assert line["at"][-1].endswith(" library")


def test_what_smells_of_a_secret_is_redacted(lines: list[dict[str, Any]]) -> None:
    told = _named(lines, "told")
    assert {name: told[name] for name in ("password", "access_token", "user_email", "size")} == {
        "password": "[redacted]",
        "access_token": "[redacted]",
        "user_email": "[redacted]",
        "size": 7,
    }


def test_nothing_secret_is_ever_written(spoken: tuple[str, list[str]]) -> None:
    written, tokens = spoken
    assert len(tokens) == 2
    for secret in (SECRET, "canary@example.com", *tokens, *(token[-20:] for token in tokens)):
        assert secret not in written


def test_at_home_lines_are_columns_and_as_discreet(fresh_database_url: str, tmp_path: Path) -> None:
    written, tokens = _run(fresh_database_url, tmp_path, "console")
    assert "request_answered" in written
    assert "request_failed" in written
    assert re.search(r"request_id=one\b", re.sub(r"\x1b\[[\d;]*m", "", written))
    for secret in (SECRET, "canary@example.com", *tokens):
        assert secret not in written
