"""The client as a child process, for `--client`."""

import asyncio
import contextlib
import os
import shutil
import signal
import tempfile
from pathlib import Path

_STOP_S = 5.0
_TAIL_LINES = 15


class ClientProcess:
    """Started from a command line of the user's own, through their shell, in a process group of its own.

    `{url}`, `{http}`, `{port}` and `{home}` are filled in. `{home}` is one folder for the whole run, so that a client
    which is started again finds what it kept.
    """

    def __init__(self, command: str, host: str, port: int) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="adiuva-conformance-"))
        home = self._folder / "home"
        home.mkdir()
        place = f"{f'[{host}]' if ':' in host else host}:{port}"
        values = {
            "url": f"ws://{place}/api/v1/ws/device",
            "http": f"http://{place}",
            "port": str(port),
            "home": str(home),
        }
        for name, value in values.items():
            command = command.replace(f"{{{name}}}", value)
        self.command = command
        self._log = self._folder / "output"
        self._process: asyncio.subprocess.Process | None = None

    @property
    def ended_with(self) -> int | None:
        """The exit status, once it has ended by itself or otherwise."""
        return self._process.returncode if self._process is not None else None

    async def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_shell(
                self.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )

    async def stop(self) -> None:
        """Ask it to end, and end it if it does not."""
        self._signal(signal.SIGTERM)
        if self._process is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_STOP_S):
                    await self._process.wait()
        await self.kill()

    async def kill(self) -> None:
        """End it as a crash would, with everything it started."""
        self._signal(signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
        if self._process is not None:
            await self._process.wait()

    async def wait(self) -> int:
        assert self._process is not None
        return await self._process.wait()

    def tail(self) -> str:
        """The last lines that it wrote."""
        with contextlib.suppress(OSError):
            return "\n".join(self._log.read_text(errors="replace").splitlines()[-_TAIL_LINES:])
        return ""

    def remove(self) -> None:
        """Its folder. The process must have ended."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _signal(self, number: signal.Signals) -> None:
        """To the whole group: what the shell started may outlive the shell."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.name == "nt":
                self._process.send_signal(number)
            else:
                os.killpg(self._process.pid, number)
