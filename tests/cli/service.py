"""The command line as people use it: processes of their own, with an environment of their own."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from tests.cli.forked import Forked
from tests.factories.people import PASSWORD

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(data_dir: Path, **settings: str) -> dict[str, str]:
    """Nothing of ours but what is given, and no `.env` (see `cwd`)."""
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DATA_DIR": str(data_dir), **settings}


def run(data_dir: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """One command, to its end."""
    with tempfile.TemporaryDirectory() as folder:
        files = {"stdout": Path(folder, "stdout"), "stderr": Path(folder, "stderr")}
        process = Forked(arguments, cwd=data_dir, env=environment(data_dir, **settings), **files)
        try:
            status = process.wait(PATIENCE_S)
        finally:
            process.kill()
        told = {name: file.read_text() for name, file in files.items()}
    return subprocess.CompletedProcess(arguments, status, **told)


def _forked(arguments: tuple[str, ...], cwd: Path, env: dict[str, str], log: Path) -> Forked:
    return Forked(arguments, cwd=cwd, env=env, stdout=log, stderr=log)


def _typed(arguments: tuple[str, ...], cwd: Path, env: dict[str, str], log: Path) -> "subprocess.Popen[bytes]":
    with log.open("wb") as file:
        return subprocess.Popen(
            [sys.executable, "-m", "app", *arguments],
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


class Running:
    """A command that runs until it is told to stop. `as_typed`, Python itself is started for it, which takes seconds."""

    def __init__(self, data_dir: Path, *arguments: str, as_typed: bool = False, **settings: str) -> None:
        self.data_dir = data_dir
        self.log = data_dir / f"{'-'.join(arguments)}-{time.monotonic_ns()}.log"
        self.log.touch()
        begin = _typed if as_typed else _forked
        self.process: Forked | subprocess.Popen[bytes] = begin(
            arguments, data_dir, environment(data_dir, **settings), self.log
        )

    def said(self) -> str:
        return self.log.read_text()

    def until(self, holds: Callable[[], object], within_s: float = PATIENCE_S) -> None:
        deadline = time.monotonic() + within_s
        while not holds():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.02)

    def stop(self, with_signal: signal.Signals = signal.SIGTERM, within_s: float = 30) -> int:
        """The exit status."""
        self.process.send_signal(with_signal)
        return self.process.wait(within_s)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


class RunningService(Running):
    def __init__(self, data_dir: Path, *, as_typed: bool = False, **settings: str) -> None:
        self.port = int(settings.setdefault("PORT", str(free_port())))
        self.base = f"http://127.0.0.1:{self.port}"
        super().__init__(data_dir, "serve", as_typed=as_typed, **settings)

    def until_up(self) -> "RunningService":
        self.until(self._answers)
        return self

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.base}/health", timeout=5, verify=False).status_code == 200
        except httpx.TransportError:
            return False

    def request(self, method: str, path: str, token: str = "", **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        # Without TLS there is nothing to verify; to load the certificates for each request takes longer than the request.
        return httpx.request(method, f"{self.base}/api/v1{path}", headers=headers, timeout=20, verify=False, **options)

    def register(self, email: str) -> dict[str, Any]:
        answer = self.request("POST", "/auth/register", json={"email": email, "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        tokens: dict[str, Any] = answer.json()
        return tokens

    def log_in(self, email: str, password: str = PASSWORD) -> httpx.Response:
        return self.request("POST", "/auth/login", json={"email": email, "password": password})


def is_soon(holds: Callable[[], object], within_s: float = 20) -> bool:
    """Does it hold now, or after a while? On a busy machine a process that has been stopped takes a moment to be gone."""
    deadline = time.monotonic() + within_s
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    return bool(holds())


def postgres_of(data_dir: Path) -> list[int]:
    """The pids of all Postgres servers whose data is in this folder, without the processes they fork."""
    found = {pid for pid in _pids() if _serves(_words(pid), data_dir)}
    return [pid for pid in found if _parent(pid) not in found]


def children_of(pid: int) -> list[int]:
    return [each for each in _pids() if _parent(each) == pid and _words(each)]


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _words(pid: int) -> list[bytes]:
    """Its command line; a process that is gone, or waits to be collected, has none."""
    try:
        return [word for word in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0") if word]
    except OSError:
        return []


def _serves(words: list[bytes], data_dir: Path) -> bool:
    return b"-D" in words[:-1] and str(data_dir).encode() in words[words.index(b"-D") + 1]


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0
