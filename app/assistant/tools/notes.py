"""The tools of notes: Markdown, found by meaning."""

from zoneinfo import ZoneInfo

from langgraph.prebuilt import ToolRuntime

from app.assistant.context import TurnContext
from app.assistant.desk import Desk
from app.assistant.tools import sentences
from app.assistant.tools.arguments import needed
from app.assistant.tools.changes import Columns
from app.assistant.tools.declaring import reading, writing
from app.assistant.tools.note_search import search_notes
from app.assistant.tools.reading import listed, names_of_owners
from app.assistant.tools.telling import (
    LONG_TEXT,
    NOTE,
    ROWS_TOLD,
    deleted,
    many,
    missing,
    one,
    shortened,
    stored,
    told,
)
from app.devices.outcomes import CallFailed
from app.devices.tables import Row
from app.llm.failures import ModelFailed

EMBEDDED = 8_000  # characters of a note that its vector is made of
READ = 50_000  # characters of a note that a model gets


async def list_notes(runtime: ToolRuntime[TurnContext], project_id: str = "") -> str:
    """List notes, the last changed first, with how each begins."""
    desk, zone = runtime.context.desk(runtime.tool_call_id), runtime.context.zone
    filters = {"orderBy": "-updatedAt"} | ({"projectId": project_id} if project_id else {})
    found = await listed(desk, "notes", filters)
    rows = found.rows[:ROWS_TOLD]
    names = await names_of_owners(desk, rows)
    lines = [told(_without_text(row), zone, names, cut=LONG_TEXT) | _beginning(row) for row in rows]
    return runtime.context.outside_rows("notes", many(NOTE, found, lines))


async def get_note(runtime: ToolRuntime[TurnContext], note_id: str) -> str:
    """One note with its whole content."""
    turn = runtime.context
    desk = turn.desk(runtime.tool_call_id)
    row = await desk.get("notes", needed("note_id", note_id))
    if row is None:
        return missing(NOTE, note_id)
    head = one(NOTE, told(_without_text(row), turn.zone, await names_of_owners(desk, [row])))
    content = str(row.get("content") or "")
    if not content:
        return f"{head}\nThe note is empty."
    block = turn.outside_text("note", content[:READ])
    if len(content) > READ:
        block += f"\nOnly the first {READ} of {len(content)} characters; do not rewrite the content of this note."
    return f"{head}\n{block}"


async def create_note(runtime: ToolRuntime[TurnContext], title: str, content: str = "", project_id: str = "") -> str:
    """Create a note. content: Markdown."""
    values = _columns(title=needed("title", title), content=content, project_id=project_id).for_insert()
    row = await runtime.context.desk(runtime.tool_call_id).insert("notes", values)
    text = stored("Created", NOTE, told(_without_text(row), runtime.context.zone))
    return text + await _indexed(runtime, row)


async def update_note(
    runtime: ToolRuntime[TurnContext], note_id: str, title: str = "", content: str = "", project_id: str = ""
) -> str:
    """Change the given fields of a note. content replaces all of it: get_note first to keep the rest. project_id "none":
    no project."""
    updates = _columns(title=title, content=content, project_id=project_id).for_update()
    row = await runtime.context.desk(runtime.tool_call_id).update("notes", needed("note_id", note_id), updates)
    if row is None:
        return missing(NOTE, note_id)
    text = stored("Updated", NOTE, told(_without_text(row), runtime.context.zone))
    is_worded_anew = "title" in updates or "content" in updates
    return text + (await _indexed(runtime, row) if is_worded_anew else "")


async def delete_note(runtime: ToolRuntime[TurnContext], note_id: str) -> str:
    """Delete a note."""
    desk = runtime.context.desk(runtime.tool_call_id)
    row = await desk.get("notes", needed("note_id", note_id))
    is_gone = row is not None and await desk.delete("notes", note_id)
    return deleted(NOTE, row) if row and is_gone else missing(NOTE, note_id)


async def _indexed(runtime: ToolRuntime[TurnContext], row: Row) -> str:
    """Nothing when the note's vector is stored; else a sentence to add. The note is there in either case."""
    text = f"{row.get('title') or ''}\n\n{row.get('content') or ''}"[:EMBEDDED]
    try:
        (vector,) = await runtime.context.embedder.embed([text])
        await runtime.context.desk(runtime.tool_call_id).index_note(row, vector)
    except (ModelFailed, CallFailed) as failure:
        return f"\nThe note is stored. Only its entry for search by meaning is not: {failure.detail}"
    return ""


def _columns(*, title: str, content: str, project_id: str) -> Columns:
    return Columns().named("title", title).text("content", content).text("projectId", project_id, may_clear=True)


def _without_text(row: Row) -> Row:
    return {column: value for column, value in row.items() if column != "content"}


def _beginning(row: Row) -> Row:
    content = str(row.get("content") or "").strip()
    return {"begins": shortened(content, LONG_TEXT)} if content else {}


async def _creation(desk: Desk, args: Row, zone: ZoneInfo) -> str:
    needed("title", args["title"])
    return await sentences.creation(desk, NOTE, _columns(**args).for_insert(), zone)


async def _change(desk: Desk, args: Row, zone: ZoneInfo) -> str | None:
    note_id = needed("note_id", args.pop("note_id"))
    return await sentences.change(desk, NOTE, note_id, _columns(**args).for_update(), zone)


async def _deletion(desk: Desk, args: Row, _zone: ZoneInfo) -> str | None:
    return await sentences.deletion(desk, NOTE, needed("note_id", args["note_id"]))


NOTE_TOOLS = (
    reading(list_notes, "Looking at your notes"),
    reading(get_note, "Reading a note"),
    writing(create_note, "Writing a note", "insert", "notes", _creation),
    writing(update_note, "Changing a note", "update", "notes", _change),
    writing(delete_note, "Deleting a note", "delete", "notes", _deletion),
    reading(search_notes, "Searching your notes"),
)
