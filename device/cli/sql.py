"""`sql`: look into the local database, or with --write change it."""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from device.cli.tables import table
from device.errors import DeviceError
from device.filters import teach_search
from device.schema import TABLES
from device.store import FILE_NAME

# ruff: noqa: S608 - table names are the schema's own
_ROWS_SHOWN = 1000


def sql(home: Path, statement: str | None, *, write: bool) -> None:
    path = home / FILE_NAME
    if not path.exists():
        raise DeviceError(f"There is no database in {home} yet. Make one: python -m device seed")
    try:
        with closing(_opened(path, write=write)) as connection:
            sys.stdout.write(_counts(connection) if statement is None else _answer(connection, statement))
    except sqlite3.Error as error:
        is_write = any(word in str(error) for word in ("readonly", "not authorized"))
        hint = " To change something, add --write." if is_write else ""
        raise DeviceError(f"SQLite says: {error}.{hint}") from None


def _opened(path: Path, *, write: bool) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode={'rw' if write else 'ro'}", uri=True, timeout=10, isolation_level=None
    )
    connection.execute("PRAGMA foreign_keys = 1")
    if not write:
        connection.set_authorizer(_not_another_file)
    teach_search(connection)  # contains(column, 'lower-case text') works here as in `filters.search`
    return connection


def _not_another_file(action: int, *_what: str | None) -> int:
    """Reading only is a property of the opened file; ATTACH would open, and even make, others for writing."""
    return sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_ATTACH else sqlite3.SQLITE_OK


def _counts(connection: sqlite3.Connection) -> str:
    names = [*TABLES, "vectors", "journal"]
    rows = [(name, connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]) for name in names]
    return table(("table", "rows"), rows) + '\nLook closer: python -m device sql "SELECT title, status FROM tasks"\n'


def _answer(connection: sqlite3.Connection, statement: str) -> str:
    cursor = connection.execute(statement)
    if cursor.description is None:
        return f"Done; {_rows(max(cursor.rowcount, 0))} changed.\n"
    rows = cursor.fetchmany(_ROWS_SHOWN)
    more = f", and there are more than these {_ROWS_SHOWN}" if cursor.fetchone() else ""
    return table([each[0] for each in cursor.description], rows) + f"{_rows(len(rows))}{more}\n"


def _rows(number: int) -> str:
    return "1 row" if number == 1 else f"{number} rows"
