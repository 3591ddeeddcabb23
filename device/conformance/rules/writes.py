"""`update` and `delete`: what changes, and what does not."""

import asyncio

from device.conformance import answers
from device.conformance.client import Client
from device.conformance.rule import rule
from device.conformance.rules.fixtures import sample
from device.conformance.verdicts import require


@rule("actions.update", "4", "`update` changes the given columns, no others, and answers the changed row.")
async def _update(client: Client) -> None:
    before = await sample(client, "tasks")
    changed = {"status": "done", "description": "changed", "dueDate": 1_900_000_000_000, "isApproved": 1}
    after = await client.update("tasks", before["id"], **changed)
    require(after == {**before, **changed}, f"the row with {changed} and nothing else changed", after)
    require(await client.get("tasks", before["id"]) == after, "`get` to answer the changed row", "another one")


@rule("actions.update-null", "4", "`update` can empty a column.")
async def _update_null(client: Client) -> None:
    row = await sample(client, "tasks")
    after = await client.update("tasks", row["id"], description=None, dueDate=None)
    emptied = (after.get("description"), after.get("dueDate")) == (None, None)
    require(emptied, "null in `description` and `dueDate`", after)


@rule("actions.update-unknown", "4", "`update` of an id that is not there answers `row: null`.")
async def _update_unknown(client: Client) -> None:
    data = {"id": client.text("no such id"), "updates": {"title": client.text("nobody")}}
    answer = await client.call("update", table="tasks", data=data)
    require(answers.row_or_null(answer) is None, "`row: null`", answers.content(answer))


@rule("actions.delete", "4", "`delete` answers `deleted: true`, and `false` when there is nothing (any more).")
async def _delete(client: Client) -> None:
    row = await sample(client, "notes")
    first = await client.delete("notes", row["id"])
    require(first is True, "`deleted: true` for a row that is there", {"deleted": first})
    require(await client.get("notes", row["id"]) is None, "the row to be gone", "`get` still answers it")
    second = await client.delete("notes", row["id"])
    require(second is False, "`deleted: false` for a row that is gone", {"deleted": second})


@rule("actions.updated-at", "4", "`updatedAt` of a note moves when it is changed, `createdAt` does not.")
async def _updated_at(client: Client) -> None:
    before = await sample(client, "notes")
    await asyncio.sleep(0.02)  # milliseconds must have passed
    after = await client.update("notes", before["id"], content="changed")
    was, now = before.get("updatedAt"), after.get("updatedAt")
    later = isinstance(was, int) and isinstance(now, int) and now > was
    require(later, f"`updatedAt` later than {was}", now)
    same = after.get("createdAt") == before.get("createdAt")
    require(same, f"`createdAt` as it was, {before.get('createdAt')}", after.get("createdAt"))
