"""The five conversations. Each says what it believes, and asks the device's SQLite whether it is so."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

from scripts.demo.stage import Stage
from scripts.demo.talk import Talk

BUY_MILK = "SELECT * FROM tasks WHERE title = 'Buy milk'"
_COUNT_TODO = "SELECT count(*) FROM tasks WHERE status = 'todo'"
_BY_STATUS = "SELECT status, count(*) AS count FROM tasks GROUP BY status ORDER BY count DESC"
_DUE = "SELECT id, status FROM tasks WHERE dueDate >= ? AND dueDate < ?"

Scene = Callable[[Stage, Talk], Awaitable[None]]


async def lists(stage: Stage, talk: Talk) -> None:
    answer = await talk.ask(stage.device, "What's due today?")
    due = {row["id"]: row["status"] for row in stage.tables.rows(_DUE, *stage.day(0))}
    unfinished = {row_id for row_id, status in due.items() if status != "done"}
    shown = set(answer.ids)
    talk.check(
        holds=bool(unfinished) and unfinished <= shown <= due.keys(),
        what=f"in the device's database: {len(due)} tasks due today in {stage.zone.key}, {len(unfinished)} of them "
        f"unfinished; the answer refers to {len(shown)} rows, all of them among these",
    )


async def creates(stage: Stage, talk: Talk) -> None:
    answer = await talk.ask(stage.device, "Create a task called Buy milk due tomorrow, high priority")
    rows = stage.tables.rows(BUY_MILK)
    told = [each.id for each in answer.ended.mutations if (each.action, each.table) == ("insert", "tasks")]
    row: dict[str, Any] = rows[0] if len(rows) == 1 else {}
    talk.check(
        holds=told == [row.get("id")] and (row.get("status"), row.get("priority")) == ("todo", "high"),
        what=f"in the device's database: {len(rows)} row “Buy milk”, {row.get('status')}, {row.get('priority')}, "
        "under the id that the turn told",
    )
    first, after = stage.day(1)
    talk.check(
        holds=first <= (row.get("dueDate") or 0) < after, what=f"its dueDate is within tomorrow in {stage.zone.key}"
    )


async def counts(stage: Stage, talk: Talk) -> None:
    answer = await talk.ask(stage.device, "How many todo tasks do I have?")
    count = stage.tables.one(_COUNT_TODO)
    talk.check(
        holds=re.findall(r"\d+", answer.text) == [str(count)],
        what=f"in the device's database: {_COUNT_TODO} is {count}, the number in the answer",
    )


async def charts(stage: Stage, talk: Talk) -> None:
    answer = await talk.ask(stage.device, "Show my tasks by status as a chart")
    counted = {row["status"]: row["count"] for row in stage.tables.rows(_BY_STATUS)}
    drawn = [_numbers(each.content) for each in answer.charts]
    talk.check(
        holds=drawn == [{_plain(status): count for status, count in counted.items()}],
        what="in the device's database: "
        + ", ".join(f"{count} {status}" for status, count in counted.items())
        + f"; {sum(counted.values())} together, as in the chart",
    )


async def deletes(stage: Stage, talk: Talk) -> None:
    ids = [row["id"] for row in stage.tables.rows(BUY_MILK)]
    talk.before_approval = lambda: talk.check(
        holds=_is_one(stage), what="in the device's database: “Buy milk” is still there while the assistant waits"
    )
    answer = await talk.ask(stage.device, "Delete the task Buy milk")
    told = [each.id for each in answer.ended.mutations if (each.action, each.table) == ("delete", "tasks")]
    talk.check(holds=len(answer.approvals) == 1, what="it asked once before it deleted")
    talk.check(
        holds=len(ids) == 1 and told == ids and not stage.tables.rows(BUY_MILK),
        what="in the device's database: “Buy milk” is gone",
    )


SCENES: tuple[Scene, ...] = (lists, creates, counts, charts, deletes)


def _is_one(stage: Stage) -> bool:
    return len(stage.tables.rows(BUY_MILK)) == 1


def _numbers(chart: dict[str, Any]) -> dict[str, float]:
    """Each place of a chart with its number: `{"status": "todo", "count": 21}` in `data`."""
    places = {}
    for row in chart.get("data") or ():
        name = next((value for value in row.values() if isinstance(value, str)), "")
        places[_plain(name)] = next((value for value in row.values() if isinstance(value, (int, float))), 0)
    return places


def _plain(status: str) -> str:
    """`in_progress` and “In progress” are the same."""
    return re.sub(r"\W|_", "", status).casefold()
