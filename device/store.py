"""The device's database: one SQLite file in its home, and the one thread that works on it.

One thread keeps calls in the order in which they came and never makes the event loop wait for a disk. WAL lets others
(the app's own windows, `python -m device sql`) read meanwhile.
"""

import asyncio
import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from device import ddl
from device.actions import action_of, perform
from device.calls import Call, Kind, Outcome
from device.clock import now_ms
from device.errors import HomeUnusable, Refused
from device.filters import teach_search
from device.home import make_home
from device.journal import Journal, transaction
from device.schema import table_named

# ruff: noqa: S608 - names of tables and columns are the schema's own or were looked up there; values are bound
log = logging.getLogger(__name__)

FILE_NAME = "data.sqlite"
LAST_ONLINE = "last_online_at"  # a mark: ms
_WAIT_FOR_WRITERS_S = 10.0

T = TypeVar("T")


@dataclass
class Counts:
    """What happened since this object was made. `effects`: writes that were carried out, each time they were."""

    calls: int = 0
    effects: int = 0
    repeats: int = 0
    refusals: int = 0
    failures: int = 0


class Database:
    """Raises `HomeUnusable` when the file cannot be made or is not this device's."""

    def __init__(self, home: Path, *, durable: bool = True, clock: Callable[[], int] = now_ms) -> None:
        """`durable=False` leaves out the fsync of each commit: a power cut may then undo writes that were already answered
        (a kill may not). For tests and benchmarks."""
        self.path = home / FILE_NAME
        self.counts = Counts()
        self._durable, self._clock = durable, clock
        self._worker: ThreadPoolExecutor | None = None
        self._connection: sqlite3.Connection | None = None
        make_home(home)
        with in_plain_words(self.path):
            # Not by SQLite, which would let everybody read it. Its other files take this one's permissions.
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        with in_plain_words(self.path), closing(self._connect()) as connection:
            _make_schema(connection)

    def note_online(self) -> None:
        """For `status`; nobody waits for it. That it cannot be written is no reason not to be online."""

        def note() -> None:
            try:
                write_mark(self._opened(), LAST_ONLINE, str(self._clock()))
            except sqlite3.Error as error:
                log.warning("the time could not be noted: %s", error)

        self._thread().submit(note)

    async def carry_out(self, call: Call, journal: Journal | None = None) -> Outcome:
        """What came of a call. Nothing a call can hold makes this raise. `journal`: another one than the device's own; the
        faults of `levers.py` come in here."""
        return await self.work(lambda connection: self._carry_out(connection, call, journal or Journal()))

    async def work(self, job: Callable[[sqlite3.Connection], T]) -> T:
        """Run a job on the worker's connection, after everything that was asked for before. A cancelled wait does not stop
        the job: it is carried out, and journaled, as if nobody had turned away."""
        return await asyncio.get_running_loop().run_in_executor(self._thread(), lambda: job(self._opened()))

    async def close(self) -> None:
        """After the last job. The next call opens the file again."""
        worker, self._worker = self._worker, None
        if worker is not None:
            await asyncio.get_running_loop().run_in_executor(worker, self._close)
            worker.shutdown(wait=False)  # it has nothing left to do

    def rows(self, table: str, **equal: Any) -> list[dict[str, Any]]:
        """All committed rows, oldest first, or those whose columns are equal to what is given. Reads past the worker."""
        names = ", ".join(f'"{name}"' for name in table_named(table).names)
        where = " AND ".join(["1", *(f'"{table_named(table).column(name).name}" IS ?' for name in equal)])
        return self.query(f'SELECT {names} FROM "{table}" WHERE {where} ORDER BY "createdAt", id', *equal.values())

    def query(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """Any SELECT, also on `journal`, `vectors` and `marks`."""
        with closing(self._connect()) as connection:
            connection.execute("PRAGMA query_only = 1")
            cursor = connection.execute(statement, values)
            return [dict(zip((each[0] for each in cursor.description), row, strict=True)) for row in cursor]

    def count(self, table: str) -> int:
        return int(self.query(f'SELECT count(*) AS n FROM "{table}"')[0]["n"])

    def mark(self, name: str) -> str | None:
        found = self.query("SELECT value FROM marks WHERE name = ?", name)
        return str(found[0]["value"]) if found else None

    def _carry_out(self, connection: sqlite3.Connection, call: Call, journal: Journal) -> Outcome:
        self.counts.calls += 1
        outcome = self._outcome(connection, call, journal)
        self.counts.repeats += outcome.kind is Kind.REPEATED
        self.counts.refusals += outcome.kind is Kind.REFUSED
        self.counts.failures += outcome.kind is Kind.FAILED
        return outcome

    def _outcome(self, connection: sqlite3.Connection, call: Call, journal: Journal) -> Outcome:
        now = self._clock()
        try:
            if action_of(call).is_write:
                return journal.once(connection, call, lambda: self._effect(connection, call, now), now)
            return Outcome(Kind.DONE, perform(connection, call, now))
        except Refused as refused:
            return Outcome(Kind.REFUSED, {"error": str(refused)})
        except sqlite3.Error as error:
            log.warning("call %s failed: %s", call.id, error)
            return Outcome(Kind.FAILED, {"error": f"The device's database could not do this: {error}."})
        except (ArithmeticError, TypeError, ValueError, LookupError, RecursionError):
            log.exception("call %s met a bug", call.id)
            return Outcome(Kind.FAILED, {"error": "The device could not do this; its log says why."})

    def _effect(self, connection: sqlite3.Connection, call: Call, now: int) -> dict[str, Any]:
        result = perform(connection, call, now)
        self.counts.effects += 1
        return result

    def _thread(self) -> ThreadPoolExecutor:
        if self._worker is None:
            self._worker = ThreadPoolExecutor(1, thread_name_prefix="device-sqlite")
        return self._worker

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connect(self) -> sqlite3.Connection:
        # Transactions are begun and ended by hand. Made in one thread and used in another at most, never in two at once.
        connection = sqlite3.connect(
            self.path, timeout=_WAIT_FOR_WRITERS_S, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA foreign_keys = 1")
        connection.execute(f"PRAGMA synchronous = {'FULL' if self._durable else 'NORMAL'}")
        teach_search(connection)
        return connection


def write_mark(connection: sqlite3.Connection, name: str, value: str) -> None:
    connection.execute("INSERT OR REPLACE INTO marks (name, value) VALUES (?, ?)", (name, value))


def _make_schema(connection: sqlite3.Connection) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == ddl.VERSION:
        return
    if version > ddl.VERSION:
        raise HomeUnusable("The database was made by a newer version of this client; update the client.")
    connection.execute("PRAGMA journal_mode = WAL")
    with transaction(connection):
        for statement in ddl.statements():
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {ddl.VERSION}")


@contextmanager
def in_plain_words(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise HomeUnusable(
            f"The database {path} cannot be used: {error}. Move it away, or choose another --home."
        ) from None
