"""From files to a server that accepts connections: found running, or launched."""

import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from signal import SIGINT

from app.kit.embedded_postgres.children import reap
from app.kit.embedded_postgres.connection import answers
from app.kit.embedded_postgres.errors import EmbeddedPostgresError, disk_full, tells_of_full_disk
from app.kit.embedded_postgres.launch import Log, free_port, launch
from app.kit.embedded_postgres.place import Place
from app.kit.embedded_postgres.postmaster import POLL_S, Postmaster, disown
from app.kit.embedded_postgres.remembered import Remembered

_NO_ROOM_BYTES = 1_000_000
_RETRY_S = 0.2
# A server just launched by a start that was killed since; processes of a server that was killed. Both pass.
_PASSING = ('lock file "postmaster.pid" already exists', "pre-existing shared memory block")


@dataclass
class Start:
    """One start of one cluster."""

    folder: Path
    place: Place
    program: Path
    settings: Mapping[str, str]
    known: Remembered
    patience: float
    _child: subprocess.Popen[bytes] | None = None
    _log: Log | None = None

    def run(self) -> Remembered:
        """Return once the server lets us in, with the port it listens on. Raises `EmbeddedPostgresError`."""
        try:
            arrived = self._until_it_answers()
        except BaseException:
            self._withdraw()
            raise
        if arrived is None:
            raise self._too_slow()
        return arrived

    def _withdraw(self) -> None:
        """End what we launched and nobody will use; a server that was there before us stays."""
        if self._log is None:
            return
        if server := Postmaster.on(self.place.data):
            server.signal(SIGINT)
        elif self._child is not None:
            self._child.send_signal(SIGINT)

    def _until_it_answers(self) -> Remembered | None:
        deadline = time.monotonic() + self.patience
        while time.monotonic() < deadline:
            server = Postmaster.on(self.place.data)
            if server is None:
                self._launch_unless_on_its_way()
            elif server.port is not None and answers(self.known.at(server.port).info):
                return self._arrived(server, server.port)
            time.sleep(POLL_S)
        return None

    def _launch_unless_on_its_way(self) -> None:
        if self._child is not None:
            if self._child.poll() is None:
                return  # it has not written its pid file yet
            self._judge_failure()
        self._remember(free_port(self.known.info.port))
        disown(self.place.data)
        self._log = Log.beginning_now(self.folder)
        self._child = launch(
            self.program, self.place.data, self.known.info.port, self._log, self.place.account, self.settings
        )

    def _judge_failure(self) -> None:
        """Return when another try can help; raise what is wrong otherwise."""
        assert self._log is not None
        said = self._log.text()
        if any(words in said for words in _PASSING):
            time.sleep(_RETRY_S)
        elif "Address already in use" in said:
            self.known = self.known.at(0)  # somebody was quicker: let the system choose another
        elif tells_of_full_disk(said) or shutil.disk_usage(self.place.data).free < _NO_ROOM_BYTES:
            raise disk_full(self.place.data)
        else:
            raise EmbeddedPostgresError(
                f"Postgres did not start on {self.place.data}: {self._log.reason()}. The whole story is in "
                f"{self._log.file}."
            )

    def _remember(self, port: int) -> None:
        if port != self.known.info.port:
            self.known = self.known.at(port)
            self.known.save(self.folder)

    def _arrived(self, server: Postmaster, port: int) -> Remembered:
        if self._child is not None and self._child.pid != server.pid:
            reap(self._child.pid)  # another start's server won; ours ends by itself
        self._remember(port)
        return self.known

    def _too_slow(self) -> EmbeddedPostgresError:
        reason = f" Its last words: {self._log.reason()}." if self._log else ""
        return EmbeddedPostgresError(
            f"Postgres did not accept connections within {self.patience:.0f} s.{reason} It is left running, "
            "for it may be repairing its data after a crash; start again in a minute."
        )
