"""`select`: which rows, in which order, how many."""

from device.conformance.client import Client
from device.conformance.rule import Level, rule
from device.conformance.rules.fixtures import project, titled
from device.conformance.tables import Row
from device.conformance.verdicts import require

_DAY = 86_400_000
_NOON = 1_800_000_000_000


@rule("select.equality", "4", "`filters` is equality on columns, on several of them at once.")
async def _equality(client: Client) -> None:
    ours = await project(client)
    milk, bread, _ = await titled(client, ours, "milk", "bread", "eggs")
    await client.update("tasks", bread, status="done", priority="high")
    await client.update("tasks", milk, status="done", priority="low")
    _are("the tasks that are done", await client.select("tasks", projectId=ours, status="done"), {milk, bread})
    found = await client.select("tasks", projectId=ours, status="done", priority="high")
    _are("the task that is done and of high priority", found, {bread})


@rule("select.nothing", "4", "`select` without a match answers an empty list.")
async def _nothing(client: Client) -> None:
    _are("no row", await client.select("tasks", title=client.text("never inserted")), set())


@rule("select.no-filters", "4", "`select` without filters answers rows of the table.")
async def _no_filters(client: Client) -> None:
    await client.insert("clients", name=client.text("client"))
    require(bool(await client.select("clients")), "the rows of the table", "none")
    require(len(await client.select("clients", limit=1)) == 1, "one row with `limit: 1`", "another number")


@rule("select.null", "4", "Equality with null finds the rows that have nothing there.", level=Level.SHOULD)
async def _null(client: Client) -> None:
    title = client.text("homeless")
    row = await client.insert("tasks", title=title)
    _are("the task without a project", await client.select("tasks", title=title, projectId=None), {str(row["id"])})


@rule("select.search", "4", "`search` finds a part of title, name, description or content.")
async def _search(client: Client) -> None:
    part = f"{client.run}zyx"
    for table, data in (
        ("tasks", {"title": f"conformance {part} title"}),
        ("tasks", {"title": "conformance", "description": f"in the {part} description"}),
        ("projects", {"name": f"conformance {part} name"}),
        ("notes", {"title": f"conformance {part} title", "content": "-"}),
        ("notes", {"title": "conformance", "content": f"in the {part}content"}),
        ("clients", {"name": f"conformance {part}"}),
    ):
        row = await client.insert(table, **data)
        _are(f"the row of `{table}` with {data}", await client.select(table, search=part[1:]), {str(row["id"])})
        await client.delete(table, row["id"])


@rule("select.search-case", "4", "`search` is the same for capital and small letters.")
async def _search_case(client: Client) -> None:
    row = await client.insert("tasks", title=client.text("Buy MILK"))
    for words in ("buy milk", "BUY MILK"):
        found = await client.select("tasks", search=client.text(words))
        _are(f"the task {row.get('title')!r} for the search {client.text(words)!r}", found, {str(row["id"])})


@rule(
    "select.search-case-unicode",
    "4",
    "`search` is the same for capital and small letters outside ASCII too.",
    level=Level.SHOULD,
)
async def _search_unicode(client: Client) -> None:
    row = await client.insert("tasks", title=client.text("Città MÜNCHEN"))
    found = await client.select("tasks", search=client.text("città münchen"))
    _are(f"the task {row.get('title')!r} for 'città münchen'", found, {str(row["id"])})


@rule("select.search-literal", "4", "`%`, `_` and quotes in `search` stand for themselves.")
async def _search_literal(client: Client) -> None:
    ours = await project(client)
    percent, under, quote, _ = await titled(client, ours, "100% x_y", "a_b", 'it\'s "so"', "100 percent xzy aXb its so")
    for words, wanted in (("100%", {percent}), ("a_b", {under}), ("it's \"", {quote}), ("x_y", {percent})):
        _are(f"only the task with {words!r}", await client.select("tasks", projectId=ours, search=words), wanted)


@rule("select.order", "4", "`orderBy` sorts by a column, `-column` the other way.")
async def _order(client: Client) -> None:
    ours = await project(client)
    await titled(client, ours, "b", "c", "a")
    rising = [row.get("title") for row in await client.select("tasks", projectId=ours, orderBy="title")]
    require(rising == [client.text(each) for each in "abc"], "titles a, b, c for `orderBy: title`", rising)
    falling = [row.get("title") for row in await client.select("tasks", projectId=ours, orderBy="-title")]
    require(falling == [client.text(each) for each in "cba"], "titles c, b, a for `orderBy: -title`", falling)


