"""Distinctive strings go in through the real service; a copy of its database, its files and its logs are searched for them.

The service is a process of its own, at its most talkative, on real HTTP. What may be found, and where, is written here.
"""

import asyncio
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from app.keys.master_keys import MasterKeys
from tests.accounts.canary_talk import Talk
from tests.conftest import Cluster
from tests.factories.mailbox import read, secret_in
from tests.factories.people import Person
from tests.factories.rows import dump, values
from tests.factories.waiting import until

ROOT = Path(__file__).parent.parent.parent

Found = set[tuple[str, str]]  # (what was planted, where it was found)

# What is kept in clear on purpose. Everything else that is planted must be found nowhere.
ALLOWED = {
    ("email", "users.email"),  # looked up at sign-in, found by administrators: docs/decisions on what is encrypted
}


@contextmanager
def service(database_url: str, folder: Path) -> Iterator[tuple[str, Path]]:
    """`python -m app serve`: its address and the file its output goes to."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        "PATH": os.environ["PATH"],
        "ENV": "dev",
        "DATABASE_URL": database_url,
        "DATA_DIR": str(folder / "data"),
        "PORT": str(port),
        "LOG_LEVEL": "debug",
        "LOG_FORMAT": "json",
        "JWT_SECRET": secrets.token_urlsafe(48),
        "MASTER_KEYS": MasterKeys.make(),
    }
    output = folder / "output"
    with output.open("wb") as file:
        command = [sys.executable, "-m", "app", "serve"]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=file, stderr=subprocess.STDOUT)
        try:
            yield f"http://127.0.0.1:{port}/api/v1", output
        finally:
            process.terminate()
            process.wait(30)


async def answers(http: httpx.AsyncClient) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                if (await http.get("/health/ready")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)


async def mailed(folder: Path, subject: str) -> str:
    """The secret in the newest mail with this subject."""
    mails = folder / "data" / "mail"
    await until(lambda: list(mails.glob(f"*{subject}*.eml")))
    return secret_in(read(max(mails.glob(f"*{subject}*.eml"), key=lambda path: path.stat().st_mtime_ns)))


async def live(http: httpx.AsyncClient, folder: Path) -> dict[str, str]:
    """A life with an account, errors and all; what was planted on the way."""
    mark = uuid4().hex
    planted = {
        "email": f"canary-{mark}@example.com",
        "password": f"canary password {mark}",
        "wrong password": f"canary guess {mark}",
        "client": f"CanaryClient/{mark}",
        "key name": f"canary key {mark}",
        "new email": f"canary-new-{mark}@example.com",
        "unknown email": f"canary-unknown-{mark}@example.com",
        "idempotency key": f"canary-once-{mark}",
        "query": f"canary-query-{mark}",
        "path": f"canary-path-{mark}",
    }
    http.headers["User-Agent"] = planted["client"]
    ada = await Person.register(http, planted["email"], planted["password"])
    planted |= {"access token": ada.access_token, "refresh token": ada.refresh_token}
    again = await ada.sign_in_again(planted["client"])
    planted |= {"second access token": again.access_token, "second refresh token": again.refresh_token}
    third = (await http.post("/auth/refresh", json={"refresh_token": ada.refresh_token})).json()
    planted |= {"third refresh token": third["refresh_token"]}
    key = await ada.post("/auth/api-keys", json={"name": planted["key name"], "scopes": ["read"]})
    planted["api key"] = key.json()["key"]
    await http.get("/auth/me", headers={"Authorization": f"Bearer {planted['api key']}"})
    planted["verification link"] = await mailed(folder, "confirm-your-e-mail-address")
    body = {"email": planted["new email"], "password": planted["password"]}
    assert (await ada.post("/auth/email", json=body)).status_code == 204
    planted["new address link"] = await mailed(folder, "confirm-your-new-e-mail-address")
    assert (await http.post("/auth/password/forgot", json={"email": planted["email"]})).status_code == 204
    planted["reset link"] = await mailed(folder, "set-a-new-password")
    await provoke(http, ada, planted)
    return planted


async def talk(http: httpx.AsyncClient, folder: Path, search: Callable[[dict[str, str]], Found]) -> tuple[Talk, Found]:
    """A life with the assistant; what was found of it while turns waited for approvals."""
    ada = await Person.register(http)
    found: Found = set()
    talk = Talk(ada, str(http.base_url).removesuffix("/api/v1/"), folder / "home", lambda: found.update(look()))

    def look() -> Found:
        return search(talk.planted)

    await talk.go_through()
    assert await talk.missing_from_export() == set()
    return talk, found


async def provoke(http: httpx.AsyncClient, ada: Person, planted: dict[str, str]) -> None:
    """Every way of being refused."""
    guess = {"email": planted["email"], "password": planted["wrong password"]}
    await http.post("/auth/login", json=guess)
    await http.post("/auth/login", json=guess | {"email": planted["unknown email"]})
    await http.post("/auth/password/forgot", json={"email": planted["unknown email"]})
    await http.post("/auth/register", json={"email": planted["email"], "password": planted["password"]})
    await http.post("/auth/register", json={"email": planted["unknown email"] + "@", "password": planted["password"]})
    await http.post("/auth/register", json={"email": planted["unknown email"], "password": planted["password"] * 99})
    await http.post("/auth/refresh", json={"refresh_token": planted["wrong password"]})
    await http.post("/auth/email/verify", json={"token": planted["wrong password"]})
    await http.get("/auth/me", headers={"Authorization": f"Bearer {planted['access token']}x"})
    await http.get("/auth/me", params={"access_token": planted["query"]})
    await http.get(f"/{planted['path']}/{planted['query']}")
    await http.get(f"/auth/sessions/{planted['path']}")
    await ada.delete(f"/auth/sessions/{planted['path']}")
    await ada.get("/auth/sessions", params={"page": planted["query"]})
    await ada.post("/admin/jobs/1/retry", headers={"Idempotency-Key": planted["idempotency key"]})
    await http.post("/auth/login", content=f'{{"email": "{planted["email"]}", "password": {planted["wrong password"]}')
    await ada.get("/account/export")


def spellings(text: str) -> set[bytes]:
    """As it is, and as bytes are written in logs and rows of others."""
    return {text.encode(), text.encode().hex().encode(), text.upper().encode(), text.lower().encode()}


def found_in_database(superuser_url: str, planted: dict[str, str]) -> Found:
    return {
        (name, column)
        for column, value in values(dump(superuser_url))
        for name, text in planted.items()
        if any(spelling in value for spelling in spellings(text))
    }


@pytest.fixture
def superuser_url(cluster: Cluster, fresh_database_url: str) -> str:
    return cluster.superuser_url.rpartition("/")[0] + "/" + fresh_database_url.rpartition("/")[2]


async def test_what_is_planted_is_found_nowhere_but_where_it_is_allowed(
    fresh_database_url: str, superuser_url: str, tmp_path: Path
) -> None:
    def search(planted: dict[str, str]) -> Found:
        return found_in_database(superuser_url, planted)

    with service(fresh_database_url, tmp_path) as (base_url, output):
        async with httpx.AsyncClient(base_url=base_url, timeout=30) as http:
            await answers(http)
            planted = await live(http, tmp_path)
            talked, found = await talk(http, tmp_path, search)
            planted |= talked.planted
            found |= search(planted)
    told = output.read_bytes()
    assert told.count(b"request_answered") > 20
    found |= {(name, "logs") for name, text in planted.items() if any(each in told for each in spellings(text))}
    assert found - ALLOWED == set()
    assert found == ALLOWED  # the search finds what is there
