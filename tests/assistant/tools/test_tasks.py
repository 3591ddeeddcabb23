import json
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.devices.outcomes import DeviceRefused
from tests.assistant.tools.at_home import ROME, Home

DUE = 1_795_302_000_000  # Sun 2026-11-22, midnight in Rome


def told(text: str) -> list[dict[str, Any]]:
    """The JSON lines of a result."""
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


async def test_a_list_has_a_count_and_a_line_for_each_task(home: Home) -> None:
    project = await home.add("projects", name="Dairy")
    task = await home.add(
        "tasks", title="Buy milk", priority="high", dueDate=DUE, projectId=project, assignee='["Anna"]', description=""
    )
    first, line = (await home.use("list_tasks")).splitlines()
    assert first == "1 task."
    row = json.loads(line)
    assert row.pop("created")
    assert row == {
        "id": task, "title": "Buy milk", "status": "todo", "priority": "high", "assignees": ["Anna"],
        "due": "Sun 2026-11-22", "due_date": DUE, "project": "Dairy", "project_id": project,
    }  # fmt: skip
    assert len(home.tables.asked) == 2


async def test_no_tasks_are_told_as_none(home: Home) -> None:
    assert await home.use("list_tasks") == "No tasks."


async def test_tasks_are_filtered_and_ordered_on_the_device(home: Home) -> None:
    project = await home.add("projects", name="P")
    await home.add("tasks", title="b milk", status="done", projectId=project)
    await home.add("tasks", title="a milk", status="done", projectId=project)
    await home.add("tasks", title="c milk", status="done")
    await home.add("tasks", title="d milk", projectId=project)
    await home.add("tasks", title="e bread", status="done", projectId=project)
    text = await home.use("list_tasks", project_id=project, status="Done", search="MILK", order_by="title")
    assert [row["title"] for row in told(text)] == ["a milk", "b milk"]
    assert home.sent("select")[0].filters == {
        "projectId": project, "status": "done", "search": "MILK", "orderBy": "title"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("order_by", "column"),
    [("due_date", "dueDate"), ("-due_date", "-dueDate"), ("-dueDate", "-dueDate"), ("created_at", "createdAt")],
)
async def test_an_order_may_be_written_in_either_case(home: Home, order_by: str, column: str) -> None:
    await home.use("list_tasks", order_by=order_by)
    assert home.sent("select")[0].filters == {"orderBy": column}


async def test_of_many_tasks_a_hundred_are_told_and_all_counted(home: Home) -> None:
    for number in range(104):
        await home.add("tasks", title=f"task {number}")
    text = await home.use("list_tasks")
    assert text.startswith("100 of 104 tasks; narrow the search to see the others.\n")
    assert len(told(text)) == 100


async def test_a_device_with_more_than_it_may_send_is_asked_for_less(home: Home) -> None:
    for number in range(30):
        await home.add("tasks", title=f"task {number}", description="x" * 40_000)
    text = await home.use("list_tasks")
    assert text.startswith("20 of at least 20 tasks; narrow the search")
    assert [call.limit for call in home.sent("select")] == [1000, 100, 20]
    assert told(text)[0]["description"] == "x" * 200 + "…"


async def test_a_line_break_of_any_kind_stays_inside_its_line(home: Home) -> None:
    await home.add("tasks", title="one\ntwo\u2028three\u0085four")
    (row,) = told(await home.use("list_tasks"))
    assert row["title"] == "one\ntwo\u2028three\u0085four"


async def test_tasks_are_told_without_project_names_when_those_cannot_be_had(home: Home) -> None:
    project = await home.add("projects", name="P")
    task = await home.add("tasks", title="T", projectId=project)
    select = home.tables.select

    async def no_projects(table: str, *args: Any, **kwargs: Any) -> Any:
        if table == "projects":
            raise DeviceRefused("no")
        return await select(table, *args, **kwargs)

    home.tables.select = no_projects  # type: ignore[method-assign]
    assert [(row["id"], row.get("project")) for row in told(await home.use("list_tasks"))] == [(task, None)]


