"""The embedded Postgres of one folder: start, stop, look."""

import sys
from collections.abc import Callable
from pathlib import Path
from signal import SIGINT
from types import TracebackType

from app.kit.embedded_postgres.binaries import MAJOR, binaries_for
from app.kit.embedded_postgres.connection import ConnectionInfo, answers
from app.kit.embedded_postgres.errors import EmbeddedPostgresError, in_plain_words
from app.kit.embedded_postgres.initdb import make_cluster
from app.kit.embedded_postgres.launch import options
from app.kit.embedded_postgres.lock import FolderLock
from app.kit.embedded_postgres.place import (
    LOCK,
    Place,
    data_of,
    holds_cluster,
    is_of,
    make_folder,
    refuse_foreign,
    settle,
)
from app.kit.embedded_postgres.postmaster import Postmaster
from app.kit.embedded_postgres.prepare import prepare
from app.kit.embedded_postgres.remembered import Remembered
from app.kit.embedded_postgres.shelter import Shelter
from app.kit.embedded_postgres.starting import Start

PATIENCE_S = 60.0


def _on_stderr(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")


class EmbeddedPostgres:
    """A Postgres with pgvector in a folder, for as long as a service needs it.

    The server runs on when its service is killed; whoever starts the same folder next takes it over, so there
    is never a second one. Each method holds the folder's lock while it works and raises
    `EmbeddedPostgresError`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        durable: bool = True,
        say: Callable[[str], None] = _on_stderr,
        name: str = "adiuva",
        max_connections: int = 100,
        patience: float = PATIENCE_S,
        shelter: Shelter | None = None,
    ) -> None:
        """`durable=False` is for tests: a crash of the machine may cost the cluster.

        `say` gets the few sentences that are worth telling while all goes well. `name` is what the role, the
        database and a shelter are called. `patience`: seconds to wait for another start, and for the server
        to accept connections.
        """
        self._folder = folder.resolve()
        self._durable = durable
        self._say = say
        self._name = name
        self._settings = options(durable=durable, max_connections=max_connections)
        self._patience = patience
        self._shelter = shelter or Shelter(name)

    def start(self) -> ConnectionInfo:
        """Return once the server accepts connections: made first if need be, or found running."""
        with in_plain_words(self._folder):
            make_folder(self._folder)
            with self._lock() as lock:
                return self._start(lock)

    def stop(self) -> None:
        """End the server of this folder, whoever started it; nothing happens when there is none."""
        with in_plain_words(self._folder):
            if not self._folder.is_dir():
                return
            with self._lock():
                if server := self._server():
                    server.stop(self._say)

    def running(self) -> ConnectionInfo | None:
        """How to reach the server of this folder if it accepts connections now; makes and changes nothing."""
        with in_plain_words(self._folder):
            known = Remembered.load(self._folder)
            server = self._server()
        if known is None or not known.prepared or server is None or server.port is None:
            return None
        info = known.at(server.port).info
        return info if answers(info) else None

    def __enter__(self) -> ConnectionInfo:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _server(self) -> Postmaster | None:
        data = data_of(self._folder)
        return Postmaster.on(data) if is_of(self._folder, data) else None

    def _lock(self) -> FolderLock:
        return FolderLock(self._folder / LOCK, patience=self._patience)

    def _start(self, lock: FolderLock) -> ConnectionInfo:
        known = Remembered.load(self._folder) or self._first_memory()
        self._refuse_lost(known)
        place = settle(self._folder, self._shelter, self._say)
        programs = binaries_for(place.account, self._shelter)
        if not holds_cluster(place.data):
            initdb, durable = programs / "initdb", self._durable
            make_cluster(place.data, known.info, program=initdb, account=place.account, lock=lock, durable=durable)
        self._refuse_foreign_version(place.data)
        known = Start(self._folder, place, programs / "postgres", self._settings, known, self._patience).run()
        return (known if known.prepared else self._prepared(known, place)).info

    def _prepared(self, known: Remembered, place: Place) -> Remembered:
        try:
            prepare(known.info, place.data)
            known = known.as_prepared()
            known.save(self._folder)
        except BaseException:
            if server := Postmaster.on(place.data):
                server.signal(SIGINT)  # nobody can use it yet
            raise
        return known

    def _first_memory(self) -> Remembered:
        refuse_foreign(self._folder)
        known = Remembered.made(self._name)
        known.save(self._folder)
        return known

    def _refuse_lost(self, known: Remembered) -> None:
        """What was complete once is never made anew by itself: an empty database would hide the loss."""
        data = data_of(self._folder)
        if known.prepared and not holds_cluster(data):
            raise EmbeddedPostgresError(
                f"The database of {self._folder} is gone: {data} does not exist or is empty. Bring it back (a disk that "
                f"is not mounted?), or move {self._folder} away to begin with an empty one."
            )

    def _refuse_foreign_version(self, data: Path) -> None:
        """Postgres would say so too, but not what to do."""
        file = data / "PG_VERSION"
        version = file.read_text().strip() if file.exists() else ""
        otherwise = f"or move {self._folder} away to begin with an empty one; nothing was changed."
        if version == "":
            raise EmbeddedPostgresError(
                f"{data} is not a complete Postgres database (PG_VERSION is missing). Restore it from a backup, {otherwise}"
            )
        if version != str(MAJOR):
            raise EmbeddedPostgresError(
                f"{data} was made by Postgres {version}; the programs here are Postgres {MAJOR} and cannot read it. "
                f"Dump and restore it with Postgres {version}, {otherwise}"
            )
