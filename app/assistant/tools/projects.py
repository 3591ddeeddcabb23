"""The tools of projects."""

from zoneinfo import ZoneInfo

from langgraph.prebuilt import ToolRuntime

from app.assistant.context import TurnContext
from app.assistant.desk import Desk
from app.assistant.tools import sentences
from app.assistant.tools.arguments import PROJECT_STATUSES, needed
from app.assistant.tools.changes import Columns
from app.assistant.tools.declaring import reading, writing
from app.assistant.tools.reading import list_told, names_of_owners
from app.assistant.tools.telling import PROJECT, deleted, missing, one, stored, told
from app.devices.tables import Row


async def list_projects(
    runtime: ToolRuntime[TurnContext],
    client_id: str = "",
    include_archived: bool = False,  # noqa: FBT001, FBT002 - a model names its arguments
) -> str:
    """List active projects, on wish of one client or with the archived ones."""
    filters: Row = {"clientId": client_id} if client_id else {}
    if include_archived:
        filters["includeArchived"] = True
    return await list_told(runtime.context.desk(runtime.tool_call_id), runtime.context.zone, PROJECT, filters)


async def list_all_projects(runtime: ToolRuntime[TurnContext]) -> str:
    """List every project, archived ones too."""
    desk = runtime.context.desk(runtime.tool_call_id)
    return await list_told(desk, runtime.context.zone, PROJECT, {"includeArchived": True})


async def get_project(runtime: ToolRuntime[TurnContext], project_id: str) -> str:
    """One project with its whole summary."""
    desk = runtime.context.desk(runtime.tool_call_id)
    row = await desk.get("projects", needed("project_id", project_id))
    if row is None:
        return missing(PROJECT, project_id)
    return one(PROJECT, told(row, runtime.context.zone, await names_of_owners(desk, [row])))


async def create_project(runtime: ToolRuntime[TurnContext], name: str, client_id: str = "") -> str:
    """Create a project."""
    values = _columns(name=needed("name", name), client_id=client_id, status="active").for_insert()
    row = await runtime.context.desk(runtime.tool_call_id).insert("projects", values)
    return stored("Created", PROJECT, told(row, runtime.context.zone))


async def update_project(
    runtime: ToolRuntime[TurnContext],
    project_id: str,
    name: str = "",
    client_id: str = "",
    status: str = "",
    ai_summary: str = "",
) -> str:
    """Change the given fields of a project. status: active, archived. To empty client_id or ai_summary: "none"."""
    updates = _columns(name=name, client_id=client_id, status=status, ai_summary=ai_summary).for_update()
    desk = runtime.context.desk(runtime.tool_call_id)
    row = await desk.update("projects", needed("project_id", project_id), updates)
    return stored("Updated", PROJECT, told(row, runtime.context.zone)) if row else missing(PROJECT, project_id)


async def delete_project(runtime: ToolRuntime[TurnContext], project_id: str) -> str:
    """Delete a project for good, only when the user explicitly wants it deleted; else set status archived."""
    desk = runtime.context.desk(runtime.tool_call_id)
    row = await desk.get("projects", needed("project_id", project_id))
    is_gone = row is not None and await desk.delete("projects", project_id)
    return deleted(PROJECT, row) if row and is_gone else missing(PROJECT, project_id)


def _columns(*, name: str, client_id: str, status: str = "", ai_summary: str = "") -> Columns:
    columns = Columns().named("name", name).text("clientId", client_id, may_clear=True)
    return columns.choice("status", status, PROJECT_STATUSES).text("aiSummary", ai_summary, may_clear=True)


async def _creation(desk: Desk, args: Row, zone: ZoneInfo) -> str:
    needed("name", args["name"])
    return await sentences.creation(desk, PROJECT, _columns(**args).for_insert(), zone)


async def _change(desk: Desk, args: Row, zone: ZoneInfo) -> str | None:
    project_id = needed("project_id", args.pop("project_id"))
    return await sentences.change(desk, PROJECT, project_id, _columns(**args).for_update(), zone)


async def _deletion(desk: Desk, args: Row, _zone: ZoneInfo) -> str | None:
    sentence = await sentences.deletion(desk, PROJECT, needed("project_id", args["project_id"]))
    return sentence and f"{sentence} for good, with its milestones; archiving would keep them"


PROJECT_TOOLS = (
    reading(list_projects, "Looking at your projects"),
    reading(list_all_projects, "Looking at all your projects"),
    reading(get_project, "Looking at a project"),
    writing(create_project, "Creating a project", "insert", "projects", _creation),
    writing(update_project, "Changing a project", "update", "projects", _change),
    writing(delete_project, "Deleting a project", "delete", "projects", _deletion),
)
