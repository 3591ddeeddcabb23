"""Processes of our own that are spoken with, a line of JSON each way: `python -m benchmarks.devices` and others."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any

import orjson

from benchmarks.processes import end, module_process


class Partner:
    """Such a process, seen from the benchmark."""

    def __init__(self, module: str, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._module, self._said, self._heard = module, process.stdin, process.stdout

    def hear(self) -> dict[str, Any]:
        """Its next line. Raises `RuntimeError` when it has ended instead."""
        line = self._heard.readline()
        if not line:
            raise RuntimeError(f"{self._module} has ended; what it printed says why.")
        told: dict[str, Any] = orjson.loads(line)
        return told

    def ask(self, **question: Any) -> dict[str, Any]:
        write(self._said, question)
        return self.hear()


@contextmanager
def partner(module: str, **told: Any) -> Iterator[tuple[Partner, dict[str, Any]]]:
    """It and its first line, once it has heard what it is told; up until the block ends."""
    process = module_process(module)
    try:
        assert process.stdin is not None
        write(process.stdin, told)
        found = Partner(module, process)
        yield found, found.hear()
    finally:
        end(process)


def told() -> dict[str, Any]:
    """In such a process: what it is told to begin with."""
    found: dict[str, Any] = orjson.loads(sys.stdin.buffer.readline())
    return found


def tell(what: Mapping[str, Any]) -> None:
    """In such a process: a line to the benchmark."""
    write(sys.stdout.buffer, what)


def write(to: IO[bytes], what: Mapping[str, Any]) -> None:
    to.write(orjson.dumps(dict(what)) + b"\n")
    to.flush()
