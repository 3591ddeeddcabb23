"""The command line, as a person or a script meets it: a process with arguments, text and an exit status."""

import asyncio
import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing as closing_file
from pathlib import Path
from typing import Any

import pytest

from device import Tokens
from device.clock import now_ms
from device.home import device_id
from device.session import Session, Sessions
from device.store import LAST_ONLINE, Database, write_mark
from tests.device.service import Peer, Rest, closing, socket

TOKENS = {"access_token": "a0", "refresh_token": "r0", "expires_at": 10**15}
Run = Callable[..., subprocess.CompletedProcess[str]]


def _environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ADIUVA_")}
    return kept | {"ADIUVA_DEVICE_HOME": str(home), "COLUMNS": "80", "PYTHONUNBUFFERED": "1"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def run(home: Path) -> Run:
    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        result = subprocess.run(
            [sys.executable, "-m", "device", *arguments],
            capture_output=True, text=True, stdin=subprocess.DEVNULL, env=_environment(home) | environment, timeout=20,
        )  # fmt: skip
        assert "Traceback" not in result.stderr
        return result

    return run


def test_register_signs_in_and_says_what_is_next(run: Run, home: Path, service: Rest) -> None:
    service.answers["/auth/register"] = (201, TOKENS)
    result = run("register", "--url", service.url, "--email", "ada@example.com", ADIUVA_PASSWORD="secret words")
    assert result.returncode == 0, result.stderr
    assert "Signed in as ada@example.com" in result.stdout
    assert "python -m device connect" in result.stdout
    assert service.asked[0][1] == {"email": "ada@example.com", "password": "secret words"}
    assert stat.S_IMODE((home / "session.json").stat().st_mode) == 0o600
    assert "secret words" not in "".join(path.read_text() for path in home.iterdir() if path.is_file())


def test_login_uses_the_last_service_and_refuses_another_persons_home(run: Run, home: Path, service: Rest) -> None:
    Sessions(home).write(Session(service.url, "ada@example.com", Tokens("a", "r", 1)))
    service.answers["/auth/login"] = (200, TOKENS)
    assert run("login", "--email", "Ada@example.com", "--password", "p").returncode == 0
    other = run("login", "--email", "bob@example.com", "--password", "p")
    assert other.returncode == 1
    assert "holds the data of" in other.stderr
    assert service.paths() == ["/auth/login"]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (
            (409, {"code": "email_taken", "detail": "There is an account with this e-mail already."}),
            "python -m device login",
        ),
        (
            (
                422,
                {
                    "code": "invalid",
                    "detail": "Wrong input.",
                    "errors": [{"field": "password", "message": "too short"}],
                },
            ),
            "too short",
        ),
        ((200, {"hello": 1}), "without tokens"),
        ((404, {}), "not the Adiuva service"),
    ],
)
def test_what_the_service_refuses_is_one_sentence(run: Run, service: Rest, answer: Any, told: str) -> None:
    service.answers["/auth/register"] = answer
    result = run("register", "--url", service.url, "--email", "a@b.c", "--password", "p")
    assert result.returncode == 1
    assert told in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        ((), 2, "usage"),
        (("register", "--email", "a@b.c"), 2, "ADIUVA_PASSWORD"),
        (("register", "--email", "a@b.c", "--url", "ftp://x"), 1, "not a URL"),
        (("register", "--email", "a@b.c", "--password", "p", "--url", "http://127.0.0.1:9"), 1, "does not answer"),
        (("connect",), 1, "python -m device register"),
        (("sql",), 1, "python -m device seed"),
        (("seed", "--home", "/dev/null/x"), 1, "cannot be used"),
    ],
)
def test_mistakes_are_told_in_a_sentence_with_the_right_status(
    run: Run, arguments: tuple[str, ...], status: int, told: str
) -> None:
    result = run(*arguments)
    assert (result.returncode, told in result.stderr) == (status, True), result.stderr


def test_status_tells_everything_and_whether_connect_would_work(run: Run, home: Path, service: Rest) -> None:
    Sessions(home).write(Session(service.url, "ada@example.com", Tokens("a0", "r0", now_ms() + 900_000)))
    service.answers["/auth/me"] = (200, {"tier": "pro"})
    assert run("seed").returncode == 0
    result = run("status")
    assert result.returncode == 0, result.stderr
    for fact in ("ada@example.com", service.url, "up", "good, tier pro", "tasks 40", "vectors:", "never"):
        assert fact in result.stdout
    service.answers["/auth/me"] = service.answers["/auth/refresh"] = (
        401,
        {"code": "invalid_token", "detail": "Expired."},
    )
    result = run("status")
    assert result.returncode == 1
    assert "Sign in again" in result.stdout


