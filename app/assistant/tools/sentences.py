"""What the user is asked to approve, in a sentence."""

import json
from typing import Any
from zoneinfo import ZoneInfo

from app.assistant.desk import Desk
from app.assistant.tools.dates import day_in_words
from app.assistant.tools.telling import CLIENT, LONG_TEXT, PROJECT, Noun, called, quoted, shortened
from app.devices.tables import Row

_WORDS = {
    "projectId": "project",
    "clientId": "client",
    "parentId": "parent",
    "dueDate": "due date",
    "aiSummary": "summary",
    "isAiSuggested": "suggested by the assistant",
    "isApproved": "approved",
}
_OWNERS = {"projectId": PROJECT, "clientId": CLIENT, "parentId": CLIENT}
_DATES = ("dueDate", "date")
_FLAGS = ("isAiSuggested", "isApproved")


async def creation(desk: Desk, noun: Noun, values: Row, zone: ZoneInfo) -> str:
    """Create the task “Buy milk”, due Sun 22 Nov 2026, high priority."""
    parts = [f"Create the {noun.one} {called(noun, values)}"]
    if due := day_in_words(values.get("dueDate"), zone):
        parts.append(f"due {due}")
    if on := day_in_words(values.get("date"), zone):
        parts.append(f"on {on}")
    if values.get("priority", "medium") != "medium":
        parts.append(f"{values['priority']} priority")
    for column, owner in _OWNERS.items():
        if values.get(column):
            parts.append(f"{_WORDS[column]} {await _name(desk, owner, values[column])}")
    return ", ".join(parts)


async def change(desk: Desk, noun: Noun, row_id: str, updates: Row, zone: ZoneInfo) -> str | None:
    """Change the task “Buy milk”: status to done, no due date. None when there is no such row."""
    row = await desk.get(noun.table, row_id)
    if row is None:
        return None
    changes = [await _changed(desk, column, value, zone) for column, value in updates.items()]
    return f"Change the {noun.one} {called(noun, row)}: {', '.join(changes)}"


async def deletion(desk: Desk, noun: Noun, row_id: str) -> str | None:
    """Delete the task “Buy milk”. None when there is no such row."""
    row = await desk.get(noun.table, row_id)
    return f"Delete the {noun.one} {called(noun, row)}" if row else None


async def _changed(desk: Desk, column: str, value: Any, zone: ZoneInfo) -> str:
    words = _WORDS.get(column, column)
    if value is None:
        return f"no {words}"
    if column in _FLAGS:
        return words if value else f"not {words}"
    if column in _OWNERS:
        return f"{words} to {await _name(desk, _OWNERS[column], value)}"
    if column in _DATES:
        return f"{words} to {day_in_words(value, zone) or value}"
    if column == "assignee":
        return f"assigned to {shortened(', '.join(json.loads(value)), LONG_TEXT) or 'nobody'}"
    return f"{words} to {value}" if column in ("status", "priority") else f"{words} to {quoted(value)}"


async def _name(desk: Desk, owner: Noun, row_id: str) -> str:
    row = await desk.get(owner.table, row_id)
    return called(owner, row or {owner.title: row_id})
