"""The tools of comments on tasks."""

from zoneinfo import ZoneInfo

from langgraph.prebuilt import ToolRuntime

from app.assistant.context import TurnContext
from app.assistant.desk import Desk
from app.assistant.tools import sentences
from app.assistant.tools.arguments import needed
from app.assistant.tools.declaring import reading, writing
from app.assistant.tools.reading import list_told
from app.assistant.tools.telling import COMMENT, TASK, called, deleted, missing, quoted, stored, told
from app.devices.tables import Row


async def list_task_comments(runtime: ToolRuntime[TurnContext], task_id: str) -> str:
    """List the comments on a task, oldest first."""
    turn = runtime.context
    mine = {"taskId": needed("task_id", task_id)}
    listing = await list_told(turn.desk(runtime.tool_call_id), turn.zone, COMMENT, mine)
    return turn.outside_rows("comments", listing)


async def add_task_comment(runtime: ToolRuntime[TurnContext], task_id: str, content: str, author: str = "") -> str:
    """Add a comment to a task."""
    values = {"taskId": needed("task_id", task_id), "content": needed("content", content)}
    if author:
        values["author"] = author
    row = await runtime.context.desk(runtime.tool_call_id).insert("taskComments", values)
    return stored("Created", COMMENT, told(row, runtime.context.zone))


async def delete_task_comment(runtime: ToolRuntime[TurnContext], comment_id: str) -> str:
    """Delete a comment."""
    desk = runtime.context.desk(runtime.tool_call_id)
    row = await desk.get("taskComments", needed("comment_id", comment_id))
    is_gone = row is not None and await desk.delete("taskComments", comment_id)
    return deleted(COMMENT, row) if row and is_gone else missing(COMMENT, comment_id)


async def _creation(desk: Desk, args: Row, _zone: ZoneInfo) -> str:
    content = needed("content", args["content"])
    task_id = needed("task_id", args["task_id"])
    task = await desk.get("tasks", task_id)
    return f"Comment on the task {called(TASK, task or {'title': task_id})}: {quoted(content)}"


async def _deletion(desk: Desk, args: Row, _zone: ZoneInfo) -> str | None:
    return await sentences.deletion(desk, COMMENT, needed("comment_id", args["comment_id"]))


COMMENT_TOOLS = (
    reading(list_task_comments, "Reading the comments on a task"),
    writing(add_task_comment, "Commenting on a task", "insert", "taskComments", _creation),
    writing(delete_task_comment, "Deleting a comment", "delete", "taskComments", _deletion),
)
