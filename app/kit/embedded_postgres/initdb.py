"""Making the files of a new cluster: complete, or not there."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from app.kit.embedded_postgres.account import Account
from app.kit.embedded_postgres.connection import ConnectionInfo
from app.kit.embedded_postgres.errors import EmbeddedPostgresError, disk_full, tells_of_full_disk
from app.kit.embedded_postgres.files import sync_folder
from app.kit.embedded_postgres.lock import FolderLock

_TIMEOUT_S = 180
_MAX_PATH_BYTES = 900  # Postgres silently cuts paths at 1024 bytes, and then works on others
# The built-in provider sorts and folds case the same way on every system, for ever; libc's locales do
# neither.
_FLAVOUR = (
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--data-checksums",
    "--auth=scram-sha-256",
)
_FORGETFUL = ("--no-sync", "--wal-segsize=1")  # 15 MB less to write


def make_cluster(
    data: Path, info: ConnectionInfo, *, program: Path, account: Account, lock: FolderLock, durable: bool
) -> None:
    """Make `data` in one step, by a rename at the end. Raises `EmbeddedPostgresError`.

    `initdb` inherits the lock: when we are killed it goes on for a moment, and until it has ended the next
    start waits instead of clearing the folder away underneath it.
    """
    if len(os.fsencode(data)) > _MAX_PATH_BYTES:
        raise EmbeddedPostgresError(
            f"The path of the database folder is too long for Postgres: {data}. Choose a shorter one."
        )
    draft, password = data.with_name(f"{data.name}.new"), data.with_name("password.new")
    _clear(draft, password)
    try:
        draft.mkdir(mode=0o700)
        account.give(draft)
        _write_new(password, info.superuser_password, account)
        options = [f"--pwfile={password}", *_FLAVOUR, *(() if durable else _FORGETFUL)]
        command = [program, "-D", draft, "-U", info.superuser, *options]
        done = account.run(command, timeout=_TIMEOUT_S, keep_open=[lock.fileno()])
        _check(done, data)
        password.unlink()
        draft.replace(data)
        sync_folder(data.parent)
    except BaseException:
        _clear(draft, password)
        raise


def _clear(draft: Path, password: Path) -> None:
    """Remove what an interrupted attempt left. No server ever ran on it: there is no data to lose."""
    shutil.rmtree(draft, ignore_errors=True)
    password.unlink(missing_ok=True)


def _write_new(path: Path, text: str, account: Account) -> None:
    # O_EXCL: the folder may belong to that user, who must not lead us to another file by a link.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        account.give(file.fileno())
        file.write(text)


def _check(done: subprocess.CompletedProcess[str], data: Path) -> None:
    if done.returncode == 0:
        return
    output = done.stderr + done.stdout
    if tells_of_full_disk(output):
        raise disk_full(data.parent)
    lines = [line for line in output.splitlines() if re.search("error|fatal|panic|could not", line, re.IGNORECASE)]
    reason = (lines or output.split("\n") or [""])[0].strip()
    raise EmbeddedPostgresError(f"A new database could not be made in {data.parent}: {reason}")
