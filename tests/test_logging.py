"""How exceptions and secrets are told, step by step."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from app.logging import redact, tell_exceptions

SECRET = "hunter2"


def _told(event: dict[str, Any]) -> dict[str, Any]:
    return dict(tell_exceptions(None, "error", event))


def _caught(error: BaseException, cause: BaseException | None = None) -> BaseException:
    try:
        raise error from cause
    except type(error) as caught:
        return caught


def test_an_exception_is_told_by_its_classes_from_the_outside_in() -> None:
    error = _caught(ValueError(SECRET), KeyError(SECRET))
    told = _told({"event": "x", "exc_info": error})
    assert told["error"] == "ValueError <- KeyError"
    assert SECRET not in str(told)


def test_a_database_error_is_told_with_its_state_and_without_its_row() -> None:
    class UniqueViolation(Exception):
        sqlstate = "23505"

    driver = UniqueViolation(f"Key (email)=({SECRET}) already exists")
    told = _told({"event": "x", "exc_info": _caught(IntegrityError("INSERT", {"email": SECRET}, driver), driver)})
    assert told["error"] == "IntegrityError <- UniqueViolation(23505)"
    assert SECRET not in str(told)


@pytest.mark.parametrize("form", ["error", "tuple", "flag"])
def test_whichever_way_an_exception_is_handed_over(form: str) -> None:
    try:
        raise ValueError(SECRET)
    except ValueError as error:
        given = {"error": error, "tuple": sys.exc_info(), "flag": True}[form]
        told = _told({"event": "x", "exc_info": given})
    assert told["error"] == "ValueError"
    assert told["at"][-1].endswith("test_whichever_way_an_exception_is_handed_over")
    assert "exc_info" not in told


def test_without_an_exception_nothing_is_added() -> None:
    for given in ({"event": "x"}, {"event": "x", "exc_info": None}, {"event": "x", "exc_info": False}):
        assert _told(given) == {"event": "x"}
    assert _told({"event": "x", "exc_info": True}) == {"event": "x"}


def test_a_cycle_of_causes_ends() -> None:
    one, two = ValueError(), KeyError()
    one.__context__, two.__context__ = two, one
    told = _told({"event": "x", "exc_info": one})
    assert told["error"].startswith("ValueError <- KeyError")


@pytest.mark.parametrize(
    "name", ["password", "new_password", "access_token", "Authorization", "api_key", "user_email", "set_cookie"]
)
def test_a_keyword_that_smells_of_a_secret_is_redacted(name: str) -> None:
    assert redact(None, "info", {"event": "x", name: SECRET}) == {"event": "x", name: "[redacted]"}


def test_counts_and_codes_are_told() -> None:
    event = {"event": "x", "size": 3, "code": "not_found", "ms": 1.5}
    assert redact(None, "info", dict(event)) == event


_UNDER_GUNICORN = """
import logging, os
from gunicorn.config import Config
from app import gunicorn_config
from app.logging import set_up_logging

settings = Config()
log = gunicorn_config.logger_class(settings)
log.info("Listening")
gunicorn_config.Worker(1, os.getpid(), [], None, 30, settings, log)  # hands gunicorn's handlers to the server
set_up_logging(level="info", as_json=True)  # as app.asgi does, in the worker
logging.getLogger("uvicorn.error").info("Started server process")
log.warning("Worker was told to stop")
log.debug("not told")
"""


def test_under_gunicorn_its_lines_and_the_servers_have_the_shape_of_all_others(tmp_path: Path) -> None:
    root = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", _UNDER_GUNICORN],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(root), "LOG_FORMAT": "json", "DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    told = [(line["level"], line["event"]) for line in map(json.loads, done.stderr.splitlines())]
    assert told == [("info", "Listening"), ("info", "Started server process"), ("warning", "Worker was told to stop")]
