"""Changes to rows of the sample data. A case: the words, table and title of the row, and what it holds afterwards."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest

from tests.offline.desk import ZONE, Desk
from tests.offline.stage import Stage

Row = dict[str, Any]
NEWSLETTER = "Draft the newsletter"
CASES: tuple[tuple[str, str, str, Row], ...] = (
    ("mark Draft the newsletter as done", "tasks", NEWSLETTER, {"status": "done"}),
    ("Mark the task draft the newsletter as completed.", "tasks", NEWSLETTER, {"status": "done"}),
    ('mark "Draft the newsletter" done', "tasks", NEWSLETTER, {"status": "done"}),
    ("mark newsletter as done", "tasks", NEWSLETTER, {"status": "done"}),
    ("complete Draft the newsletter", "tasks", NEWSLETTER, {"status": "done"}),
    ("finish the newsletter task", "tasks", NEWSLETTER, {"status": "done"}),
    ("I finished Draft the newsletter", "tasks", NEWSLETTER, {"status": "done"}),
    ("I'm done with Draft the newsletter", "tasks", NEWSLETTER, {"status": "done"}),
    ("I've finished Draft the newsletter", "tasks", NEWSLETTER, {"status": "done"}),
    ("Draft the newsletter is done", "tasks", NEWSLETTER, {"status": "done"}),
    ("check off Draft the newsletter", "tasks", NEWSLETTER, {"status": "done"}),
    ("set the status of Draft the newsletter to done", "tasks", NEWSLETTER, {"status": "done"}),
    ("move Draft the newsletter to done", "tasks", NEWSLETTER, {"status": "done"}),
    ("start Renew the domain names", "tasks", "Renew the domain names", {"status": "in_progress"}),
    ("mark Renew the domain names as in progress", "tasks", "Renew the domain names", {"status": "in_progress"}),
    ("I'm working on Renew the domain names", "tasks", "Renew the domain names", {"status": "in_progress"}),
    ("start the task Renew the domain names", "tasks", "Renew the domain names", {"status": "in_progress"}),
    ("make the task Draft the newsletter high priority", "tasks", NEWSLETTER, {"priority": "high"}),
    ("reopen Book the photographer", "tasks", "Book the photographer", {"status": "todo"}),
    ("change Draft the newsletter to todo", "tasks", NEWSLETTER, {"status": "todo"}),
    ("set the priority of Draft the newsletter to low", "tasks", NEWSLETTER, {"priority": "low"}),
    ("make Draft the newsletter high priority", "tasks", NEWSLETTER, {"priority": "high"}),
    ("set Draft the newsletter to high priority", "tasks", NEWSLETTER, {"priority": "high"}),
    ("mark Draft the newsletter as urgent", "tasks", NEWSLETTER, {"priority": "high"}),
    ("give Draft the newsletter low priority", "tasks", NEWSLETTER, {"priority": "low"}),
    ("prioritize Draft the newsletter", "tasks", NEWSLETTER, {"priority": "high"}),
    ("assign Draft the newsletter to Ana", "tasks", NEWSLETTER, {"assignee": '["Ana"]'}),
    ("set the description of Draft the newsletter to Two pages", "tasks", NEWSLETTER, {"description": "Two pages"}),
    ("rename Draft the newsletter to Write the newsletter", "tasks", "Write the newsletter", {"status": "in_progress"}),
    ("change the title of Draft the newsletter to “News, and more”", "tasks", "News, and more", {}),
    ("rename Driver app to Courier app", "projects", "Courier app", {"status": "active"}),
    ("rename the project Driver app to Courier app", "projects", "Courier app", {}),
    ("archive Spring campaign", "projects", "Spring campaign", {"status": "archived"}),
    ("archive the project Spring campaign", "projects", "Spring campaign", {"status": "archived"}),
    ("restore project Warehouse signage", "projects", "Warehouse signage", {"status": "active"}),
    ("set the summary of project Driver app to Phones only", "projects", "Driver app", {"aiSummary": "Phones only"}),
    ("rename client Casa Verde to Casa Blu", "clients", "Casa Blu", {"industry": "Real estate"}),
    ("set the industry of Casa Verde to Housing", "clients", "Casa Verde", {"industry": "Housing"}),
    ("approve the milestone Go-live", "timelines", "Go-live", {"isApproved": 1}),
    ("rename the milestone Go-live to Launch", "timelines", "Launch", {}),
    ("rename the note Ideas to Good ideas", "notes", "Good ideas", {}),
    ("replace the content of the note Ideas with none left", "notes", "Ideas", {"content": "none left"}),
)


@pytest.mark.parametrize(("words", "table", "title", "wanted"), CASES, ids=[case[0] for case in CASES])
async def test_a_row_is_changed_as_it_was_told(
    stage: Stage, desk: Desk, words: str, table: str, title: str, wanted: Row
) -> None:
    turn = await stage.say(words)

    row = await desk.row(table, title)
    assert wanted.items() <= row.items()
    assert f"[{row['id']}]" in turn.text
    assert len([name for name in turn.tools if name.startswith("update")]) == 1


@pytest.mark.parametrize(
    ("words", "days", "clock"),
    [
        ("postpone Draft the newsletter to tomorrow", 1, time(0)),
        ("move Draft the newsletter to tomorrow at 10am", 1, time(10)),
        ("reschedule Draft the newsletter for today at 18:15", 0, time(18, 15)),
        ("change the due date of Draft the newsletter to in 5 days", 5, time(0)),
        ("Draft the newsletter is due tomorrow", 1, time(0)),
        ("make Draft the newsletter due tomorrow", 1, time(0)),
        ("postpone Draft the newsletter by 3 days", 4, time(14)),
        ("push Draft the newsletter by a week", 8, time(14)),
    ],
)
async def test_a_task_is_moved_in_time(stage: Stage, desk: Desk, words: str, days: int, clock: time) -> None:
    before = desk.now.date() + timedelta(days=1)
    assert datetime.fromtimestamp((await desk.row("tasks", NEWSLETTER))["dueDate"] / 1000, ZONE).date() == before

    await stage.say(words)

    due = (await desk.row("tasks", NEWSLETTER))["dueDate"]
    assert datetime.fromtimestamp(due / 1000, ZONE) == datetime.combine(
        desk.now.date() + timedelta(days=days), clock, ZONE
    )


async def test_a_milestone_is_moved_without_saying_that_it_is_one(stage: Stage, desk: Desk) -> None:
    await stage.say("move Go-live to tomorrow")

    moved = datetime.fromtimestamp((await desk.row("timelines", "Go-live"))["date"] / 1000, ZONE)
    assert moved.date() == desk.now.date() + timedelta(days=1)


@pytest.mark.parametrize(
    "words",
    [
        "move Draft the newsletter to project Driver app",
        "put Draft the newsletter into the Driver app project",
        "move Draft the newsletter to Driver app",
        "add the task Draft the newsletter to project Driver app",
    ],
)
async def test_a_task_is_moved_to_a_project(stage: Stage, desk: Desk, words: str) -> None:
    await stage.say(words)

    assert (await desk.row("tasks", NEWSLETTER))["projectId"] == (await desk.row("projects", "Driver app"))["id"]


async def test_a_client_gets_a_parent(stage: Stage, desk: Desk) -> None:
    await stage.say("make Casa Verde a subsidiary of Northwind Coffee")

    assert (await desk.row("clients", "Casa Verde"))["parentId"] == (await desk.row("clients", "Northwind Coffee"))[
        "id"
    ]


@pytest.mark.parametrize(
    ("words", "table", "title"),
    [
        ("delete Draft the newsletter", "tasks", NEWSLETTER),
        ("remove the task Draft the newsletter", "tasks", NEWSLETTER),
        ("get rid of Draft the newsletter", "tasks", NEWSLETTER),
        ("delete the project Warehouse signage", "projects", "Warehouse signage"),
        ("delete the milestone Workshop", "timelines", "Workshop"),
        ("delete the note Ideas", "notes", "Ideas"),
        ("delete client Casa Verde", "clients", "Casa Verde"),
    ],
)
async def test_a_row_is_deleted(stage: Stage, desk: Desk, words: str, table: str, title: str) -> None:
    turn = await stage.say(words)

    shown = "name" if table in ("projects", "clients") else "title"
    assert title not in [each[shown] for each in await desk.rows(table)]
    assert turn.text.startswith("Deleted the ")
    assert title in turn.text


@pytest.mark.parametrize(
    "words", ["delete all my tasks", "mark all tasks as done", "delete everything", "archive them all"]
)
async def test_nothing_is_changed_wholesale(stage: Stage, words: str) -> None:
    turn = await stage.say(words)

    assert not turn.calls
    assert "one thing at a time" in turn.text or "not understand" in turn.text


@pytest.mark.parametrize(
    "words",
    [
        "add a comment to Draft the newsletter: looks good, and short",
        'add a comment "looks good, and short" to Draft the newsletter',
        "comment on Draft the newsletter: looks good, and short",
        "leave a comment on the task Draft the newsletter saying looks good, and short",
    ],
)
async def test_a_comment_is_added(stage: Stage, desk: Desk, words: str) -> None:
    await stage.say(words)

    task = await desk.row("tasks", NEWSLETTER)
    assert [each["content"] for each in await desk.rows("taskComments", taskId=task["id"])] == ["looks good, and short"]


async def test_the_last_comment_is_deleted(stage: Stage, desk: Desk) -> None:
    turn = await stage.say("delete the last comment on Deploy the shop to staging")

    task = await desk.row("tasks", "Deploy the shop to staging")
    assert [each["author"] for each in await desk.rows("taskComments", taskId=task["id"])] == ["Ben"]
    assert "Second try looks good" in turn.text


@pytest.mark.parametrize(
    "words",
    ['append "more logos" to the note Ideas', "add to the note Ideas: more logos", "add more logos to the note Ideas"],
)
async def test_a_note_is_read_before_something_is_added(stage: Stage, desk: Desk, words: str) -> None:
    before = (await desk.row("notes", "Ideas"))["content"].strip()

    turn = await stage.say(words)

    assert (await desk.row("notes", "Ideas"))["content"] == f"{before}\n\nmore logos"
    assert turn.tools[-2:] == ["get_note", "update_note"]


async def test_two_wishes_of_one_message_are_both_done(stage: Stage, desk: Desk) -> None:
    await stage.say("mark Draft the newsletter as done and create a task Send the newsletter")

    assert (await desk.row("tasks", NEWSLETTER))["status"] == "done"
    assert (await desk.row("tasks", "Send the newsletter"))["status"] == "todo"


async def test_of_two_tasks_with_one_name_the_open_one_is_finished(stage: Stage, desk: Desk) -> None:
    for status in ("done", "todo"):
        await desk.use("create_task", {"title": "Buy milk", "status": status})

    turn = await stage.say("mark Buy milk as done")

    assert [each["status"] for each in await desk.rows("tasks", search="Buy milk")] == ["done", "done"]
    assert "Done" in turn.text
