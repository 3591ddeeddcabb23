"""The tools of milestones, which the device keeps in its table `timelines`."""

from zoneinfo import ZoneInfo

from langgraph.prebuilt import ToolRuntime

from app.assistant.context import TurnContext
from app.assistant.desk import Desk
from app.assistant.tools import sentences
from app.assistant.tools.arguments import NOT_GIVEN, needed
from app.assistant.tools.changes import Columns
from app.assistant.tools.declaring import reading, writing
from app.assistant.tools.reading import list_told
from app.assistant.tools.telling import MILESTONE, deleted, missing, stored, told
from app.devices.tables import Row


async def list_timelines(runtime: ToolRuntime[TurnContext], project_id: str = "") -> str:
    """List milestones by date, of one project or of all."""
    filters = {"orderBy": "date"} | ({"projectId": project_id} if project_id else {})
    return await list_told(runtime.context.desk(runtime.tool_call_id), runtime.context.zone, MILESTONE, filters)


async def create_timeline(
    runtime: ToolRuntime[TurnContext],
    project_id: str,
    title: str,
    date: int = NOT_GIVEN,
    is_ai_suggested: int = 0,
    is_approved: int = 0,
) -> str:
    """Create a milestone of a project. date: ms."""
    values = _columns(title=needed("title", title), date=date, is_approved=is_approved)
    values.flag("isAiSuggested", "is_ai_suggested", is_ai_suggested)
    row = await runtime.context.desk(runtime.tool_call_id).insert(
        "timelines", {"projectId": needed("project_id", project_id)} | values.for_insert()
    )
    return stored("Created", MILESTONE, told(row, runtime.context.zone))


async def update_timeline(
    runtime: ToolRuntime[TurnContext],
    timeline_id: str,
    title: str = "",
    date: int = NOT_GIVEN,
    is_approved: int = NOT_GIVEN,
) -> str:
    """Change the given fields of a milestone. date: ms, 0 for none."""
    updates = _columns(title=title, date=date, is_approved=is_approved).for_update()
    desk = runtime.context.desk(runtime.tool_call_id)
    row = await desk.update("timelines", needed("timeline_id", timeline_id), updates)
    return stored("Updated", MILESTONE, told(row, runtime.context.zone)) if row else missing(MILESTONE, timeline_id)


async def delete_timeline(runtime: ToolRuntime[TurnContext], timeline_id: str) -> str:
    """Delete a milestone."""
    desk = runtime.context.desk(runtime.tool_call_id)
    row = await desk.get("timelines", needed("timeline_id", timeline_id))
    is_gone = row is not None and await desk.delete("timelines", timeline_id)
    return deleted(MILESTONE, row) if row and is_gone else missing(MILESTONE, timeline_id)


def _columns(*, title: str, date: int, is_approved: int) -> Columns:
    return Columns().named("title", title).date("date", "date", date).flag("isApproved", "is_approved", is_approved)


async def _creation(desk: Desk, args: Row, zone: ZoneInfo) -> str:
    values = _columns(title=needed("title", args["title"]), date=args["date"], is_approved=args["is_approved"])
    values.flag("isAiSuggested", "is_ai_suggested", args["is_ai_suggested"])
    project = {"projectId": needed("project_id", args["project_id"])}
    return await sentences.creation(desk, MILESTONE, project | values.for_insert(), zone)


async def _change(desk: Desk, args: Row, zone: ZoneInfo) -> str | None:
    timeline_id = needed("timeline_id", args.pop("timeline_id"))
    return await sentences.change(desk, MILESTONE, timeline_id, _columns(**args).for_update(), zone)


async def _deletion(desk: Desk, args: Row, _zone: ZoneInfo) -> str | None:
    return await sentences.deletion(desk, MILESTONE, needed("timeline_id", args["timeline_id"]))


TIMELINE_TOOLS = (
    reading(list_timelines, "Looking at your milestones"),
    writing(create_timeline, "Creating a milestone", "insert", "timelines", _creation),
    writing(update_timeline, "Changing a milestone", "update", "timelines", _change),
    writing(delete_timeline, "Deleting a milestone", "delete", "timelines", _deletion),
)