@pytest.mark.parametrize(
    ("now", "hours"),
    [
        (datetime(2026, 3, 29, 12, tzinfo=ROME), 23),
        (datetime(2026, 10, 25, 12, tzinfo=ROME), 25),
        (datetime(2026, 11, 21, 0, 5, tzinfo=ROME), 24),
        (datetime(2026, 11, 21, 23, 55, tzinfo=ROME), 24),
        (datetime(2026, 3, 8, 12, tzinfo=ZoneInfo("America/New_York")), 23),
    ],
)
async def test_today_is_the_users_day_however_long(home: Home, now: datetime, hours: int) -> None:
    zone = now.tzinfo
    assert isinstance(zone, ZoneInfo)
    home.turn = replace(home.turn, now=now, zone=zone)
    start = int(datetime(now.year, now.month, now.day, tzinfo=zone).timestamp() * 1000)
    end = start + hours * 3_600_000
    for title, due in (("before", start - 1), ("first", start), ("last", end - 1), ("after", end)):
        await home.add("tasks", title=title, dueDate=due)
    assert [row["title"] for row in told(await home.use("list_tasks_due_today"))] == ["first", "last"]


async def test_a_task_is_created_with_everything_given(home: Home) -> None:
    project = await home.add("projects", name="P")
    text = await home.use(
        "create_task",
        title="Buy milk",
        description="two litres",
        status="in progress",
        priority="High",
        assignees='["Anna", "Béa"]',
        due_date=DUE,
        project_id=project,
        is_ai_suggested=1,
        is_approved=1,
    )
    row = home.row("tasks")
    assert text.startswith("Created the task.\n{")
    assert told(text)[0]["id"] == row["id"]
    del row["id"], row["createdAt"]
    assert row == {
        "projectId": project, "title": "Buy milk", "description": "two litres", "status": "in_progress",
        "priority": "high", "assignee": '["Anna", "Béa"]', "dueDate": DUE, "isAiSuggested": 1, "isApproved": 1,
    }  # fmt: skip
    assert [(each.action, each.table) for each in home.turn.noted.mutations] == [("insert", "tasks")]


async def test_a_task_needs_no_more_than_a_title(home: Home) -> None:
    await home.use("create_task", title="Buy milk", due_date=-1, assignees="", project_id="")
    row = home.row("tasks")
    assert (row["status"], row["priority"], row["isAiSuggested"], row["isApproved"]) == ("todo", "medium", 0, 0)
    assert [row[name] for name in ("dueDate", "assignee", "projectId", "description")] == [None] * 4


@pytest.mark.parametrize(
    ("field", "value", "column", "stored"),
    [
        ("title", "Oat milk", "title", "Oat milk"),
        ("description", "new", "description", "new"),
        ("status", "done", "status", "done"),
        ("priority", "low", "priority", "low"),
        ("assignees", '["Ben"]', "assignee", '["Ben"]'),
        ("due_date", DUE + 1, "dueDate", DUE + 1),
        ("is_ai_suggested", 1, "isAiSuggested", 1),
        ("is_approved", 1, "isApproved", 1),
        ("is_approved", 0, "isApproved", 0),
        ("due_date", 0, "dueDate", None),
        ("description", "none", "description", None),
        ("assignees", "none", "assignee", None),
        ("project_id", "none", "projectId", None),
    ],
)
async def test_an_update_changes_what_is_given_and_nothing_else(
    home: Home, field: str, value: Any, column: str, stored: Any
) -> None:
    project = await home.add("projects", name="P")
    task = await home.add(
        "tasks", title="Milk", description="d", assignee='["A"]', dueDate=DUE, projectId=project, isApproved=1
    )
    before = home.row("tasks")
    text = await home.use("update_task", task_id=task, **{field: value})
    assert text.startswith("Updated the task.\n{")
    assert home.row("tasks") == before | {column: stored}
    assert len(home.tables.asked) == 1


async def test_a_task_moves_to_another_project(home: Home) -> None:
    project, task = await home.add("projects", name="P"), await home.add("tasks", title="T")
    await home.use("update_task", task_id=task, project_id=project)
    assert home.row("tasks")["projectId"] == project


