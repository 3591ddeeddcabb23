"""What is said after a title, in the orders and joints people say it. A case: the words and what the row holds."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from app.offline.reading import read
from tests.offline.desk import ZONE, Desk
from tests.offline.stage import Stage

NOW = datetime(2026, 11, 21, 12, tzinfo=ZONE)  # a Saturday
TOMORROW, FRIDAY = date(2026, 11, 22), date(2026, 11, 27)


def _due(day: date, clock: time = time()) -> int:
    return round(datetime.combine(day, clock, ZONE).astimezone(UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("words", "details"),
    [
        ("Create a task called Alpha with due date tomorrow", {"due": _due(TOMORROW)}),
        ('Create a task "Alpha" with due date 2026-11-27', {"due": _due(FRIDAY)}),
        ("create a task Alpha with a due date of Friday and high priority", {"due": _due(FRIDAY), "priority": "high"}),
        (
            "create a task called Alpha with high priority and due date tomorrow",
            {"due": _due(TOMORROW), "priority": "high"},
        ),
        ("create a task Alpha, due date: tomorrow", {"due": _due(TOMORROW)}),
        ("create a task Alpha and the deadline is Friday", {"due": _due(FRIDAY)}),
        ("create a task Alpha that is due on Friday", {"due": _due(FRIDAY)}),
        ("new task Alpha deadline Friday", {"due": _due(FRIDAY)}),
        ("create a task with the title Alpha and the priority high", {"priority": "high"}),
        (
            "create a task called Alpha due today at 5pm, urgent",
            {"due": _due(NOW.date(), time(17)), "priority": "high"},
        ),
        ("Create task: Alpha. Due tomorrow. High priority.", {"due": _due(TOMORROW), "priority": "high"}),
        ("Create a task called Alpha. Due Friday. Assigned to Ana.", {"due": _due(FRIDAY), "assignees": ["Ana"]}),
        (
            "create a task called Alpha, assigned to Ana and Ben, project Rocket",
            {"assignees": ["Ana", "Ben"], "project": "Rocket"},
        ),
        (
            "create a task called Alpha, project Rocket, assigned to Ana, Ben & Carla",
            {"assignees": ["Ana", "Ben", "Carla"], "project": "Rocket"},
        ),
        (
            'create a task Alpha with description "Call, then write" and low priority',
            {"description": "Call, then write", "priority": "low"},
        ),
        ("add Alpha to my tasks for tomorrow", {"due": _due(TOMORROW)}),
        ("add a task to project Rocket called Alpha", {"project": "Rocket"}),
        ("add a task to the Rocket project: Alpha, due tomorrow", {"project": "Rocket", "due": _due(TOMORROW)}),
    ],
)
def test_a_title_is_told_from_what_is_said_of_it(words: str, details: dict[str, Any]) -> None:
    (wish,) = read(words, NOW).wishes

    assert dict(wish.details) == {"title": "Alpha"} | details


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("create a task Turn the light on tomorrow", "Turn the light on"),
        ("create a task Set the date tomorrow", "Set the date"),
        ("create a task Get vitamin A tomorrow", "Get vitamin A"),
        ("create a task Call Acme Inc. Due tomorrow.", "Call Acme Inc."),
        ("create a client called Acme Inc.", "Acme Inc."),
        ("create a client Acme Inc. in the toys industry", "Acme Inc."),
        ("rename client Acme to Acme Inc.", "Acme Inc."),
        ('create a task called "Alpha due tomorrow"', "Alpha due tomorrow"),
    ],
)
def test_what_belongs_to_a_title_stays_in_it(words: str, title: str) -> None:
    (wish,) = read(words, NOW).wishes

    assert wish.text("title") == title


@pytest.mark.parametrize(
    ("words", "table", "title"),
    [
        ("create a task called Alpha for Driver app", "tasks", "Alpha"),
        ("create a task Prepare slides in Driver app due Friday", "tasks", "Prepare slides"),
        ("add a task to Driver app: Fix the login", "tasks", "Fix the login"),
        ("add a task to Driver app called Fix the login", "tasks", "Fix the login"),
        ("create a note for project Driver app called Alpha: hello", "notes", "Alpha"),
        ("add a note called Alpha in driver app", "notes", "Alpha"),
        ("create a task called Alpha, assigned to Ana and Ben, project Driver app", "tasks", "Alpha"),
    ],
)
async def test_what_is_new_goes_into_the_project_that_bears_the_name(
    stage: Stage, desk: Desk, words: str, table: str, title: str
) -> None:
    turn = await stage.say(words)

    assert (await desk.row(table, title))["projectId"] == (await desk.row("projects", "Driver app"))["id"]
    assert "in Driver app" in turn.text


@pytest.mark.parametrize("title", ["Alpha for Nowhere", "Look for a driver in Rome", "Write to app drivers"])
async def test_without_such_a_project_a_title_stays_whole(stage: Stage, desk: Desk, title: str) -> None:
    await stage.say(f"create a task {title}")

    assert "projectId" not in {key for key, value in (await desk.row("tasks", title)).items() if value}


async def test_a_note_keeps_its_text_when_its_project_is_named_first(stage: Stage, desk: Desk) -> None:
    await stage.say("create a note for project Driver app called Alpha: hello")

    assert (await desk.row("notes", "Alpha"))["content"] == "hello"


async def test_a_quotation_is_no_place(stage: Stage, desk: Desk) -> None:
    turn = await stage.say('create a task called "Alpha for Driver app"')

    assert await desk.row("tasks", "Alpha for Driver app")
    assert turn.tools == ["create_task"]


async def test_the_time_of_a_due_date_is_kept(stage: Stage, desk: Desk) -> None:
    await stage.say("create a task called Alpha due tomorrow at 5pm, urgent")

    row = await desk.row("tasks", "Alpha")
    due = datetime.combine(desk.now.date() + timedelta(days=1), time(17), ZONE)
    assert (row["dueDate"], row["priority"]) == (round(due.timestamp() * 1000), "high")
