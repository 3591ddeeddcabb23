"""The tools of clients."""

from zoneinfo import ZoneInfo

from langgraph.prebuilt import ToolRuntime

from app.assistant.context import TurnContext
from app.assistant.desk import Desk
from app.assistant.tools import sentences
from app.assistant.tools.arguments import needed
from app.assistant.tools.changes import Columns
from app.assistant.tools.declaring import reading, writing
from app.assistant.tools.reading import list_told, names_of_owners
from app.assistant.tools.telling import CLIENT, PROJECT, deleted, missing, one, stored, told
from app.devices.tables import Row


async def list_clients(runtime: ToolRuntime[TurnContext], search: str = "") -> str:
    """List clients. search: part of the name."""
    filters = {"search": search} if search else {}
    return await list_told(runtime.context.desk(runtime.tool_call_id), runtime.context.zone, CLIENT, filters)


async def get_client(runtime: ToolRuntime[TurnContext], client_id: str) -> str:
    """One client."""
    desk = runtime.context.desk(runtime.tool_call_id)
    row = await desk.get("clients", needed("client_id", client_id))
    if row is None:
        return missing(CLIENT, client_id)
    return one(CLIENT, told(row, runtime.context.zone, await names_of_owners(desk, [row])))


async def create_client(runtime: ToolRuntime[TurnContext], name: str, industry: str = "", parent_id: str = "") -> str:
    """Create a client. parent_id: the client it belongs to."""
    values = _columns(name=needed("name", name), industry=industry, parent_id=parent_id).for_insert()
    row = await runtime.context.desk(runtime.tool_call_id).insert("clients", values)
    return stored("Created", CLIENT, told(row, runtime.context.zone))


async def update_client(
    runtime: ToolRuntime[TurnContext], client_id: str, name: str = "", industry: str = "", parent_id: str = ""
) -> str:
    """Change the given fields of a client. To empty industry or parent_id: "none"."""
    updates = _columns(name=name, industry=industry, parent_id=parent_id).for_update()
    desk = runtime.context.desk(runtime.tool_call_id)
    row = await desk.update("clients", needed("client_id", client_id), updates)
    return stored("Updated", CLIENT, told(row, runtime.context.zone)) if row else missing(CLIENT, client_id)


async def delete_client(runtime: ToolRuntime[TurnContext], client_id: str) -> str:
    """Delete a client."""
    desk = runtime.context.desk(runtime.tool_call_id)
    row = await desk.get("clients", needed("client_id", client_id))
    is_gone = row is not None and await desk.delete("clients", client_id)
    return deleted(CLIENT, row) if row and is_gone else missing(CLIENT, client_id)


def _columns(*, name: str, industry: str, parent_id: str) -> Columns:
    columns = Columns().named("name", name).text("industry", industry, may_clear=True)
    return columns.text("parentId", parent_id, may_clear=True)


async def _creation(desk: Desk, args: Row, zone: ZoneInfo) -> str:
    needed("name", args["name"])
    return await sentences.creation(desk, CLIENT, _columns(**args).for_insert(), zone)


async def _change(desk: Desk, args: Row, zone: ZoneInfo) -> str | None:
    client_id = needed("client_id", args.pop("client_id"))
    return await sentences.change(desk, CLIENT, client_id, _columns(**args).for_update(), zone)


async def _deletion(desk: Desk, args: Row, _zone: ZoneInfo) -> str | None:
    sentence = await sentences.deletion(desk, CLIENT, needed("client_id", args["client_id"]))
    if sentence is None:
        return None
    projects = len(await desk.select("projects", {"clientId": args["client_id"], "includeArchived": True}))
    return f"{sentence}, which has {PROJECT.counted(projects)}" if projects else sentence


CLIENT_TOOLS = (
    reading(list_clients, "Looking at your clients"),
    reading(get_client, "Looking at a client"),
    writing(create_client, "Creating a client", "insert", "clients", _creation),
    writing(update_client, "Changing a client", "update", "clients", _change),
    writing(delete_client, "Deleting a client", "delete", "clients", _deletion),
)
