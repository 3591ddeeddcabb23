"""Other processes: servers and the load generator."""

import http.client
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from benchmarks.probe import PATH

ROOT = Path(__file__).parent.parent
START_S = 60


class DidNotStart(Exception):
    pass


class ServerFailed(Exception):
    """Its log says why."""


@dataclass(frozen=True)
class Server:
    port: int
    pid: int

    def usage(self, *, lag: bool = False) -> dict[str, Any]:
        """What happened inside since the last call; `lag` watches the event loop from now on."""
        return get(self.port, PATH + ("?lag" if lag else ""))


def get(port: int, path: str, *, within_s: float = 10) -> dict[str, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=within_s)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        content = response.read()
        if response.status >= 500:
            raise ServerFailed(f"{path}: {response.status} {content[:200]!r}")
        answer: dict[str, Any] = orjson.loads(content)
        return answer
    finally:
        connection.close()


def until_it_answers(process: "subprocess.Popen[bytes]", port: int, path: str, log: Path) -> None:
    """Raises `DidNotStart`."""
    deadline = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            get(port, path)
        except (OSError, http.client.HTTPException):
            time.sleep(0.01)
        else:
            return
    raise DidNotStart(f"A server did not start. Its last words:\n{log.read_text()[-2000:]}")


def clean_environment() -> dict[str, str]:
    """What a process needs from the shell and nothing else: no setting of the service comes from outside."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


def allow_many_files() -> None:
    """A descriptor for each of thousands of sockets, as far as the machine lets us."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@contextmanager
def serving(kind: str, folder: Path, **options: Any) -> Iterator[Server]:
    """A server of that kind (see `benchmarks.serving`), up until the block ends."""
    log = folder / f"{kind}-{time.monotonic_ns()}.log"
    with log.open("wb") as errors:
        # In a session of its own: Ctrl-C is for us, and we end it in order.
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.serving"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=folder,
            env=clean_environment(),
            start_new_session=True,
        )
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(orjson.dumps({"kind": kind, "options": options}) + b"\n")
        process.stdin.flush()
        port = process.stdout.readline()
        if not port:
            raise DidNotStart(f"A server did not start. Its last words:\n{log.read_text()[-2000:]}")
        until_it_answers(process, int(port), PATH, log)
        yield Server(int(port), process.pid)
    finally:
        end(process)


def end(process: "subprocess.Popen[bytes]", *, within_s: float = 40) -> None:
    """Ask it to stop; insist."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(within_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def module_process(module: str) -> "subprocess.Popen[bytes]":
    """A module in a process of its own, to be spoken with. In its own session: Ctrl-C is for us, who end it in order."""
    return subprocess.Popen(
        [sys.executable, "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=clean_environment(),
        start_new_session=True,
    )


def run_module(module: str, told: Mapping[str, Any], *, at_most_s: float) -> dict[str, Any]:
    """Run a module in a process of its own: JSON on standard input, JSON on standard output."""
    process = module_process(module)
    try:
        out, _ = process.communicate(orjson.dumps(told), timeout=at_most_s)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    if process.returncode != 0:
        raise RuntimeError(f"{module} ended with status {process.returncode}")
    found: dict[str, Any] = orjson.loads(out)
    return found
