"""The database as someone with a copy of it sees it: every row of every table, as a superuser."""

import json
from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg.rows import dict_row

Dump = dict[str, list[dict[str, Any]]]


def dump(superuser_url: str) -> Dump:
    """Every row of every table."""
    with psycopg.connect(superuser_url, row_factory=dict_row) as connection:
        names = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname"
        ).fetchall()
        return {row["relname"]: _rows(connection, row["relname"]) for row in names}


def _rows(connection: psycopg.Connection[dict[str, Any]], table: str) -> list[dict[str, Any]]:
    return connection.execute(psycopg.sql.SQL("SELECT * FROM {}").format(psycopg.sql.Identifier(table))).fetchall()


def values(rows: Dump) -> Iterator[tuple[str, bytes]]:
    """(`table.column`, its bytes) for everything there is."""
    for table, found in rows.items():
        for row in found:
            for column, value in row.items():
                if value is not None:
                    yield f"{table}.{column}", _as_bytes(value)


def _as_bytes(value: object) -> bytes:
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    return (value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)).encode()


def of_user(rows: Dump, user_id: str) -> dict[str, list[dict[str, Any]]]:
    """The rows that belong to, or name, a user, by table."""
    found = {table: [row for row in all_rows if _names(row, user_id)] for table, all_rows in rows.items()}
    return {table: of_them for table, of_them in found.items() if of_them}


def _names(row: dict[str, Any], user_id: str) -> bool:
    return any(user_id.encode() in _as_bytes(value) for value in row.values() if value is not None)