@pytest.mark.parametrize(
    ("tool", "args", "error"),
    [
        ("list_tasks", {"status": "finished"}, "status must be one of todo, in_progress, done, not “finished”."),
        ("list_tasks", {"order_by": "colour"}, "order_by must be a column"),
        ("create_task", {"title": " "}, "title must not be empty."),
        ("create_task", {"title": "T", "status": "x"}, "status must be one of"),
        (
            "create_task",
            {"title": "T", "priority": "urgent"},
            "priority must be one of high, medium, low, not “urgent”.",
        ),
        ("create_task", {"title": "T", "assignees": "Anna"}, "assignees must be a JSON array of strings"),
        ("create_task", {"title": "T", "assignees": "[1]"}, "assignees must be a JSON array of strings"),
        ("create_task", {"title": "T", "assignees": "[" * 100_000}, "assignees must be a JSON array of strings"),
        ("create_task", {"title": "T", "due_date": -5}, "due_date must be milliseconds"),
        ("create_task", {"title": "T", "is_approved": 2}, "is_approved must be 0 or 1, not 2."),
        ("create_task", {"title": "T", "is_ai_suggested": 7}, "is_ai_suggested must be 0 or 1, not 7."),
        ("update_task", {"task_id": "x"}, "nothing to update"),
        ("update_task", {"task_id": "", "title": "T"}, "task_id must not be empty."),
        ("update_task", {"task_id": "x", "title": "  "}, "title must not be empty."),
        ("delete_task", {"task_id": ""}, "task_id must not be empty."),
        ("list_task_comments", {"task_id": ""}, "task_id must not be empty."),
        ("add_task_comment", {"task_id": "x", "content": ""}, "content must not be empty."),
        ("delete_task_comment", {"comment_id": " "}, "comment_id must not be empty."),
    ],
)
async def test_a_wrong_argument_is_told_and_the_device_not_asked(
    home: Home, tool: str, args: dict[str, Any], error: str
) -> None:
    text = await home.use(tool, **args)
    assert text.startswith(f"Error: {error}")
    assert len(text) < 400
    assert home.tables.asked == []


@pytest.mark.parametrize(
    ("tool", "args"),
    [("update_task", {"task_id": "x", "title": "T"}), ("delete_task", {"task_id": "x"})],
)
async def test_an_unknown_id_is_told(home: Home, tool: str, args: dict[str, Any]) -> None:
    assert await home.use(tool, **args) == "No task has the id x. List first to find the id."
    assert home.turn.noted.mutations == []


async def test_a_task_is_deleted_by_its_name(home: Home) -> None:
    task, kept = await home.add("tasks", title="Buy milk"), await home.add("tasks", title="Buy bread")
    assert await home.use("delete_task", task_id=task) == "Deleted the task “Buy milk”."
    assert home.row("tasks")["id"] == kept


async def test_comments_are_added_listed_and_deleted(home: Home) -> None:
    task, other = await home.add("tasks", title="T"), await home.add("tasks", title="U")
    await home.add("taskComments", taskId=other, content="elsewhere")
    assert (await home.use("add_task_comment", task_id=task, author="Anna", content="Call first")).startswith(
        "Created the comment.\n"
    )
    text = await home.use("list_task_comments", task_id=task)
    (row,) = told(text)
    assert text.startswith("1 comment.\n")
    assert (row["author"], row["content"], row["task_id"]) == ("Anna", "Call first", task)
    assert await home.use("delete_task_comment", comment_id=row["id"]) == "Deleted the comment “Call first”."
    assert await home.use("delete_task_comment", comment_id=row["id"]) == (
        f"No comment has the id {row['id']}. List first to find the id."
    )
    assert [each["content"] for each in home.database.rows("taskComments")] == ["elsewhere"]


async def test_a_comment_needs_no_author(home: Home) -> None:
    task = await home.add("tasks", title="T")
    await home.use("add_task_comment", task_id=task, content="c")
    assert home.row("taskComments")["author"] is None


async def test_an_error_of_the_device_is_left_to_whoever_called(home: Home) -> None:
    with pytest.raises(DeviceRefused, match="There is no project with id"):
        await home.use("create_task", title="T", project_id="made-up")
    assert home.turn.noted.mutations == []
