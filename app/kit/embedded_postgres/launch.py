"""How Postgres is started: its options, its port and its log."""

import os
import re
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.kit.embedded_postgres.account import Account
from app.kit.embedded_postgres.children import keep
from app.kit.embedded_postgres.errors import EmbeddedPostgresError
from app.kit.embedded_postgres.files import open_or_create
from app.kit.embedded_postgres.remembered import HOST

LOG = "postgres.log"
LOG_LIMIT_BYTES = 1_000_000

_MODEST = {
    "unix_socket_directories": "",  # their paths have a limit of about 100 bytes that ours may exceed
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    "io_method": "sync",  # `worker` keeps three more processes around for nothing at this size
    # Parallel queries put their data into /dev/shm, of which a container has 64 MB.
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
    "jit": "off",
    "max_logical_replication_workers": "0",
    # The log tells of the server's life. Failing statements are their senders' to log, and hold people's
    # data.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] ",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def options(*, durable: bool, max_connections: int) -> dict[str, str]:
    """Server settings; without `durable` a crash of the machine may cost the whole cluster, and tests run
    faster."""
    return _MODEST | ({} if durable else _FORGETFUL) | {"max_connections": str(max_connections)}


def free_port(preferred: int) -> int:
    """The preferred port if nobody listens there, else one the system picks. Another program may still be
    quicker."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as Postgres does
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise EmbeddedPostgresError(f"No port is free on {HOST}. End some of the programs that hold them, and start again.")


@dataclass(frozen=True)
class Log:
    """The server's log, from where it ended before this start."""

    file: Path
    start: int

    @classmethod
    def beginning_now(cls, folder: Path) -> "Log":
        """Keeps one earlier log of at most about a megabyte; the file grows by a few lines a start."""
        file = folder / LOG
        size = file.stat().st_size if file.exists() else 0
        if size > LOG_LIMIT_BYTES:
            file.replace(file.with_name(f"{LOG}.1"))
            size = 0
        return cls(file, size)

    def text(self) -> str:
        with self.file.open("rb") as file:
            file.seek(self.start)
            return file.read().decode(errors="replace")

    def reason(self) -> str:
        """The line that says why it went wrong: the last fatal one, else the last one."""
        lines = [line for line in self.text().splitlines() if line.strip()]
        fatal = [line for line in lines if re.search(r"\b(FATAL|PANIC):", line)]
        line = (fatal or lines or ["it said nothing"])[-1]
        return re.sub(r"^.*?\b(FATAL|PANIC|ERROR|LOG):\s*", "", line).strip()


def launch(
    program: Path, data: Path, port: int, log: Log, account: Account, settings: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    command: list[str | Path] = [program, "-D", data, "-h", HOST, "-p", str(port)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    output = open_or_create(log.file)
    try:
        child = account.launch(command, output=output)
    finally:
        os.close(output)
    keep(child)
    return child
