import unicodedata
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from device import Database
from tests.device.conftest import Clock, Tables


async def test_without_an_order_rows_come_by_creation_and_then_id(tables: Tables, clock: Clock) -> None:
    for name in ("b", "a"):
        await tables.insert("clients", id=name, name=name)
    clock.ms -= 1
    await tables.insert("clients", id="z", name="older")
    assert [row["id"] for row in await tables.select("clients")] == ["z", "a", "b"]


async def test_null_finds_rows_with_nothing_there(tables: Tables) -> None:
    await tables.insert("tasks", title="with", dueDate=0)
    await tables.insert("tasks", title="without")
    assert [row["title"] for row in await tables.select("tasks", dueDate=None)] == ["without"]


@pytest.mark.parametrize(
    ("search", "title"),
    [
        ("éclair", "ÉCLAIR au café"),
        ("STRASSE", "Große Straße"),
        ("ＡＢＣ", "ａｂｃ full width"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("cafe\u0301", "CAFÉ"),
        ("100%", "reach 100% now"),
        ("a_b", "x a_b y"),
        ("'; DROP TABLE tasks; --", "say '; DROP TABLE tasks; -- twice"),
    ],
)
async def test_search_is_a_substring_in_any_case(tables: Tables, search: str, title: str) -> None:
    await tables.insert("tasks", title=title)
    await tables.insert("tasks", title="something else: 1000, axb")
    assert [row["title"] for row in await tables.select("tasks", search=search)] == [title]


async def test_search_looks_into_every_text_the_table_has(tables: Tables) -> None:
    await tables.insert("tasks", title="one", description="here is the NEEDLE")
    await tables.insert("notes", title="two", content="a needle")
    await tables.insert("clients", name="Needle Ltd", industry="sewing")
    assert [len(await tables.select(table, search="needle")) for table in ("tasks", "notes", "clients")] == [1, 1, 1]
    assert await tables.select("clients", search="sewing") == []


async def test_archived_projects_are_shown_only_to_who_asks(tables: Tables) -> None:
    for status in ("active", "archived"):
        await tables.insert("projects", name=status, status=status)

    async def names(**filters: Any) -> list[str]:
        return sorted(row["name"] for row in await tables.select("projects", **filters))

    assert await names() == ["active"]
    assert await names(includeArchived=False) == ["active"]
    assert await names(includeArchived=True) == ["active", "archived"]
    assert await names(status="archived") == ["archived"]


async def test_both_ends_of_a_range_belong_to_it(tables: Tables) -> None:
    project = await tables.insert("projects", name="P")
    for day in (1, 2, 3, 4):
        await tables.insert("tasks", title=str(day), dueDate=day)
        await tables.insert("timelines", title=str(day), date=day, projectId=project["id"])
    await tables.insert("tasks", title="some day")
    assert [row["title"] for row in await tables.select("tasks", dueDateFrom=2, dueDateTo=3, orderBy="title")] == [
        "2",
        "3",
    ]
    assert [row["title"] for row in await tables.select("timelines", dateFrom=2, dateTo=3, orderBy="title")] == [
        "2",
        "3",
    ]


async def test_rows_without_a_value_come_last_in_either_direction(tables: Tables) -> None:
    for due in (None, 2, 1):
        await tables.insert("tasks", title=str(due), dueDate=due)
    assert [row["dueDate"] for row in await tables.select("tasks", orderBy="dueDate")] == [1, 2, None]
    assert [row["dueDate"] for row in await tables.select("tasks", orderBy="-dueDate")] == [2, 1, None]


async def test_a_result_never_has_more_than_a_thousand_rows(tables: Tables) -> None:
    def fill(connection: Any) -> None:
        connection.executemany(
            "INSERT INTO clients (id, name, createdAt) VALUES (?, 'c', ?)",
            [(str(number), number) for number in range(1200)],
        )

    await tables.database.work(fill)
    assert len(await tables.select("clients")) == 1000
    assert len(await tables.select("clients", limit=10**30)) == 1000
    assert [row["id"] for row in await tables.select("clients", limit=2)] == ["0", "1"]


# --- any filters, against the same question asked of plain dictionaries ---

TITLES = some.text(alphabet="aAäÄß%_' ｆＦ", min_size=0, max_size=4)
TASKS = some.lists(
    some.fixed_dictionaries(
        {
            "title": TITLES,
            "description": some.none() | TITLES,
            "status": some.sampled_from(["todo", "in_progress", "done"]),
            "dueDate": some.none() | some.integers(0, 5),
            "isApproved": some.sampled_from([0, 1]),
        }
    ),
    max_size=8,
)
FILTERS = some.fixed_dictionaries(
    {},
    optional={
        "search": TITLES,
        "title": TITLES,
        "description": some.none() | TITLES,
        "status": some.sampled_from(["todo", "in_progress", "done"]),
        "isApproved": some.sampled_from([0, 1]),
        "dueDate": some.none() | some.integers(0, 5),
        "dueDateFrom": some.integers(0, 5),
        "dueDateTo": some.integers(0, 5),
        "orderBy": some.sampled_from(["dueDate", "-dueDate", "title", "-title", "status", "-description"]),
    },
)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def _matches(row: dict[str, Any], name: str, value: Any) -> bool:
    tests: dict[str, Callable[[], bool]] = {
        "search": lambda: any(_folded(value) in _folded(row[each] or "") for each in ("title", "description")),
        "dueDateFrom": lambda: row["dueDate"] is not None and row["dueDate"] >= value,
        "dueDateTo": lambda: row["dueDate"] is not None and row["dueDate"] <= value,
        "orderBy": lambda: True,
    }
    return tests[name]() if name in tests else bool(row[name] == value)


def _expected(rows: list[dict[str, Any]], filters: dict[str, Any], limit: int | None) -> list[str]:
    found = [row for row in rows if all(_matches(row, name, value) for name, value in filters.items())]
    found.sort(key=lambda row: (row["createdAt"], row["id"]))
    if order := filters.get("orderBy"):
        name = order.removeprefix("-")
        there = [row for row in found if row[name] is not None]
        there.sort(key=lambda row: row[name], reverse=order.startswith("-"))  # stable, also in reverse
        found = there + [row for row in found if row[name] is None]
    return [row["id"] for row in found][:limit]


@given(tasks=TASKS, filters=FILTERS, limit=some.none() | some.integers(1, 5))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
async def test_filters_find_what_a_plain_loop_finds(
    tasks: list[dict[str, Any]], filters: dict[str, Any], limit: int | None
) -> None:
    database = await _shared()
    await database.work(lambda connection: connection.execute("DELETE FROM tasks"))
    tables = Tables(database)
    tables._calls = next(_numbers)
    rows = [await tables.insert("tasks", **task) for task in tasks]
    assert [row["id"] for row in await tables.select("tasks", limit, **filters)] == _expected(rows, filters, limit)


_numbers = iter(range(0, 10**9, 1000))
_folder = TemporaryDirectory(prefix="adiuva-device-filters-")
_made: list[Database] = []


async def _shared() -> Database:
    """Making a database takes longer than an example."""
    if not _made:
        _made.append(Database(Path(_folder.name), durable=False))
    return _made[0]


@pytest.fixture(scope="module", autouse=True)
async def _tidy() -> Any:
    yield
    for database in _made:
        await database.close()
    _folder.cleanup()