def test_status_tells_of_a_revoked_device_until_its_user_has_signed_in_again(
    run: Run, home: Path, service: Rest
) -> None:
    def signed_in(at: int) -> None:
        Sessions(home).write(Session(service.url, "ada@example.com", Tokens("a0", "r0", now_ms() + 900_000), at))

    signed_in(at=1_000)
    service.answers["/auth/me"] = (200, {"tier": "pro"})
    assert run("status").returncode == 0  # never online: the service cannot know it
    with closing_file(sqlite3.connect(Database(home).path)) as connection, connection:
        write_mark(connection, LAST_ONLINE, "2000")
    result = run("status")
    assert (result.returncode, "All is well" in result.stdout) == (1, False)
    assert "revoked. Sign in again: python -m device login" in result.stdout
    service.answers[f"/devices/{device_id(home)}"] = (200, {"id": device_id(home)})
    assert run("status").returncode == 0
    del service.answers[f"/devices/{device_id(home)}"]
    signed_in(at=3_000)
    assert run("status").returncode == 0


def test_sql_shows_tables_and_writes_only_when_told(run: Run, home: Path, tmp_path: Path) -> None:
    run("seed")
    assert "tasks" in run("sql").stdout
    result = run("sql", "SELECT title, content, NULL AS empty FROM notes")
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert "9 rows" in result.stdout
    for statement in (
        "DELETE FROM tasks",
        "DROP TABLE tasks",
        f"ATTACH '{tmp_path / 'x'}' AS x",
        "SELEC",
        "SELECT 1; SELECT 2",
    ):
        assert run("sql", statement).returncode == 1
    assert not (tmp_path / "x").exists()
    assert "40" in run("sql", "SELECT count(*) FROM tasks").stdout
    assert "40 rows changed" in run("sql", "DELETE FROM tasks", "--write").stdout


def test_what_a_note_holds_cannot_move_the_cursor(run: Run, home: Path) -> None:
    run("seed")
    run("sql", "--write", "UPDATE notes SET title = 'a' || char(27) || '[2J' || char(10) || 'b'")
    assert "\x1b" not in run("sql", "SELECT title FROM notes").stdout


async def _connected(home: Path, url: str, *arguments: str) -> asyncio.subprocess.Process:
    Sessions(home).write(Session(url, "ada@example.com", Tokens("a0", "r0", now_ms() + 900_000)))
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "device", "connect", *arguments, env=_environment(home),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
async def test_connect_prints_a_line_a_call_and_leaves_cleanly(home: Path, ending: signal.Signals) -> None:
    over = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.call("insert", table="tasks", data={"title": "T"}, attempt=2)
        await peer.call("select", table="nope\x1b[2J")
        over.set()
        await peer.gone()

    async with socket(script) as service, asyncio.timeout(15):
        process = await _connected(home, service.url)
        await over.wait()
        process.send_signal(ending)
        out, err = await process.communicate()
    assert process.returncode == 0
    assert err == b""
    text = out.decode()
    assert "Ready" in text
    assert "insert        tasks        attempt 2  1 row" in text
    assert "refused: There is no table" in text
    assert "\x1b" not in text
    assert "Stopped" in text


async def test_connect_can_speak_json(home: Path) -> None:
    over = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.call("insert", id="i", table="tasks", data={"title": "T"})
        over.set()
        await peer.gone()

    async with socket(script) as service, asyncio.timeout(15):
        process = await _connected(home, service.url, "--json")
        await over.wait()
        process.send_signal(signal.SIGINT)
        out, _ = await process.communicate()
    events = [json.loads(line) for line in out.splitlines()]
    assert [each["state"] for each in events if each["event"] == "state"] == ["connecting", "ready", "stopped"]
    (call,) = [each for each in events if each["event"] == "call"]
    assert (call["id"], call["action"], call["table"], call["outcome"], call["rows"]) == (
        "i",
        "insert",
        "tasks",
        "done",
        1,
    )


async def test_connect_ends_with_status_1_when_the_service_does_not_want_it(home: Path) -> None:
    async with socket(closing(4403)) as service, asyncio.timeout(15):
        process = await _connected(home, service.url)
        out, _ = await process.communicate()
    assert process.returncode == 1
    assert b"Sign in again" in out


async def test_a_killed_device_has_done_each_write_once_when_it_is_back(home: Path) -> None:
    """kill -9 at any moment of a stream of writes; what was unanswered is sent again, as the server does."""
    unanswered = {str(number): {"title": f"task {number}"} for number in range(60)}
    process: list[asyncio.subprocess.Process] = []
    over = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.greet()
        for call_id, data in list(unanswered.items()):
            await peer.ask("insert", id=call_id, table="tasks", data=data)
        kill_at = len(unanswered) - 20
        while unanswered:
            answer = await peer.receive()
            if len(unanswered) == kill_at:
                process[-1].kill()  # this very answer is lost, too
                await peer.gone()
                return
            del unanswered[answer["id"]]
        over.set()
        await peer.gone()

    async with socket(script) as service, asyncio.timeout(20):
        kills = 0
        while not over.is_set():
            process.append(await _connected(home, service.url))
            await asyncio.wait(
                {asyncio.create_task(process[-1].wait()), asyncio.create_task(over.wait())},
                return_when=asyncio.FIRST_COMPLETED,
            )
            kills += process[-1].returncode == -signal.SIGKILL
        process[-1].send_signal(signal.SIGINT)
        for each in process:
            await each.communicate()
    from device import Database

    titles = [row["title"] for row in Database(home).rows("tasks")]
    assert sorted(titles) == sorted(f"task {number}" for number in range(60))
    assert kills >= 2
