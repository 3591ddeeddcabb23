"""What a row is: every table takes one and gives it back whole."""

import time
from typing import Any

from device.conformance import answers
from device.conformance.client import Client
from device.conformance.rule import rule
from device.conformance.rules.fixtures import sample, task_data
from device.conformance.tables import COLUMNS, Row, is_uuid, missing_columns, type_fault
from device.conformance.verdicts import Broken, NotTested, brief, require


@rule("actions.insert", "4", "`insert` answers `row`, with what was given and an `id` and `createdAt` of its own.")
async def _insert(client: Client) -> None:
    given = client.with_id(task_data(client))
    row = answers.row(await client.call("insert", table="tasks", data=given))
    if "id" not in given:
        require(is_uuid(row.get("id")), "a UUID as `id`", row.get("id"))
    require(row.get("createdAt") is not None, "`createdAt` set by the client", row.get("createdAt"))
    _same(given, row, "what was inserted")


@rule("actions.created-now", "4", "`createdAt` is the time of the insert.")
async def _created_now(client: Client) -> None:
    row = await sample(client, "tasks")
    now, created = int(time.time() * 1000), row.get("createdAt")
    if not isinstance(created, int):
        raise NotTested("`createdAt` is no integer, which is told elsewhere")
    require(abs(created - now) < 86_400_000, f"about {now}, milliseconds since 1970", created)


@rule("actions.all-tables", "4", "All six tables take `insert`, `select`, `get` and `delete`.")
async def _all_tables(client: Client) -> None:
    for table in COLUMNS:
        row = await sample(client, table)
        found = await client.select(table, id=row["id"])
        require([each.get("id") for each in found] == [row["id"]], f"the inserted row of `{table}`", found)
        got = await client.get(table, row["id"])
        require(got is not None and got.get("id") == row["id"], f"the inserted row of `{table}`", got)
        gone = await client.delete(table, row["id"])
        require(gone, f"`deleted: true` for the inserted row of `{table}`", f"deleted: {brief(gone)}")


@rule("actions.columns", "4", "A row has every column of its table, after `insert`, `get` and `select`.")
async def _columns(client: Client) -> None:
    for table in COLUMNS:
        row = await sample(client, table)
        for action, seen in (
            ("insert", row),
            ("get", await client.get(table, row["id"])),
            ("select", next(iter(await client.select(table, id=row["id"])), None)),
        ):
            missing = missing_columns(table, seen or {})
            if missing:
                raise Broken(f"every column of `{table}` in the row of `{action}`", f"no {', '.join(missing)}")


@rule("actions.types", "4", "Columns have their JSON types: integers for times, 0 or 1 for flags, text for lists.")
async def _types(client: Client) -> None:
    for table in COLUMNS:
        row = await sample(client, table)
        for seen in (row, *await client.select(table, id=row["id"])):
            fault = type_fault(table, seen)
            if fault is not None:
                raise Broken(*fault)


@rule("actions.defaults", "4", "A row of which little was given has the right types too.")
async def _defaults(client: Client) -> None:
    for table, data in (("tasks", {"title": client.text("bare")}), ("projects", {"name": client.text("bare")})):
        row = await client.insert(table, **data)
        fault = type_fault(table, {name: value for name, value in row.items() if name != "createdAt"})
        if fault is not None:
            raise Broken(*fault)


@rule("actions.get", "4", "`get` answers the row as `insert` did.")
async def _get(client: Client) -> None:
    row = await sample(client, "tasks")
    require(await client.get("tasks", row["id"]) == row, f"the row of the insert: {brief(row)}", "another one")


@rule("actions.get-unknown", "4", "`get` of an id that is not there answers `row: null`.")
async def _get_unknown(client: Client) -> None:
    answer = await client.call("get", table="notes", data={"id": client.text("no such id")})
    require(answers.row_or_null(answer) is None, "`row: null`", answers.content(answer))


def _same(given: Row, row: Row, what: str) -> None:
    wrong: dict[str, Any] = {name: row.get(name) for name, value in given.items() if row.get(name) != value}
    if wrong:
        raise Broken(f"{what}: {brief({name: given[name] for name in wrong})}", brief(wrong))
