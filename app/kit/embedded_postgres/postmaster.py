"""The server of a data folder as `postmaster.pid` tells it, and whether to believe the file.

Postgres leaves the file behind when it, or the machine, is killed; the number in it may by then be anybody's.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from app.kit.embedded_postgres.children import reap
from app.kit.embedded_postgres.errors import EmbeddedPostgresError

PID_FILE = "postmaster.pid"
POLL_S = 0.02
FAST_STOP_S = 10.0
HARD_STOP_S = 10.0  # Postgres itself gives its processes 5 s before it kills them

# Lines of the file, as in Postgres' miscadmin.h
_PID, _PORT, _STATUS = 0, 3, 7
_PROC = Path("/proc/self")  # Linux; elsewhere there is ps


@dataclass(frozen=True)
class Postmaster:
    """A live server. `port` is None until it accepts connections."""

    pid: int
    data: Path
    port: int | None

    @classmethod
    def on(cls, data: Path) -> Self | None:
        """The server of this data folder, whoever started it; None when there is none."""
        try:
            lines = (data / PID_FILE).read_text(errors="replace").splitlines()
        except FileNotFoundError:
            return None
        if not lines or not lines[_PID].strip().isdigit():
            return None
        pid = int(lines[_PID])
        ready = len(lines) > _STATUS and lines[_STATUS].startswith("ready")
        return cls(pid, data, int(lines[_PORT]) if ready else None) if _serves(pid, data) else None

    def stop(self, say: Callable[[str], None]) -> None:
        """End it in good order, or within ten more seconds in bad order: what was committed is safe either
        way.

        Raises `EmbeddedPostgresError` when it survives both.
        """
        self.signal(signal.SIGINT)  # "fast": running statements are rolled back, clients are sent away
        if self._gone_within(FAST_STOP_S):
            return
        say(
            f"Postgres (process {self.pid}) did not stop within {FAST_STOP_S:.0f} s, so it is stopped the "
            "hard way; it will repair itself at the next start."
        )
        self.signal(signal.SIGQUIT)
        if not self._gone_within(HARD_STOP_S):
            raise EmbeddedPostgresError(f"Postgres (process {self.pid}) does not stop. End it with: kill -9 {self.pid}")

    def signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def _gone_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while _serves(self.pid, self.data):
            if time.monotonic() >= deadline:
                return False
            time.sleep(POLL_S)
        reap(self.pid)
        return True


def disown(data: Path) -> None:
    """Make a pid file that no server stands behind harmless. Call when `Postmaster.on` found none.

    If its number now belongs to another of this user's programs, Postgres would refuse to start. Removing the
    file would also remove the key of the shared memory in it, by which Postgres notices orphaned processes
    that still write to the data. So it stays, and names the one process Postgres never mistakes for a server:
    its parent, us.
    """
    try:
        descriptor = os.open(data / PID_FILE, os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        return
    with os.fdopen(descriptor, "r+", errors="replace") as file:
        rest = file.read().splitlines()[1:]
        file.seek(0)
        file.truncate()
        file.write("\n".join([str(os.getpid()), *rest, ""]))


def _serves(pid: int, data: Path) -> bool:
    """Whether this process is alive, a Postgres, and works in this folder. A zombie does not."""
    process = Path("/proc", str(pid))
    try:
        return process.joinpath("comm").read_bytes() == b"postgres\n" and (process / "cwd").samefile(data)
    except PermissionError:
        pass  # root in a container may not look into other users' processes
    except OSError:
        if _PROC.exists():
            return False
    return b"postgres -D %b " % os.fsencode(data) in _command_line(pid)


def _command_line(pid: int) -> bytes:
    if _PROC.exists():
        with suppress(OSError):
            return Path("/proc", str(pid), "cmdline").read_bytes().replace(b"\0", b" ")
        return b""
    command = ["/bin/ps", "-ww", "-p", str(pid), "-o", "command="]
    return subprocess.run(command, capture_output=True, check=False).stdout  # noqa: S603 - a number and constants
