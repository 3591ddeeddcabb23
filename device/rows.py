"""select, get, insert, update, delete: what they do to the tables. They run inside the caller's transaction."""

import sqlite3
from typing import Any
from uuid import uuid4

from device.calls import Call, Result
from device.errors import Refused
from device.filters import condition, row_limit
from device.schema import TABLES, Column, Table, shown, table_named

# ruff: noqa: S608 - names of tables and columns are the schema's own or were looked up there; values are bound


def select(connection: sqlite3.Connection, call: Call, _now: int) -> Result:
    table = table_named(call.table)
    asked = condition(table, call.filters)
    found = connection.execute(
        f"SELECT {_listed(table)} FROM {_quoted(table)} WHERE {asked.where} ORDER BY {asked.order} LIMIT ?",
        (*asked.values, row_limit(call.limit)),
    )
    return {"rows": [dict(zip(table.names, each, strict=True)) for each in found]}


def get(connection: sqlite3.Connection, call: Call, _now: int) -> Result:
    table = table_named(call.table)
    return {"row": _row(connection, table, id_of(call))}


def insert(connection: sqlite3.Connection, call: Call, now: int) -> Result:
    """A new row. With an id of its own, that id is used, and a row that has it already is returned as it is: so a server can
    make inserts repeatable for a device that keeps no journal."""
    table = table_named(call.table)
    given = dict(data_of(call))
    row_id = id_of(call) if "id" in given else str(uuid4())
    given.pop("id", None)
    if (existing := _row(connection, table, row_id)) is not None:
        return {"row": existing}
    _check(connection, table, given)
    for column in table.columns:
        if column.is_required and column.name not in given:
            raise Refused(f"A new row of {table.name} needs a {column.name}.")
    values: dict[str, Any] = {each.name: each.default for each in table.columns} | given | {"id": row_id}
    values |= {name: now for name in ("createdAt", "updatedAt") if name in table.names}
    marks = ", ".join("?" for _ in table.names)
    connection.execute(
        f"INSERT INTO {_quoted(table)} ({_listed(table)}) VALUES ({marks})", [values[name] for name in table.names]
    )
    return {"row": _row(connection, table, row_id)}


def update(connection: sqlite3.Connection, call: Call, now: int) -> Result:
    table = table_named(call.table)
    row_id, updates = id_of(call), data_of(call).get("updates")
    if not isinstance(updates, dict):
        raise Refused(f"An update needs data.updates, an object of columns and new values, not {shown(updates)}.")
    _check(connection, table, updates)
    if updates:
        values = dict(updates)
        if "updatedAt" in table.names:
            values["updatedAt"] = now
        changes = ", ".join(f'"{name}" = ?' for name in values)  # checked: names of this table
        connection.execute(f"UPDATE {_quoted(table)} SET {changes} WHERE id = ?", (*values.values(), row_id))
    return {"row": _row(connection, table, row_id)}


def delete(connection: sqlite3.Connection, call: Call, _now: int) -> Result:
    table = table_named(call.table)
    gone = connection.execute(f"DELETE FROM {_quoted(table)} WHERE id = ?", (id_of(call),))
    return {"deleted": gone.rowcount > 0}


def data_of(call: Call) -> dict[str, Any]:
    if not isinstance(call.data, dict):
        raise Refused(f"{call.action} needs data, an object, not {shown(call.data)}.")
    return call.data


def id_of(call: Call) -> str:
    row_id = data_of(call).get("id")
    if row_id is None:
        raise Refused(f"{call.action} needs data.id, the id of a row.")
    Column("id").check(row_id)
    return str(row_id)


def _check(connection: sqlite3.Connection, table: Table, values: dict[str, Any]) -> None:
    """Every column known and settable, every value fitting, every row referred to there. Raises `Refused`."""
    for name, value in values.items():
        column = table.column(name)
        if column.is_own:
            raise Refused(f"{name} is set by the device and cannot be given.")
        if value is None:
            if not column.may_be_null:
                raise Refused(f"{name} of {table.name} may not be null.")
            continue
        column.check(value)
        if column.refers_to is not None:
            _check_reference(connection, TABLES[column.refers_to], value)


def _check_reference(connection: sqlite3.Connection, table: Table, row_id: str) -> None:
    if connection.execute(f"SELECT 1 FROM {_quoted(table)} WHERE id = ?", (row_id,)).fetchone() is None:
        raise Refused(f"There is no {table.singular} with id {shown(row_id)}.")


def _row(connection: sqlite3.Connection, table: Table, row_id: str) -> dict[str, Any] | None:
    found = connection.execute(f"SELECT {_listed(table)} FROM {_quoted(table)} WHERE id = ?", (row_id,)).fetchone()
    return None if found is None else dict(zip(table.names, found, strict=True))


def _listed(table: Table) -> str:
    return ", ".join(f'"{name}"' for name in table.names)


def _quoted(table: Table) -> str:
    return f'"{table.name}"'
