"""The SQLite schema, written out of `schema.TABLES`. Its checks say again what the calls are checked for: a person, or
another program, may write to the file too."""

from collections.abc import Iterator

from device.schema import TABLES, Column, Kind, Table

VERSION = 1  # kept in PRAGMA user_version

_OWN_TABLES = (
    # What each call answered, written in the transaction of its effect. Kept 7 days: journal.py.
    """CREATE TABLE IF NOT EXISTS journal (
        id TEXT PRIMARY KEY NOT NULL, action TEXT NOT NULL, result TEXT NOT NULL, at INTEGER NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS journal_by_age ON journal (at)",
    # One unit vector a note, as little-endian float32. It goes with its note.
    """CREATE TABLE IF NOT EXISTS vectors (
        id TEXT PRIMARY KEY NOT NULL REFERENCES notes (id) ON DELETE CASCADE, vector BLOB NOT NULL)""",
    # Small facts about this device, such as when it was last online.
    "CREATE TABLE IF NOT EXISTS marks (name TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL)",
)


def statements() -> Iterator[str]:
    """Everything that makes an empty file this device's database; harmless on one that is."""
    for table in TABLES.values():
        columns = ",\n  ".join(_column(each) for each in table.columns)
        yield f'CREATE TABLE IF NOT EXISTS "{table.name}" (\n  {columns})'
        yield from _indexes(table)
    yield from _OWN_TABLES


def _column(column: Column) -> str:
    is_text = column.kind in (Kind.TEXT, Kind.JSON_LIST)
    kind = "TEXT" if is_text else "INTEGER"
    parts = [f'"{column.name}" {kind}']
    if column.name == "id":
        parts.append("PRIMARY KEY")
    if not column.may_be_null:
        parts.append("NOT NULL")
    if column.default is not None:
        parts.append(f"DEFAULT {_literal(column.default)}")
    parts.append(f"CHECK (typeof(\"{column.name}\") IN ('{kind.lower()}', 'null'))")
    if column.choices:
        parts.append(f'CHECK ("{column.name}" IN ({", ".join(map(_literal, column.choices))}))')
    if column.kind is Kind.FLAG:
        parts.append(f'CHECK ("{column.name}" IN (0, 1))')
    if column.kind is Kind.JSON_LIST:
        parts.append(f"CHECK (json_type(\"{column.name}\") = 'array')")
    if column.refers_to:
        parts.append(
            f'REFERENCES "{column.refers_to}" (id) ON DELETE {"CASCADE" if column.goes_with_it else "SET NULL"}'
        )
    return " ".join(parts)


def _indexes(table: Table) -> Iterator[str]:
    """For the default order, and for each reference: SQLite looks for the rows that refer to a deleted one."""
    for columns in ['"createdAt", id', *(f'"{each.name}"' for each in table.columns if each.refers_to)]:
        name = f"{table.name}_by_{columns.split(',')[0].strip(chr(34))}"
        yield f'CREATE INDEX IF NOT EXISTS "{name}" ON "{table.name}" ({columns})'


def _literal(value: str | int) -> str:
    return str(value) if isinstance(value, int) else f"'{value}'"
