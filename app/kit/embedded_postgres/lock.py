"""One process at a time for one folder."""

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from app.kit.embedded_postgres.errors import FolderInUse, in_plain_words
from app.kit.embedded_postgres.files import open_or_create

_POLL_S = 0.02


class FolderLock:
    """A lock on a file, with the pid of its holder inside. Raises `FolderInUse`.

    The kernel lets go of it when the last process that inherited it ends, however it ends; so there is
    nothing to clean up, and the file stays: removing it would let two processes lock two files of one name.
    """

    def __init__(self, file: Path, *, patience: float = 0.0) -> None:
        """`patience`: seconds to wait for another holder before giving up."""
        self._file = file
        self._patience = patience
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        with in_plain_words(self._file.parent):
            self._descriptor = self._locked()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Closed, not unlocked: an unlock here would also unlock for the children that share it.
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def fileno(self) -> int:
        """For handing the lock on to a child, which then holds it for as long as it lives."""
        assert self._descriptor is not None, "the lock is not held"
        return self._descriptor

    def _locked(self) -> int:
        descriptor = open_or_create(self._file)
        try:
            self._wait_for(descriptor)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def _wait_for(self, descriptor: int) -> None:
        deadline = time.monotonic() + self._patience
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise FolderInUse(self._sentence(descriptor)) from None
                time.sleep(_POLL_S)
            else:
                return

    def _sentence(self, descriptor: int) -> str:
        pid = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
        holder = f"process {pid}" if pid.isdigit() else "another process"
        waited = f", also after waiting {self._patience:.0f} s" if self._patience >= 1 else ""
        return f"{self._file.parent} is in use by {holder}{waited}. Stop it first, or choose another folder."