@rule("select.order-numbers", "4", "`orderBy` sorts numbers as numbers.")
async def _order_numbers(client: Client) -> None:
    ours = await project(client)
    for due in (9_000, 10_000, 800):
        await client.insert("tasks", title=client.text("due"), projectId=ours, dueDate=due)
    found = [row.get("dueDate") for row in await client.select("tasks", projectId=ours, orderBy="-dueDate")]
    require(found == [10_000, 9_000, 800], "due dates 10000, 9000, 800", found)


@rule("select.limit", "4", "`limit` bounds the rows, after sorting.")
async def _limit(client: Client) -> None:
    ours = await project(client)
    ids = await titled(client, ours, "b", "c", "a")
    found = await client.select("tasks", limit=2, projectId=ours, orderBy="title")
    _are("the first two by title", found, {ids[2], ids[0]})


@rule("select.due-dates", "4", "`dueDateFrom` and `dueDateTo` include their ends.")
async def _due_dates(client: Client) -> None:
    ours = await project(client)
    ids = []
    for days in range(4):
        row = await client.insert("tasks", title=client.text("due"), projectId=ours, dueDate=_NOON + days * _DAY)
        ids.append(str(row["id"]))
    await client.insert("tasks", title=client.text("never due"), projectId=ours)
    second, third = _NOON + _DAY, _NOON + 2 * _DAY
    found = await client.select("tasks", projectId=ours, dueDateFrom=second, dueDateTo=third)
    _are("the tasks due on both ends of the range", found, set(ids[1:3]))
    _are(
        "the tasks due from the third day",
        await client.select("tasks", projectId=ours, dueDateFrom=third),
        set(ids[2:]),
    )
    _are(
        "the tasks due to the second day", await client.select("tasks", projectId=ours, dueDateTo=second), set(ids[:2])
    )


@rule("select.dates", "4", "`dateFrom` and `dateTo` bound the timelines.")
async def _dates(client: Client) -> None:
    ours, ids = await _dated(client)
    found = await client.select("timelines", projectId=ours, dateFrom=_NOON + 1, dateTo=_NOON + _DAY + 1)
    _are("the one inside the range", found, {ids[1]})


@rule("select.dates-ends", "4", "`dateFrom` and `dateTo` include their ends, as due dates do.", level=Level.SHOULD)
async def _dates_ends(client: Client) -> None:
    ours, ids = await _dated(client)
    found = await client.select("timelines", projectId=ours, dateFrom=_NOON, dateTo=_NOON + _DAY)
    _are("the two on the ends of the range", found, set(ids[:2]))


@rule("select.archived", "4", "Projects that are archived appear with `includeArchived` only.")
async def _archived(client: Client) -> None:
    live, old = await project(client, "live"), await project(client, "old")
    await client.update("projects", old, status="archived")
    ours = client.text("")
    _are("the active project", await client.select("projects", search=ours), {live})
    _are(
        "both with `includeArchived: true`",
        await client.select("projects", search=ours, includeArchived=True),
        {live, old},
    )
    found = await client.select("projects", search=ours, includeArchived=False)
    _are("the active project with `includeArchived: false`", found, {live})


@rule("select.row-limit", "R3", "A result has at most 1,000 rows, whatever is asked for.", thorough=True)
async def _row_limit(client: Client) -> None:
    ours = await project(client)
    client.say("… inserting 1,001 tasks; they are deleted again, which takes as long")
    for _ in range(77):  # 77 times 13: sixteen calls in flight are the most the service has
        calls = [
            await client.post(
                "insert", table="tasks", data=client.with_id({"title": client.text("many"), "projectId": ours})
            )
            for _ in range(13)
        ]
        for call in calls:
            await client.answer(call)
    for limit in (None, 5_000):
        found = await client.select("tasks", limit=limit, projectId=ours)
        require(0 < len(found) <= 1_000, f"at most 1,000 rows with limit {limit}", f"{len(found):,} rows")


async def _dated(client: Client) -> tuple[str, list[str]]:
    ours, ids = await project(client), []
    for days in range(3):
        date = _NOON + days * _DAY
        row = await client.insert("timelines", title=client.text("day"), projectId=ours, date=date)
        ids.append(str(row["id"]))
    return ours, ids


def _are(what: str, found: list[Row], wanted: set[str]) -> None:
    got = [str(row.get("id")) for row in found]
    said = [row.get("title") or row.get("name") or row.get("id") for row in found]
    require(sorted(got) == sorted(wanted), f"{what} ({len(wanted)} in all)", f"{len(found)}: {said[:8]}")
