"""The embedded Postgres of one folder: start, stop, look."""

import sys
from collections.abc import Callable
from pathlib import Path
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
                if server := Postmaster.on(data_of(self._folder)):
                    server.stop(self._say)

    def running(self) -> ConnectionInfo | None:
        """How to reach the server of this folder if it accepts connections now; makes and changes nothing."""
        with in_plain_words(self._folder):
            known = Remembered.load(self._folder)
            server = Postmaster.on(data_of(self._folder))
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

    def _lock(self) -> FolderLock:
        return FolderLock(self._folder / LOCK, patience=self._patience)

    def _start(self, lock: FolderLock) -> ConnectionInfo:
        known = Remembered.load(self._folder) or self._first_memory()
        place = settle(self._folder, self._shelter, self._say)
        programs = binaries_for(place.account, self._shelter)
        if not holds_cluster(place.data):
            self._make(place, known, programs / "initdb", lock)
        _check_version(place.data)
        known = Start(self._folder, place, programs / "postgres", self._settings, known, self._patience).run()
        if not known.prepared:
            prepare(known.info, place.data)
            known = known.as_prepared()
            known.save(self._folder)
        return known.info

    def _first_memory(self) -> Remembered:
        refuse_foreign(self._folder)
        known = Remembered.made(self._name)
        known.save(self._folder)
        return known

    def _make(self, place: Place, known: Remembered, program: Path, lock: FolderLock) -> None:
        if known.prepared:
            raise EmbeddedPostgresError(
                f"The database of {self._folder} is gone: {place.data} does not exist or is empty. Bring it "
                f"back (a disk that is not mounted?), or move {self._folder} away to begin with an empty one."
            )
        make_cluster(place.data, known.info, program=program, account=place.account, lock=lock, durable=self._durable)


def _check_version(data: Path) -> None:
    """Whether the programs we have can serve this cluster; Postgres would say so too, but not what to do."""
    file = data / "PG_VERSION"
    version = file.read_text().strip() if file.exists() else ""
    if version == "":
        raise EmbeddedPostgresError(
            f"{data} is not a complete Postgres database (PG_VERSION is missing). Restore it from a backup, "
            f"or move {data.parent} away to begin with an empty one; nothing was changed."
        )
    if version != str(MAJOR):
        raise EmbeddedPostgresError(
            f"{data} was made by Postgres {version}; the programs here are Postgres {MAJOR} and cannot read "
            f"it. Dump and restore it with Postgres {version}, or move {data.parent} away to begin with an "
            "empty one; nothing was changed."
        )
