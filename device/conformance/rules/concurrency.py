"""Several things at once."""

from device.conformance import answers
from device.conformance.client import Client
from device.conformance.rule import rule
from device.conformance.rules.fixtures import project
from device.conformance.verdicts import require

_CALLS = 16  # the most that the service has under way on one device
_LARGE = "x" * 700_000


@rule("concurrency.sixteen", "4", "Sixteen calls in flight are all answered, each with its own result.")
async def _sixteen(client: Client) -> None:
    ours = await project(client)
    calls = []
    for number in range(_CALLS):
        data = client.with_id({"title": client.text(f"number {number}"), "projectId": ours})
        calls.append(await client.post("insert", table="tasks", data=data))
    for number, call in enumerate(calls):
        row = answers.row(await client.answer(call))
        wanted = client.text(f"number {number}")
        require(row.get("title") == wanted, f"the row titled {wanted!r} under its call's id", row)
    found = len(await client.select("tasks", projectId=ours))
    require(found == _CALLS, f"{_CALLS} rows", f"{found}")


@rule("concurrency.large", "1", "A large call does not keep the `pong` waiting.")
async def _large(client: Client) -> str:
    ours = await project(client)
    data = client.with_id({"title": client.text("large"), "content": _LARGE, "projectId": ours})
    insert = await client.post("insert", table="notes", data=data)
    selects = [await client.post("select", table="notes", filters={"projectId": ours}) for _ in range(4)]
    seconds = await client.ping()
    for call in (insert, *selects):
        await client.answer(call)
    return f"`pong` after {seconds * 1000:.0f} ms"
