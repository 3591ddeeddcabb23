"""The tools of tasks."""

from zoneinfo import ZoneInfo

from langgraph.prebuilt import ToolRuntime

from app.assistant.context import TurnContext
from app.assistant.desk import Desk
from app.assistant.tools import sentences
from app.assistant.tools.arguments import NOT_GIVEN, PRIORITIES, STATUSES, needed, one_of, ordering
from app.assistant.tools.changes import Columns
from app.assistant.tools.dates import today
from app.assistant.tools.declaring import reading, writing
from app.assistant.tools.reading import list_told
from app.assistant.tools.telling import COMMENT, TASK, deleted, missing, stored, told
from app.devices.tables import Row

ORDERED_BY = (
    "dueDate",
    "priority",
    "status",
    "title",
    "createdAt",
    "description",
    "assignee",
    "projectId",
    "isAiSuggested",
    "isApproved",
    "id",
)


async def list_tasks(
    runtime: ToolRuntime[TurnContext], project_id: str = "", status: str = "", search: str = "", order_by: str = ""
) -> str:
    """List tasks. status: todo, in_progress, done. search: part of title or description. order_by: column, -column
    descending."""
    filters: Row = {"projectId": project_id, "search": search}
    if status:
        filters["status"] = one_of("status", status, STATUSES)
    if order_by:
        filters["orderBy"] = ordering(order_by, ORDERED_BY)
    given = {name: value for name, value in filters.items() if value}
    return await list_told(runtime.context.desk(runtime.tool_call_id), runtime.context.zone, TASK, given)


async def list_tasks_due_today(runtime: ToolRuntime[TurnContext]) -> str:
    """List the tasks due today, of every status."""
    turn = runtime.context
    start, end = today(turn.now, turn.zone)
    filters = {"dueDateFrom": start, "dueDateTo": end, "orderBy": "dueDate"}
    return await list_told(turn.desk(runtime.tool_call_id), turn.zone, TASK, filters)


async def create_task(
    runtime: ToolRuntime[TurnContext],
    title: str,
    description: str = "",
    status: str = "todo",
    priority: str = "medium",
    assignees: str = "",
    due_date: int = NOT_GIVEN,
    project_id: str = "",
    is_ai_suggested: int = 0,
    is_approved: int = 0,
) -> str:
    """Create a task. priority: high, medium, low. assignees: JSON array of names. due_date: ms."""
    values = _columns(
        title=needed("title", title),
        description=description,
        status=status,
        priority=priority,
        assignees=assignees,
        due_date=due_date,
        project_id=project_id,
        is_ai_suggested=is_ai_suggested,
        is_approved=is_approved,
    ).for_insert()
    row = await runtime.context.desk(runtime.tool_call_id).insert("tasks", values)
    return stored("Created", TASK, told(row, runtime.context.zone))


async def update_task(
    runtime: ToolRuntime[TurnContext],
    task_id: str,
    title: str = "",
    description: str = "",
    status: str = "",
    priority: str = "",
    assignees: str = "",
    due_date: int = NOT_GIVEN,
    project_id: str = "",
    is_ai_suggested: int = NOT_GIVEN,
    is_approved: int = NOT_GIVEN,
) -> str:
    """Change the given fields of a task. To empty one: due_date 0; "none" for description, assignees, project_id."""
    updates = _columns(
        title=title,
        description=description,
        status=status,
        priority=priority,
        assignees=assignees,
        due_date=due_date,
        project_id=project_id,
        is_ai_suggested=is_ai_suggested,
        is_approved=is_approved,
    ).for_update()
    row = await runtime.context.desk(runtime.tool_call_id).update("tasks", needed("task_id", task_id), updates)
    return stored("Updated", TASK, told(row, runtime.context.zone)) if row else missing(TASK, task_id)


async def delete_task(runtime: ToolRuntime[TurnContext], task_id: str) -> str:
    """Delete a task and its comments."""
    desk = runtime.context.desk(runtime.tool_call_id)
    row = await desk.get("tasks", needed("task_id", task_id))
    is_gone = row is not None and await desk.delete("tasks", task_id)
    return deleted(TASK, row) if row and is_gone else missing(TASK, task_id)


def _columns(
    *,
    title: str,
    description: str,
    status: str,
    priority: str,
    assignees: str,
    due_date: int,
    project_id: str,
    is_ai_suggested: int,
    is_approved: int,
) -> Columns:
    columns = Columns().named("title", title).text("description", description, may_clear=True)
    columns.choice("status", status, STATUSES).choice("priority", priority, PRIORITIES).assignees(assignees)
    columns.date("dueDate", "due_date", due_date).text("projectId", project_id, may_clear=True)
    columns.flag("isAiSuggested", "is_ai_suggested", is_ai_suggested)
    return columns.flag("isApproved", "is_approved", is_approved)


async def _creation(desk: Desk, args: Row, zone: ZoneInfo) -> str:
    needed("title", args["title"])
    return await sentences.creation(desk, TASK, _columns(**args).for_insert(), zone)


async def _change(desk: Desk, args: Row, zone: ZoneInfo) -> str | None:
    task_id = needed("task_id", args.pop("task_id"))
    return await sentences.change(desk, TASK, task_id, _columns(**args).for_update(), zone)


async def _deletion(desk: Desk, args: Row, _zone: ZoneInfo) -> str | None:
    sentence = await sentences.deletion(desk, TASK, needed("task_id", args["task_id"]))
    if sentence is None:
        return None
    comments = len(await desk.select("taskComments", {"taskId": args["task_id"]}))
    return f"{sentence} and its {COMMENT.counted(comments)}" if comments else sentence


TASK_TOOLS = (
    reading(list_tasks, "Looking at your tasks"),
    writing(create_task, "Creating a task", "insert", "tasks", _creation),
    writing(update_task, "Changing a task", "update", "tasks", _change),
    writing(delete_task, "Deleting a task", "delete", "tasks", _deletion),
    reading(list_tasks_due_today, "Looking at what is due today"),
)
