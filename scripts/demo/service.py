"""A service of the demo's own, in a folder that is gone afterwards."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from device.api import Service
from device.errors import ServiceUnreachable

ROOT = Path(__file__).parents[2]
START_S, STOP_S, LOOK_EVERY_S = 120.0, 40.0, 0.1
_LINES_SHOWN = 12


class ServiceFailed(Exception):
    """The service did not come up, or went away. Holds the end of its log."""


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[str]:
    """The address of a service whose data, database and log are in `folder`. Raises `ServiceFailed`."""
    port, log = _free_port(), folder / "service.log"
    process = _started(folder, port, log)
    try:
        if not await _is_up(f"http://127.0.0.1:{port}", process):
            raise ServiceFailed("\n".join(["The service did not start. It said:", *_last_lines(log)]))
        yield f"http://127.0.0.1:{port}"
    finally:
        _stop(process)


def _started(folder: Path, port: int, log: Path) -> "subprocess.Popen[bytes]":
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "app", "serve"],
            cwd=folder,  # where no `.env` is
            env=_environment(folder, port),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for the demo, which then stops the service in order
        )


def _environment(folder: Path, port: int) -> dict[str, str]:
    """Nothing of the user's settings: no key, no model but the offline one, no database but its own."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")}
    return kept | {"PYTHONPATH": str(ROOT), "DATA_DIR": str(folder / "data"), "HOST": "127.0.0.1", "PORT": str(port)}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def _is_up(address: str, process: "subprocess.Popen[bytes]") -> bool:
    service = Service(address)
    with suppress(TimeoutError):
        async with asyncio.timeout(START_S):
            while process.poll() is None:
                with suppress(ServiceUnreachable):
                    await service.health()
                    return True
                await asyncio.sleep(LOOK_EVERY_S)
    return False


def _last_lines(log: Path) -> list[str]:
    return log.read_text(errors="replace").splitlines()[-_LINES_SHOWN:]


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """In order: the service stops its Postgres. Waits without the event loop, which may be on its way out."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
