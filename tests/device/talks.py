"""`python -m device chat` as a process, against a scripted assistant."""

import asyncio
import os
import pty
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from device import Call, Database, Device, Tokens
from device.chat.entities import Entities
from device.chat.lines import Lines, Plain
from device.chat.link import Link
from device.chat.loop import Chat, Options
from device.chat.screen import Screen
from device.clock import now_ms
from device.session import Session, Sessions

DAY_MS = 24 * 3600 * 1000


@dataclass(frozen=True)
class Said:
    status: int
    out: str
    err: str


def sign_in(home: Path, url: str) -> None:
    Sessions(home).write(Session(url, "ada@example.com", Tokens("a0", "r0", now_ms() + 900_000)))


async def fill(home: Path, table: str, **data: object) -> None:
    """A row whose id the test chooses."""
    database = Database(home, durable=False)
    call = Call(f"fill-{data['id']}", "insert", table, data)
    assert "row" in (await database.carry_out(call)).result
    await database.close()


def environment(home: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ADIUVA_") and name != "NO_COLOR"}
    usual = {"ADIUVA_DEVICE_HOME": str(home), "COLUMNS": "80", "TZ": "Europe/Rome", "PYTHONUTF8": "1"}
    return kept | usual | more


async def talked(made: Callable[..., Device], url: str, lines: str, **options: Any) -> tuple[str, str]:
    """A talk through a pipe in this process: what was said, and what was noticed beside it."""
    out, notices = StringIO(), StringIO()
    screen = Screen(out, notices, styled=False, width=80)
    theirs, ours = os.pipe()
    os.write(ours, lines.encode())
    os.close(ours)
    source = Plain(theirs, screen.prompt, echo=lambda line: screen.prompt(line + "\n"))
    talk = Chat(screen, Lines(source, screen.prompt, keeps=True), Options(is_piped=True, **options))
    talk.device = made(url, on_approval=talk.decide, on_state=Link(talk.notice).state, on_call=talk.saw)
    talk.entities = Entities(talk.device.store, ZoneInfo("Europe/Rome"), now_ms)
    async with talk.device.online(), asyncio.timeout(20):
        await talk.talk()
    os.close(theirs)
    return out.getvalue(), notices.getvalue()


async def piped(home: Path, lines: str, *arguments: str, **more: str) -> Said:
    """The whole talk at once, through pipes."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "device", "chat", *arguments, env=environment(home, **more),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(20):
        out, err = await process.communicate(lines.encode())
    assert b"Traceback" not in err, err.decode()
    assert process.returncode is not None
    return Said(process.returncode, out.decode(), err.decode())


class Terminal:
    """A person's terminal: what the process shows, and keys to press."""

    def __init__(self, descriptor: int, process: asyncio.subprocess.Process) -> None:
        self._descriptor, self.process = descriptor, process
        self.shown = ""
        self._news = asyncio.Event()
        asyncio.get_running_loop().add_reader(descriptor, self._read)

    def press(self, keys: str) -> None:
        os.write(self._descriptor, keys.encode())

    async def shows(self, text: str, times: int = 1) -> None:
        async with asyncio.timeout(10):
            while self.shown.count(text) < times:
                await self._news.wait()

    async def left(self) -> int:
        async with asyncio.timeout(10):
            return await self.process.wait()

    def _read(self) -> None:
        with suppress(OSError):  # the other end is closed
            more = os.read(self._descriptor, 65536)
            if more:
                self.shown += more.decode("utf-8", "replace")
                self._news.set()
                self._news = asyncio.Event()
                return
        asyncio.get_running_loop().remove_reader(self._descriptor)


@asynccontextmanager
async def terminal(home: Path, *arguments: str, **more: str) -> AsyncIterator[Terminal]:
    ours, theirs = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "device", "chat", *arguments, env=environment(home, **{"TERM": "xterm"} | more),
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True, preexec_fn=_take_terminal,
    )  # fmt: skip
    os.close(theirs)
    try:
        shown = Terminal(ours, process)
        yield shown
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        asyncio.get_running_loop().remove_reader(ours)
        os.close(ours)
    assert "Traceback" not in shown.shown, shown.shown


def _take_terminal() -> None:
    """Ctrl-C becomes a signal only in the terminal a process controls."""
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
