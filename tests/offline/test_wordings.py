"""Other words for what is understood: searches, charts, short forms of changes, so many rows, and sorted lists."""

import json
import re
from typing import Any

import pytest

from tests.offline.desk import Desk
from tests.offline.stage import Stage


@pytest.mark.parametrize(
    ("words", "tools", "said"),
    [
        ("search for tasks about payment", ["list_tasks"], "**Test payment with real cards**"),
        ("look for tasks mentioning logo", ["list_tasks"], "**Send the three logo drafts**"),
        ("search for deployment", ["list_tasks", "search_notes"], "**Deployment checklist**"),
        ("find newsletter", ["list_tasks", "search_notes"], "**Draft the newsletter**"),
        (
            "describe project Online shop relaunch",
            ["list_all_projects", "get_project"],
            "New shop on a faster platform",
        ),
        ("what's on for tomorrow?", ["list_tasks", "list_tasks", "list_timelines"], "**Staging complete**"),
    ],
)
async def test_what_is_looked_for_is_found(library: Desk, words: str, tools: list[str], said: str) -> None:
    turn = await Stage(library).say(words)

    assert turn.tools == tools
    assert said in turn.text


@pytest.mark.parametrize("kind", ["area", "bar", "line", "pie", "radar", "radial"])
@pytest.mark.parametrize("words", ["{} chart of tasks by status", "show my tasks by status as a {} chart"])
async def test_every_kind_of_chart_is_drawn(library: Desk, kind: str, words: str) -> None:
    chart = _chart((await Stage(library).say(words.format(kind))).text)

    assert (chart["chartType"], [each["count"] for each in chart["data"]]) == (kind, [21, 8, 11])


async def test_a_chart_may_be_made(library: Desk) -> None:
    chart = _chart((await Stage(library).say("make a bar chart of milestones by project")).text)

    assert chart["data"][0] == {"project": "Online shop relaunch", "count": 3}


def _chart(text: str) -> dict[str, Any]:
    found = re.search(r"<chart>(.*)</chart>", text)
    assert found is not None
    chart: dict[str, Any] = json.loads(found[1])
    return chart


@pytest.mark.parametrize(
    ("words", "table", "title", "wanted"),
    [
        ("change priority of Renew the domain names to low", "tasks", "Renew the domain names", {"priority": "low"}),
        ("set Renew the domain names priority to high", "tasks", "Renew the domain names", {"priority": "high"}),
        (
            "set status of Renew the domain names to in progress",
            "tasks",
            "Renew the domain names",
            {"status": "in_progress"},
        ),
        ("mark Book the photographer as not done", "tasks", "Book the photographer", {"status": "todo"}),
        ("mark project Spring campaign as archived", "projects", "Spring campaign", {"status": "archived"}),
        ("mark the project Warehouse signage as active", "projects", "Warehouse signage", {"status": "active"}),
        ("update the note Ideas: none left", "notes", "Ideas", {"content": "none left"}),
    ],
)
async def test_a_short_form_changes_the_row(
    stage: Stage, desk: Desk, words: str, table: str, title: str, wanted: dict[str, str]
) -> None:
    await stage.say(words)

    assert wanted.items() <= (await desk.row(table, title)).items()


@pytest.mark.parametrize(
    ("words", "head", "count"),
    [
        ("show me 5 tasks", "Here are 5 of your 40 tasks:", 5),
        ("list three notes", "Here are 3 of your 9 notes:", 3),
        ("list 2 open tasks in Driver app", "Here are 2 of your 7 open tasks in Driver app:", 2),
        ("show me 20 projects", "You have 5 projects:", 5),
        ("latest note", "Here is 1 of your 9 notes:", 1),
    ],
)
async def test_so_many_rows_are_told_as_were_asked_for(library: Desk, words: str, head: str, count: int) -> None:
    turn = await Stage(library).say(words)

    assert turn.text.startswith(head)
    assert len(re.findall(r"^- \*\*", turn.text, re.MULTILINE)) == count
    assert turn.text.rpartition("<")[0].rpartition("[")[2].count(",") == count - 1


async def test_the_top_tasks_are_those_of_high_priority(library: Desk) -> None:
    turn = await Stage(library).say("show the top 3 tasks")

    assert turn.text.count("high priority") == 3


async def test_a_list_by_due_date_is_sorted_and_not_counted(library: Desk) -> None:
    turn = await Stage(library).say("list my open tasks by due date")

    rows = {row["id"]: row for row in await library.rows("tasks")}
    found = re.search(r"<task>\[(.*)\]</task>", turn.text)
    assert found is not None
    dates = [rows[each]["dueDate"] or float("inf") for each in found[1].split(",")]
    assert turn.text.startswith("You have 29 open tasks:\n\n- **")
    assert dates == sorted(dates)


async def test_a_count_by_due_date_is_still_a_count(library: Desk) -> None:
    turn = await Stage(library).say("how many open tasks are there per due date?")

    assert turn.text.startswith("Tasks by due day (29 open tasks):")
