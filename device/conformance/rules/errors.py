"""Calls that cannot be carried out are refused with a sentence, and the connection goes on. All others are carried out."""

from typing import Any
from uuid import uuid4

from device.conformance import answers
from device.conformance.client import Client
from device.conformance.conduct import LARGEST_FRAME
from device.conformance.rule import Level, rule
from device.conformance.rules.fixtures import project, sample
from device.conformance.verdicts import Broken, brief, require


async def _refused(client: Client, why: str, action: str, **fields: Any) -> None:
    try:
        answers.error(await client.call(action, **fields), why)
        await client.get("tasks", str(uuid4()))
    except Broken as broken:
        raise type(broken)(f"{broken.expected} (call: {brief({'action': action, **fields})})", broken.got) from None


@rule("errors.action", "4", "An unknown action is answered with `error`.")
async def _action(client: Client) -> None:
    await _refused(client, "there is no such action", "conformance_unknown", table="tasks", data={})


@rule("errors.table", "4", "An unknown table is answered with `error`, in every action.")
async def _table(client: Client) -> None:
    for action, data in (
        ("select", None),
        ("get", {"id": "x"}),
        ("insert", {"id": str(uuid4()), "title": "x"}),
        ("update", {"id": "x", "updates": {"title": "x"}}),
        ("delete", {"id": "x"}),
    ):
        await _refused(client, "there is no such table", action, table="conformance_unknown", data=data)
    # What a careless implementation would find: its own tables.
    await _refused(client, "that is not one of the six tables", "select", table="sqlite_master")
    await _refused(client, "there is no such table", "select", table='tasks"; DROP TABLE tasks; --')


@rule("errors.column", "4", "An unknown column is answered with `error`, and nothing is written.")
async def _column(client: Client) -> None:
    row = await sample(client, "tasks")
    title = client.text("must not be stored")
    why = "there is no such column"
    await _refused(client, why, "insert", table="tasks", data=client.with_id({"title": title, "conformanceUnknown": 1}))
    updates = {"title": title, "conformanceUnknown": 1}
    await _refused(client, why, "update", table="tasks", data={"id": row["id"], "updates": updates})
    if await client.select("tasks", title=title):
        raise Broken("a call that is refused to change nothing", "a row with its title")
    await _refused(client, why, "select", table="tasks", filters={"conformanceUnknown": 1})
    await _refused(client, why, "select", table="tasks", filters={"title = '' OR 1=1 --": "x"})


@rule("errors.order-column", "4", "An unknown column in `orderBy` is answered with `error`.")
async def _order_column(client: Client) -> None:
    for column in ("conformanceUnknown", "-conformanceUnknown", "title; DROP TABLE tasks"):
        await _refused(client, "there is no such column", "select", table="tasks", filters={"orderBy": column})


@rule("errors.no-id", "4", "`get`, `update`, `delete` and `vector_upsert` without an id are answered with `error`.")
async def _no_id(client: Client) -> None:
    why = "there is no id"
    await _refused(client, why, "get", table="tasks", data={})
    await _refused(client, why, "update", table="tasks", data={"updates": {"title": "x"}})
    await _refused(client, why, "delete", table="tasks", data={})
    vector = [0.0] * client.options.dimensions
    await _refused(client, why, "vector_upsert", data={"content": "x"}, vector=vector)


@rule("errors.missing", "4", "A call without a field that its action needs is answered with `error`.")
async def _missing(client: Client) -> None:
    await _refused(client, "there is no table", "select")
    await _refused(client, "there is no data", "insert", table="tasks")
    await _refused(client, "there is no data", "get", table="tasks")
    await _refused(client, "there are no updates", "update", table="tasks", data={"id": "x"})
    await _refused(client, "there is no vector", "vector_search", limit=1)


@rule("errors.types", "4", "Fields of a call that have the wrong types are answered with `error`.")
async def _types(client: Client) -> None:
    ours = await project(client)
    await _refused(client, "the table is a number", "select", table=7)
    await _refused(client, "the filters are text", "select", table="tasks", filters="all")
    await _refused(client, "the limit is text", "select", table="tasks", limit="many")
    await _refused(client, "the data is a list", "insert", table="tasks", data=["title"])
    await _refused(client, "the id is an object", "get", table="tasks", data={"id": {"is": 1}})
    await _refused(client, "the updates are text", "update", table="projects", data={"id": ours, "updates": "name"})
    nested = client.with_id({"title": client.text("nested"), "description": {"is": ["an", "object"]}})
    await _refused(client, "a column holds an object", "insert", table="tasks", data=nested)
    await _refused(client, "the vector is text", "vector_search", vector="north", limit=1)
    letters = ["a"] * client.options.dimensions
    await _refused(client, "the vector holds text", "vector_search", vector=letters, limit=1)


@rule("errors.required", "4", "A timeline without its `projectId` is answered with `error`.")
async def _required(client: Client) -> None:
    data = client.with_id({"title": client.text("homeless"), "date": 1_800_000_000_000})
    await _refused(client, "`projectId` is required", "insert", table="timelines", data=data)


@rule("errors.column-types", "4", "Text in a column of numbers is answered with `error`.", level=Level.SHOULD)
async def _column_types(client: Client) -> None:
    for column, value in (("dueDate", "tomorrow"), ("isApproved", "yes")):
        data = client.with_id({"title": client.text("mistyped"), column: value})
        await _refused(client, f"`{column}` is an integer", "insert", table="tasks", data=data)


@rule("errors.too-large", "1", "A result that would not fit into a frame is an `error` or fewer rows, never too large.")
async def _too_large(client: Client) -> str:
    ours, half = await project(client), "x" * 600_000
    for _ in range(2):
        await client.insert("notes", title=client.text("large"), content=half, projectId=ours)
    before = client.conduct.findings.get("discipline.size")
    answer = await client.call("select", table="notes", filters={"projectId": ours})
    if client.conduct.findings.get("discipline.size") is not before:
        expected = f"two notes of 600,000 characters not to come in one frame: its limit is {LARGEST_FRAME:,} bytes"
        raise Broken(expected, "a frame beyond it, for which the service closes the socket (1009)")
    if "error" in answer:
        answers.error(answer, "the result is too large")
        return "refused"
    return f"{len(answers.rows(answer))} of 2 rows"


@rule("errors.past-deadline", "4", "A call whose `deadline` has passed is carried out: clocks differ.")
async def _past_deadline(client: Client) -> None:
    data = client.with_id({"title": client.text("late")})
    answer = await client.call("insert", table="tasks", data=data, deadline_in=-60.0)
    row = answers.row(answer)
    require(row.get("title") == data["title"], "the stored row", row)
