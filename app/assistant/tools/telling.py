"""Rows as a model reads them: a sentence with the count, then one JSON object a line.

Keys are the tools' own parameter names where there is one; empty fields are left out; dates stand in the user's time zone
beside their milliseconds. Rows are as the device has them: any value may be of any type.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from app.assistant.tools.dates import day, day_and_time
from app.devices.frames import Table
from app.devices.tables import Row

ROWS_TOLD = 100
LONG_TEXT = 200  # characters of a text that a list shows
LONG_VALUE = 4_000  # characters of any value that is shown

# Characters that end a line for some readers of lines; JSON leaves them as they are.
_LINE_ENDS = str.maketrans({end: f"\\u{ord(end):04x}" for end in "\u0085\u2028\u2029"})


@dataclass(frozen=True)
class Noun:
    table: Table
    one: str
    title: str  # the column a row is called by

    @property
    def many(self) -> str:
        return f"{self.one}s"

    def counted(self, count: int) -> str:
        return f"{count} {self.one if count == 1 else self.many}"


TASK = Noun("tasks", "task", "title")
PROJECT = Noun("projects", "project", "name")
MILESTONE = Noun("timelines", "milestone", "title")
NOTE = Noun("notes", "note", "title")
CLIENT = Noun("clients", "client", "name")
COMMENT = Noun("taskComments", "comment", "content")

# The order in which columns are told, and under which key.
_KEYS: Mapping[str, str] = {
    "id": "id",
    "title": "title",
    "name": "name",
    "author": "author",
    "industry": "industry",
    "content": "content",
    "description": "description",
    "aiSummary": "ai_summary",
    "status": "status",
    "priority": "priority",
    "assignee": "assignees",
    "dueDate": "due_date",
    "date": "date",
    "taskId": "task_id",
    "projectId": "project_id",
    "clientId": "client_id",
    "parentId": "parent_id",
    "isAiSuggested": "is_ai_suggested",
    "isApproved": "is_approved",
    "createdAt": "created",
    "updatedAt": "updated",
}
_READABLE = {"dueDate": "due", "date": "on"}  # told in words too, under this key
_WORDS_ONLY = ("createdAt", "updatedAt")
_FLAGS = ("isAiSuggested", "isApproved")
REFERENCES = {"projectId": "project", "clientId": "client", "parentId": "parent"}

Names = Mapping[str, str]  # of projects or clients, by id


@dataclass(frozen=True)
class Listed:
    """Rows a device gave. `is_all` is False when it may have more than it was asked for."""

    rows: Sequence[Row]
    is_all: bool = True


def told(row: Row, zone: ZoneInfo, names: Names | None = None, *, cut: int | None = None) -> Row:
    """A row under the keys of the tools. `cut`: characters after which texts end."""
    found: Row = {}
    for column, key in _KEYS.items():
        value = row.get(column)
        if value in (None, "", []) or (column in _FLAGS and value != 1):
            continue
        if column in REFERENCES and names and isinstance(value, str) and value in names:
            found[REFERENCES[column]] = names[value]
        _tell(found, column, key, value, zone)
    return {key: _of_length(value, LONG_VALUE if cut is None else cut) for key, value in found.items()}


def _of_length(value: Any, most: int) -> Any:
    """`most` characters of a text; of what is no text, as many of its JSON as any value may have."""
    if isinstance(value, str):
        return shortened(value, most)
    if not isinstance(value, list | dict):
        return value
    told = line(value)
    return value if len(told) <= LONG_VALUE else shortened(told, LONG_VALUE)


def _tell(found: Row, column: str, key: str, value: Any, zone: ZoneInfo) -> None:
    if column in _WORDS_ONLY:
        found[key] = day(value, zone) or value
    elif column == "assignee":
        if people := _people(value):
            found[key] = people
    else:
        if column in _READABLE and (words := day_and_time(value, zone)):
            found[_READABLE[column]] = words
        found[key] = value


def many(noun: Noun, listed: Listed, lines: Sequence[Row]) -> str:
    """The count and a line for each of the rows told."""
    return "\n".join([_count(noun, listed), *(line(each) for each in lines)])


def one(noun: Noun, row: Row) -> str:
    return f"{noun.one.capitalize()}:\n{line(row)}"


def stored(verb: str, noun: Noun, row: Row) -> str:
    """`verb`: Created or Updated."""
    return f"{verb} the {noun.one}.\n{line(row)}"


def deleted(noun: Noun, row: Row) -> str:
    return f"Deleted the {noun.one} {called(noun, row)}."


def missing(noun: Noun, row_id: str) -> str:
    return f"No {noun.one} has the id {shortened(row_id, 128)}. List first to find the id."


def called(noun: Noun, row: Row) -> str:
    """A row's name in quotation marks, on one line."""
    return quoted(str(row.get(noun.title) or "untitled"))


def quoted(text: str) -> str:
    return f"“{shortened(' '.join(text.split()), 80)}”"


def shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most].rstrip() + "…"


def line(row: Row | list[Any]) -> str:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).translate(_LINE_ENDS)


def _count(noun: Noun, listed: Listed) -> str:
    found, shown = len(listed.rows), min(len(listed.rows), ROWS_TOLD)
    if found == shown and listed.is_all:
        return f"{noun.counted(found) if found else f'No {noun.many}'}."
    total = str(found) if listed.is_all else f"at least {found}"
    return f"{shown} of {total} {noun.many}; narrow the search to see the others."


def _people(value: Any) -> list[str] | str | None:
    """Who a task is assigned to: the column holds a JSON array as text."""
    try:
        people = json.loads(value)
    except (TypeError, ValueError, RecursionError):
        return str(value)
    return people if isinstance(people, list) else str(value)
