"""The tables of the device, and what a row of each must look like (PROTOCOL.md, section 4)."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import orjson

from device.conformance.verdicts import brief

Row = dict[str, Any]

_TABLES = {
    "projects": "id clientId name status aiSummary createdAt",
    "tasks": "id projectId title description status priority assignee dueDate isAiSuggested isApproved createdAt",
    "timelines": "id projectId title date isAiSuggested isApproved createdAt",
    "notes": "id projectId title content createdAt updatedAt",
    "taskComments": "id taskId author content createdAt",
    "clients": "id parentId name industry createdAt",
}
COLUMNS: Mapping[str, tuple[str, ...]] = {table: tuple(names.split()) for table, names in _TABLES.items()}
_FLAGS = {"isAiSuggested", "isApproved"}
_ALWAYS_MS = {"createdAt", "updatedAt"}
_MS = {"dueDate", "date"}
_WORDS = {
    ("tasks", "status"): {"todo", "in_progress", "done"},
    ("tasks", "priority"): {"high", "medium", "low"},
    ("projects", "status"): {"active", "archived"},
}
# Seconds of today would be a moment of January 1970 if read as milliseconds; microseconds one far away.
_MS_FROM, _MS_TO = 10**12, 10**13


def missing_columns(table: str, row: Row) -> list[str]:
    return [column for column in COLUMNS[table] if column not in row]


def is_int(value: Any) -> bool:
    """A JSON integer: `true` is an int to Python and none to anybody else."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_uuid(value: Any) -> bool:
    try:
        return isinstance(value, str) and UUID(value) is not None
    except ValueError:
        return False


def type_fault(table: str, row: Row) -> tuple[str, str] | None:
    """The first value of a row that has the wrong JSON type: what was expected there, and what stands there."""
    for column in COLUMNS[table]:
        if column not in row:
            continue
        expected, holds = _kind(table, column)
        if not holds(row[column]):
            return f"{expected} in `{table}.{column}`", brief(row[column])
    return None


def _kind(table: str, column: str) -> tuple[str, Callable[[Any], bool]]:
    if column == "id":
        return "a string", lambda value: isinstance(value, str)
    if column in _FLAGS:
        return "the integer 0 or 1", lambda value: is_int(value) and value in (0, 1)
    if column in _ALWAYS_MS:
        return "integer milliseconds since 1970", lambda value: is_int(value) and _MS_FROM <= value < _MS_TO
    if column in _MS:
        return "integer milliseconds or null", lambda value: value is None or is_int(value)
    if column == "assignee":
        return "a string with a JSON array in it, or null", lambda value: value is None or _is_json_array(value)
    words = _WORDS.get((table, column))
    if words is not None:
        return f"one of {', '.join(sorted(words))}, or null", lambda value: value is None or value in words
    return "a string or null", lambda value: value is None or isinstance(value, str)


def _is_json_array(value: Any) -> bool:
    try:
        return isinstance(value, str) and isinstance(orjson.loads(value), list)
    except orjson.JSONDecodeError:
        return False
