"""Lists that a tool cuts off: what is counted is what there is, or is said to be less than all."""

import json
import re
from typing import Any

import pytest

from tests.offline.desk import Desk
from tests.offline.stage import Stage


async def _fill(desk: Desk, table: str, count: int, **data: Any) -> None:
    for number in range(count):
        await desk._device("insert", table=table, data={"title": f"Bulk {number}", **data})


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("How many todo tasks do I have?", "You have 131 “to do” tasks."),
        ("how many tasks do I have?", "You have 150 tasks."),
        ("how many open tasks do I have?", "You have 139 open tasks."),
        ("how many tasks are about Bulk?", "You have 110 tasks matching “Bulk”."),
        ("how many done tasks do I have?", "You have 11 “done” tasks."),
    ],
)
async def test_a_count_is_of_all_rows_there_are(stage: Stage, desk: Desk, words: str, said: str) -> None:
    await _fill(desk, "tasks", 110, status="todo", priority="low")

    assert (await stage.say(words)).text == said


async def test_a_count_of_rows_that_no_tool_can_narrow_is_the_least_there_are(stage: Stage, desk: Desk) -> None:
    await _fill(desk, "tasks", 110, status="todo", priority="low")
    low = sum(row["priority"] == "low" for row in (await desk.rows("tasks"))[:100])

    turn = await stage.say("how many low priority tasks do I have?")

    assert turn.text == f"You have at least {low} low-priority tasks.\n\nOnly 100 of 150 were looked at."


async def test_nothing_among_the_first_rows_is_not_told_as_nothing_at_all(stage: Stage, desk: Desk) -> None:
    await _fill(desk, "notes", 120, content="")

    turn = await stage.say("how many tasks are assigned to Zora?")
    await _fill(desk, "tasks", 80, status="todo")
    cut = await stage.say("how many tasks are assigned to Zora?")

    assert turn.text == "You have no tasks assigned to Zora."
    assert cut.text == "I found no tasks assigned to Zora.\n\nOnly 100 of 120 were looked at."


async def test_a_long_list_names_ten_and_counts_the_rest(stage: Stage, desk: Desk) -> None:
    await _fill(desk, "tasks", 110, status="todo")

    turn = await stage.say("list my tasks")

    assert turn.text.startswith("You have 150 tasks:\n")
    assert "\n- and 140 more\n" in turn.text
    assert turn.text.endswith("Only 100 of 150 were looked at.")


@pytest.mark.parametrize("words", ["show my tasks by status as a chart", "chart of my tasks"])
async def test_a_chart_by_status_counts_all_rows(stage: Stage, desk: Desk, words: str) -> None:
    await _fill(desk, "tasks", 110, status="todo")

    turn = await stage.say(words)

    found = re.search(r"<chart>(.*)</chart>", turn.text)
    assert found is not None
    assert [each["count"] for each in json.loads(found[1])["data"]] == [131, 8, 11]
    assert turn.text.startswith("Tasks by status (150 tasks):\n\n- To do: 131\n- In progress: 8\n- Done: 11\n")


async def test_a_chart_that_no_tool_can_count_says_of_what_it_is(stage: Stage, desk: Desk) -> None:
    await _fill(desk, "tasks", 110, status="todo", priority="low")

    turn = await stage.say("tasks by priority as a chart")

    assert turn.text.startswith("Tasks by priority (the first 100 of 150 tasks):")
    assert turn.text.endswith("Only 100 of 150 were looked at.")


async def test_a_list_the_device_cut_off_is_of_at_least_so_many(stage: Stage, desk: Desk) -> None:
    await _fill(desk, "notes", 120, content="lorem ipsum")
    desk.most = 100

    counted = await stage.say("how many notes do I have?")
    listed = await stage.say("list my notes")

    assert counted.text == "You have at least 100 notes.\n\nOnly the first 100 were looked at."
    assert "of 100" not in listed.text


async def test_what_is_due_today_is_counted_as_the_tool_does(stage: Stage, desk: Desk) -> None:
    noon = round(desk.now.replace(hour=12).timestamp() * 1000)
    await _fill(desk, "tasks", 110, status="todo", dueDate=noon)

    turn = await stage.say("how many todo tasks are due today?")

    assert turn.text.startswith("You have at least ")
    assert "Only 100 of 116 were looked at." in turn.text
