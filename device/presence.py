"""Which processes of this machine keep this home online. The service lets the newest in; this tells its person about it."""

import fcntl
import os
from pathlib import Path

_LOCK = "online.lock"


class Presence:
    """Held until the process ends, whichever way."""

    def __init__(self, home: Path) -> None:
        self._descriptor = os.open(home / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.was_alone = True
        except BlockingIOError:
            self.was_alone = False
        # Shared: the next one sees that somebody is here, and gets in nevertheless. Waits only for one that is between the
        # two locks.
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def leave(self) -> None:
        os.close(self._descriptor)
