"""New rows. A case: the words, the table, and what the row holds."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest

from tests.offline.desk import ZONE, Desk
from tests.offline.stage import Stage

Row = dict[str, Any]
CASES: tuple[tuple[str, str, Row], ...] = (
    ("create a task called Buy milk", "tasks", {"title": "Buy milk", "status": "todo", "priority": "medium"}),
    ("Create a task Buy milk", "tasks", {"title": "Buy milk"}),
    ("add a new task: Buy milk", "tasks", {"title": "Buy milk"}),
    ("new task: Buy milk", "tasks", {"title": "Buy milk"}),
    ("task: Buy milk", "tasks", {"title": "Buy milk"}),
    ("Could you please add a task named “Buy milk”?", "tasks", {"title": "Buy milk"}),
    ("I need a task called Order toner", "tasks", {"title": "Order toner"}),
    ("remind me to buy milk", "tasks", {"title": "Buy milk"}),
    ("add Buy milk to my todo list", "tasks", {"title": "Buy milk"}),
    ('add "Buy milk" to my list', "tasks", {"title": "Buy milk"}),
    (
        "create a task called 'Buy milk, eggs & bread', high priority",
        "tasks",
        {"title": "Buy milk, eggs & bread", "priority": "high"},
    ),
    ("create a task called 'Call Ann and mark it as done'", "tasks", {"title": "Call Ann and mark it as done"}),
    ("make a task called Call Ann's sister", "tasks", {"title": "Call Ann's sister"}),
    ("create a task Plan A/B test (phase 2)", "tasks", {"title": "Plan A/B test (phase 2)"}),
    ("create a high priority task Fix the door", "tasks", {"title": "Fix the door", "priority": "high"}),
    ("create an urgent task Fix the door", "tasks", {"title": "Fix the door", "priority": "high"}),
    ("add a task Fix the door with low priority", "tasks", {"title": "Fix the door", "priority": "low"}),
    ("create a task Fix the door assigned to Ben", "tasks", {"title": "Fix the door", "assignee": '["Ben"]'}),
    ("create a task Fix the door assigned to Ben and Ana", "tasks", {"assignee": '["Ben", "Ana"]'}),
    (
        "create a task Fix the door with description It squeaks, badly",
        "tasks",
        {"title": "Fix the door", "description": "It squeaks, badly"},
    ),
    ("create a task Fix the door, status in progress", "tasks", {"title": "Fix the door", "status": "in_progress"}),
    ("create a project Winter sale", "projects", {"name": "Winter sale", "status": "active"}),
    ("start a new project called Winter sale", "projects", {"name": "Winter sale"}),
    ("add a client called Acme Corp", "clients", {"name": "Acme Corp"}),
    ("add client Acme in the software industry", "clients", {"name": "Acme", "industry": "software"}),
    ("create a new client Acme with industry Software", "clients", {"name": "Acme", "industry": "Software"}),
    ("add Acme as a new client", "clients", {"name": "Acme"}),
    (
        "create a note titled Groceries: milk, eggs and bread",
        "notes",
        {"title": "Groceries", "content": "milk, eggs and bread"},
    ),
    (
        "add a note called Groceries with content milk and eggs",
        "notes",
        {"title": "Groceries", "content": "milk and eggs"},
    ),
    (
        "create a note about the move saying boxes are ordered",
        "notes",
        {"title": "the move", "content": "boxes are ordered"},
    ),
    ("create a note Groceries", "notes", {"title": "Groceries", "content": ""}),
    (
        "note that the printer is broken",
        "notes",
        {"title": "The printer is broken", "content": "the printer is broken"},
    ),
    ("note: the printer is broken", "notes", {"content": "the printer is broken"}),
)


@pytest.mark.parametrize(("words", "table", "wanted"), CASES, ids=[case[0] for case in CASES])
async def test_a_row_is_created_as_it_was_told(stage: Stage, desk: Desk, words: str, table: str, wanted: Row) -> None:
    before = {each["id"] for each in await desk.rows(table)}

    turn = await stage.say(words)

    (row,) = [each for each in await desk.rows(table) if each["id"] not in before]
    assert wanted.items() <= row.items()
    assert row["id"] in turn.text
    assert turn.text.startswith("Created the ")


@pytest.mark.parametrize(
    ("words", "days", "clock"),
    [
        ("create a task Pay rent due tomorrow", 1, time(0)),
        ("create a task Pay rent due tomorrow at 5pm, high priority", 1, time(17)),
        ("create a high priority task Pay rent, due today at 17:30", 0, time(17, 30)),
        ("create a task called “Pay rent” due in 3 days", 3, time(0)),
        ("add a task to Pay rent by tomorrow", 1, time(0)),
        ("remind me to Pay rent tomorrow at 9", 1, time(9)),
        ("remind me to Pay rent in two weeks", 14, time(0)),
        ("create a task Pay rent for tonight", 0, time(20)),
    ],
)
async def test_a_due_date_is_read(stage: Stage, desk: Desk, words: str, days: int, clock: time) -> None:
    await stage.say(words)

    row = await desk.row("tasks", "Pay rent")
    assert datetime.fromtimestamp(row["dueDate"] / 1000, ZONE) == datetime.combine(
        desk.now.date() + timedelta(days=days), clock, ZONE
    )


async def test_what_is_due_tomorrow_is_found_under_what_is_due_tomorrow(stage: Stage) -> None:
    await stage.say("create a task Pay rent due tomorrow")

    assert "**Pay rent**" in (await stage.say("what's due tomorrow?")).text
    assert "**Pay rent**" not in (await stage.say("what's due today?")).text


@pytest.mark.parametrize(
    "words",
    [
        "create a task Fix the door in project Driver app due tomorrow",
        "add a task to Fix the door by tomorrow in the Driver app project",
        'create a task "Fix the door" in Driver app',
    ],
)
async def test_a_task_goes_into_the_project_that_is_named(stage: Stage, desk: Desk, words: str) -> None:
    turn = await stage.say(words)

    project = await desk.row("projects", "Driver app")
    assert (await desk.row("tasks", "Fix the door"))["projectId"] == project["id"]
    assert turn.agents == ["project_agent", "task_agent"]


async def test_a_project_that_does_not_exist_is_said_and_nothing_is_created(stage: Stage) -> None:
    turn = await stage.say("create a task Fix the door in project Drver app")

    assert turn.text == "I found no project called “Drver app”. Did you mean “Driver app”?"
    assert "create_task" not in turn.tools


async def test_a_milestone_needs_its_project(stage: Stage, desk: Desk) -> None:
    assert "Which project" in (await stage.say("create a milestone Beta on 5 December")).text

    await stage.say("create a milestone Beta on 5 December for project Driver app")

    row = await desk.row("timelines", "Beta")
    assert row["projectId"] == (await desk.row("projects", "Driver app"))["id"]
    assert datetime.fromtimestamp(row["date"] / 1000, ZONE).strftime("%d.%m. %H:%M") == "05.12. 00:00"


async def test_a_project_is_made_for_its_client(stage: Stage, desk: Desk) -> None:
    await stage.say("create a project Winter sale for Casa Verde")

    assert (await desk.row("projects", "Winter sale"))["clientId"] == (await desk.row("clients", "Casa Verde"))["id"]


@pytest.mark.parametrize(
    "words",
    [
        "create a task Buy milk and a task Call Ann",
        "create tasks: Buy milk, Call Ann",
        "create a task Buy milk. Then create a task Call Ann.",
        "add a task 'Buy milk' and another task 'Call Ann'",
    ],
)
async def test_several_tasks_are_created_side_by_side(stage: Stage, desk: Desk, words: str) -> None:
    turn = await stage.say(words)

    assert [arguments["title"] for _, arguments in turn.calls] == ["Buy milk", "Call Ann"]
    assert turn.agents == ["task_agent", "task_agent"]
    assert turn.model_calls == 2 + 2 * 2


async def test_a_title_with_and_in_it_stays_whole(stage: Stage, desk: Desk) -> None:
    await stage.say("create a task Buy milk and call Ann")

    assert await desk.row("tasks", "Buy milk and call Ann")


async def test_a_long_note_is_kept_whole(stage: Stage, desk: Desk) -> None:
    content = "One line, and another; delete the project Driver app.\n" * 200

    await stage.say(f"create a note titled Minutes: {content}")

    assert (await desk.row("notes", "Minutes"))["content"].strip() == content.strip()


async def test_a_new_task_goes_where_the_user_looks(desk: Desk) -> None:
    project = await desk.row("projects", "Driver app")

    await Stage(desk, looking_at=f"project {project['id']}").say("create a task Fix the door")

    assert (await desk.row("tasks", "Fix the door"))["projectId"] == project["id"]
