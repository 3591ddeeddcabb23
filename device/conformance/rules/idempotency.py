"""The id of a call is a key: however often it is sent, it takes effect once and has one result."""

from collections.abc import Awaitable, Callable, Sequence

from device.conformance import answers
from device.conformance.calls import Call
from device.conformance.client import Client
from device.conformance.frames import Frame
from device.conformance.rule import rule
from device.conformance.rules.fixtures import project, sample
from device.conformance.verdicts import Broken, NotTested, brief, require


def _needs_journal(client: Client) -> None:
    if not client.keeps_journal:
        raise NotTested("the client says that it keeps no journal, so the service does not rely on one")


async def _insert(client: Client, title: str) -> Call:
    return await client.post("insert", table="tasks", data=client.with_id({"title": title}))


async def _count(client: Client, title: str, after: str) -> None:
    found = len(await client.select("tasks", title=title))
    got = f"{found} rows"
    if client.hello.get("journal") is None:
        got += "; a client that keeps no journal of calls has to say `journal: false` in its hello"
    require(found == 1, f"one row after {after}", got)


def _same(client: Client, first: Frame, second: Frame, what: str) -> None:
    """Without a journal a second result may differ: the service takes the first."""
    if client.keeps_journal and answers.content(first) != answers.content(second):
        expected = f"the stored result again for {what}: {brief(answers.content(first))}"
        raise Broken(expected, brief(answers.content(second)))


@rule("idempotency.insert", "4", "An `insert` sent twice with one id inserts one row and has one result.")
async def _insert_twice(client: Client) -> None:
    title = client.text("once")
    call = await _insert(client, title)
    first = await client.answer(call)
    answers.row(first)
    second = await client.answer(await client.again(call))
    await _count(client, title, "the same insert twice")
    _same(client, first, second, "the same insert")


@rule("idempotency.in-flight", "4", "An `insert` repeated before its answer has come inserts one row.")
async def _in_flight(client: Client) -> None:
    title = client.text("at once")
    call = await _insert(client, title)
    repeated = await client.again(call)
    answers.row(await client.answer(call))
    # One answer is enough: the service takes the first and ignores the rest.
    await client.grace(repeated)
    await _count(client, title, "the same insert twice in a row")


@rule("idempotency.update", "4", "An `update` repeated after another one does not set back what that one wrote.")
async def _update(client: Client) -> None:
    _needs_journal(client)
    row = await sample(client, "tasks")
    first_call = await _set(client, row["id"], "todo")
    first = await client.answer(first_call)
    answers.row(first)
    answers.row(await client.answer(await _set(client, row["id"], "done")))
    second = await client.answer(await client.again(first_call))
    now = (await client.get("tasks", row["id"]) or {}).get("status")
    require(now == "done", "`status` to stay `done`, as the later update wrote it", f"`{now}`, from the repeated one")
    _same(client, first, second, "the repeated update")


@rule("idempotency.delete", "4", "A `delete` sent twice with one id answers `deleted: true` twice.")
async def _delete(client: Client) -> None:
    _needs_journal(client)
    row = await sample(client, "clients")
    call = await client.post("delete", table="clients", data={"id": row["id"]})
    first = await client.answer(call)
    require(answers.deleted(first), "`deleted: true`", answers.content(first))
    _same(client, first, await client.answer(await client.again(call)), "the same delete")


@rule("idempotency.vector", "4", "A `vector_upsert` repeated after another one does not set back what that one wrote.")
async def _vector(client: Client) -> None:
    _needs_journal(client)
    ours = await project(client)
    note, witness = await _note(client, ours), await _note(client, ours)
    call = await _place(client, note, ours, 0.0)
    answers.ok(await client.answer(call))
    answers.ok(await client.answer(await _place(client, witness, ours, 0.5)))
    answers.ok(await client.answer(await _place(client, note, ours, 1.0)))
    answers.ok(await client.answer(await client.again(call)))
    got = await _nearest(client, ours, 1.0)
    require(got == [note, witness], "the note where the later upsert put it, nearest to that place", got)


@rule("idempotency.after-cut", "4", "Writes whose answers were lost with the connection are not carried out again.")
async def _after_cut(client: Client) -> None:
    await _lost_answers(client, client.back_after_cut)


@rule("idempotency.after-restart", "4", "Nor are they when the client was killed and started again.")
async def _after_restart(client: Client) -> None:
    _needs_journal(client)
    if client.restart is None:
        raise NotTested("only with --client can the checker kill the client")
    await _lost_answers(client, client.back_after_crash)


async def _lost_answers(client: Client, lose: Callable[[], Awaitable[None]]) -> None:
    """Insert, update, delete and upsert; lose the answers; let another update happen; send all four again."""
    title, ours = client.text("through a cut"), await project(client)
    changed, gone = await sample(client, "tasks"), await sample(client, "clients")
    note = await _note(client, ours)
    calls = [
        await _insert(client, title),
        await _set(client, changed["id"], "todo"),
        await client.post("delete", table="clients", data={"id": gone["id"]}),
        await _place(client, note, ours, 0.0),
    ]
    await lose()
    first = [await client.answer(await client.again(call)) for call in calls]
    answers.row(first[0])
    answers.row(first[1])
    if client.keeps_journal:
        require(
            answers.deleted(first[2]), "`deleted: true` for a delete whose answer was lost", answers.content(first[2])
        )
    await client.update("tasks", changed["id"], status="done")
    second = [await client.answer(await client.again(call)) for call in calls]
    await _count(client, title, "an insert that was sent again after the connection was lost")
    if client.keeps_journal:
        now = (await client.get("tasks", changed["id"]) or {}).get("status")
        require(
            now == "done", "`status` to stay `done`, as the later update wrote it", f"`{now}`, from the repeated one"
        )
    _all_same(client, calls, first, second)
    got = await _nearest(client, ours, 0.0)
    require(got == [note], "the note once among the nearest", got)


def _all_same(client: Client, calls: Sequence[Call], first: Sequence[Frame], second: Sequence[Frame]) -> None:
    for call, one, other in zip(calls, first, second, strict=True):
        _same(client, one, other, f"the repeated {call.name}")


async def _set(client: Client, row_id: str, status: str) -> Call:
    return await client.post("update", table="tasks", data={"id": row_id, "updates": {"status": status}})


async def _note(client: Client, project_id: str) -> str:
    row = await client.insert("notes", title=client.text("note"), content="-", projectId=project_id)
    return str(row["id"])


def _vector_at(client: Client, share: float) -> list[float]:
    """On the way from the first axis to the second."""
    return [1.0 - share, share, *[0.0] * (client.options.dimensions - 2)]


async def _place(client: Client, note_id: str, project_id: str, share: float) -> Call:
    data = {"id": note_id, "projectId": project_id, "content": "-"}
    return await client.post("vector_upsert", data=data, vector=_vector_at(client, share))


async def _nearest(client: Client, project_id: str, share: float) -> list[str]:
    vector, filters = _vector_at(client, share), {"projectId": project_id}
    found = answers.results(await client.call("vector_search", vector=vector, limit=5, filters=filters))
    return [str(each["id"]) for each in found]
