"""`make demo`: it shows what the README shows, tidies up after itself, and does not take the assistant's word for it."""

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime
from io import StringIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from device import Call, Device
from device.chat.screen import Screen
from device.clock import now_ms
from device.seed import seed
from scripts.demo import scenes
from scripts.demo.stage import Stage, morning_zone
from scripts.demo.tables import Tables
from scripts.demo.talk import Talk
from scripts.demo.words import Words
from tests.cli.service import postgres_of
from tests.device.assistant import Assistant, Reply, Telling, saying
from tests.device.service import socket
from tests.docs.documents import ROOT, block

UTC = ZoneInfo("UTC")


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where the demo puts what it makes. Short: paths of sockets are."""
    with tempfile.TemporaryDirectory(prefix="demo-", dir="/tmp") as name:
        yield Path(name)


def _begun(folder: Path) -> "subprocess.Popen[str]":
    """As make begins it, with next to no environment."""
    environment = {"PATH": os.environ["PATH"], "TMPDIR": str(folder)}
    return subprocess.Popen(
        [sys.executable, "-m", "scripts.demo"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _is_tidy(folder: Path) -> bool:
    return not list(folder.iterdir()) and not [pid for pid in _processes() if str(folder) in _told(pid)]


def _processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _told(pid: int) -> str:
    """The command line and environment of a process."""
    try:
        return "".join(Path(f"/proc/{pid}/{name}").read_text(errors="replace") for name in ("cmdline", "environ"))
    except OSError:
        return ""


def test_the_demo_shows_what_the_readme_shows_and_leaves_nothing_behind(folder: Path) -> None:
    demo = _begun(folder)
    said, wrong = demo.communicate(timeout=150)
    assert demo.returncode == 0, said + wrong
    shown = block("README.md", "text", after="compared with a run by tests/docs/test_demo.py -->")
    assert _in_general(said) == _in_general(shown)
    assert "\x1b" not in said
    assert _is_tidy(folder)


_DIFFERS = (
    r"[0-9a-f]{8}…",
    r"\b\d{13}\b",
    r"[\d.,]+ (?:ms|s)\b",
    r"Etc/GMT[+-]\d+",
    r"[\d,]+ tokens in, [\d,]+ out",
)


def _in_general(output: str) -> list[list[str]]:
    """By conversation, the lines without what differs from run to run: ids, moments, durations, the zone where it is
    morning, the borders of streamed pieces, and which of two calls side by side was first."""
    text = re.sub(r"\n {7,}", " ", output.replace("¦", ""))  # a long line goes on with an indent
    for pattern in _DIFFERS:
        text = re.sub(pattern, "…", text)
    return [sorted(" ".join(line.split()) for line in part.splitlines()) for part in re.split(r"\n(?=\d\. )", text)]


def test_an_interrupted_demo_leaves_nothing_behind(folder: Path) -> None:
    demo = _begun(folder)
    assert demo.stdout is not None
    said = ""
    while "Postgres" not in said:  # the line ends when the service is up
        said += demo.stdout.read(1)
        assert demo.poll() is None, said
    demo.send_signal(signal.SIGINT)
    _, noticed = demo.communicate(timeout=60)
    assert demo.returncode == 130, noticed
    assert "Stopped" in noticed
    assert _is_tidy(folder)
    assert not postgres_of(folder)


def test_where_the_demo_happens_it_is_seven_in_the_morning() -> None:
    for hour in range(24):
        now = datetime(2026, 11, 21, hour, 30, tzinfo=UTC)
        assert now.astimezone(morning_zone(now)).hour == 7


# The same checks, against assistants that say more than they do


async def _checks_of(folder: Path, scene: scenes.Scene, reply: Reply) -> list[bool]:
    """What a scene's checks say of an assistant with this reply. A task is there to be deleted, but for `creates`."""
    out = StringIO()
    talk = Talk(Screen(out, out, styled=False, width=100), Words(UTC))
    async with socket(Assistant(reply)) as service:
        device = Device(
            folder / "device", service.url, tokens="t", durable=False, on_call=talk.carried_out, on_approval=talk.decide
        )
        stage = Stage(device, Tables(folder / "device"), UTC, await seed(device.store, "UTC"))
        if scene is not scenes.creates:
            await device.store.carry_out(Call("before", "insert", "tasks", {"id": "milk", "title": "Buy milk"}))
        async with device.online():
            await scene(stage, talk)
    assert out.getvalue().count("✗") == talk.checks.count(False)
    return talk.checks


async def _due_now(turn: Telling) -> None:
    await turn.start()
    row = {"title": "Buy milk", "status": "todo", "priority": "high", "dueDate": now_ms()}
    stored = (await turn.call("insert", table="tasks", data=row))["row"]
    await turn.say("Created the task, due tomorrow.")
    await turn.end("completed", {"action": "insert", "table": "tasks", "id": stored["id"], "data": stored})


async def _deletes_unasked(turn: Telling) -> None:
    await turn.start()
    await turn.call("delete", table="tasks", data={"id": "milk"})
    await turn.say("Deleted.")
    await turn.end("completed", {"action": "delete", "table": "tasks", "id": "milk", "data": {}})


async def _asks_and_does_nothing(turn: Telling) -> None:
    await turn.start()
    await turn.ask("Delete the task “Buy milk”", task_id="milk")
    await turn.say("Deleted.")
    await turn.end("completed", {"action": "delete", "table": "tasks", "id": "milk", "data": {}})


_CHART = (
    '<chart>{"chartType": "bar", "data": [{"status": "todo", "tasks": 22}, {"status": "done", "tasks": 11}]}</chart>'
)


@pytest.mark.parametrize(
    ("scene", "reply", "checks"),
    [
        (scenes.lists, saying("Nothing is due today."), [False]),
        (scenes.lists, saying("This one: <task>[milk]</task>"), [False]),
        (scenes.creates, saying("Created the task **Buy milk**, due tomorrow."), [False, False]),
        (scenes.creates, _due_now, [True, False]),
        (scenes.counts, saying("You have 3 todo tasks."), [False]),
        (scenes.charts, saying("Here it is."), [False]),
        (scenes.charts, saying(f"Here it is.\n{_CHART}"), [False]),
        (scenes.deletes, saying("Deleted the task **Buy milk**."), [False, False]),
        (scenes.deletes, _deletes_unasked, [False, True]),
        (scenes.deletes, _asks_and_does_nothing, [True, True, False]),
    ],
)
async def test_an_assistant_that_says_more_than_it_does_is_found_out(
    folder: Path, scene: scenes.Scene, reply: Reply, checks: list[bool]
) -> None:
    assert await _checks_of(folder, scene, reply) == checks
