"""The six tables and their columns: one description, from which come the SQLite schema and the checks on what arrives.

Columns are camelCase in SQLite as on the wire: nothing is translated, so nothing is translated wrongly.

Deleting never takes along what a person wrote elsewhere. The one who agreed to delete a project saw one line, and the
server learns of one deletion: so the tasks and notes of a deleted project stay, without a project; the projects of a deleted
client stay without a client. Only what is nothing by itself goes too: a project's milestones (`timelines` must have
a project) and a task's comments. A reference to a row that does not exist is refused: a model may make ids up.
"""

import json
from dataclasses import dataclass
from enum import Enum
from typing import Any

from device.errors import Refused

# Every moment a JavaScript Date can hold: 100 million days around 1970, in ms.
LAST_MS = 8_640_000_000_000_000
ID_CHARACTERS = 128


class Kind(Enum):
    TEXT = "text"
    MS = "whole number of milliseconds"
    FLAG = "0 or 1"
    JSON_LIST = "JSON array of strings, written as a string"


@dataclass(frozen=True)
class Column:
    """`is_own`: the device sets it; no call may."""

    name: str
    kind: Kind = Kind.TEXT
    is_required: bool = False
    is_own: bool = False
    default: str | int | None = None
    choices: tuple[str, ...] = ()
    refers_to: str | None = None
    goes_with_it: bool = False

    @property
    def may_be_null(self) -> bool:
        return not self.is_required and not self.is_own and self.default is None

    def check(self, value: Any) -> None:
        """Raises `Refused` with what the column takes, unless it takes this value. Null is the caller's question."""
        if self.kind is Kind.FLAG:
            fits = type(value) is int and value in (0, 1)
        elif self.kind is Kind.MS:
            fits = type(value) is int and abs(value) <= LAST_MS
        else:
            fits = isinstance(value, str) and "\0" not in value  # the server takes no NUL back
        if self.name == "id" or self.refers_to:
            fits = fits and 1 <= len(value) <= ID_CHARACTERS and value.isprintable()
        if self.kind is Kind.JSON_LIST:
            fits = fits and _is_json_list(value)
        if self.choices:
            fits = fits and value in self.choices
        if not fits:
            raise Refused(f"{self.name} must be {self._wanted()}, not {shown(value)}.")

    def _wanted(self) -> str:
        if self.choices:
            return "one of " + ", ".join(self.choices)
        if self.name == "id" or self.refers_to:
            return f"an id of 1 to {ID_CHARACTERS} printable characters"
        return "text without NUL characters" if self.kind is Kind.TEXT else f"a {self.kind.value}"


@dataclass(frozen=True)
class Table:
    name: str
    singular: str
    columns: tuple[Column, ...]

    @property
    def searched(self) -> tuple[str, ...]:
        """The columns `search` looks into."""
        return tuple(each.name for each in self.columns if each.name in ("title", "name", "description", "content"))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(each.name for each in self.columns)

    def column(self, name: str) -> Column:
        for each in self.columns:
            if each.name == name:
                return each
        raise Refused(f"{self.name} has no column {shown(name)}; its columns are {', '.join(self.names)}.")


def shown(value: Any) -> str:
    """A value as an error sentence can carry it: short, on one line."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:60] + "…"


def _is_json_list(text: str) -> bool:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


_ID = Column("id", is_own=True)
_CREATED = Column("createdAt", Kind.MS, is_own=True)
_SUGGESTED = Column("isAiSuggested", Kind.FLAG, default=0)
_APPROVED = Column("isApproved", Kind.FLAG, default=0)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        Table(
            "clients",
            "client",
            (
                _ID,
                Column("parentId", refers_to="clients"),
                Column("name", is_required=True),
                Column("industry"),
                _CREATED,
            ),
        ),
        Table(
            "projects",
            "project",
            (
                _ID,
                Column("clientId", refers_to="clients"),
                Column("name", is_required=True),
                Column("status", choices=("active", "archived"), default="active"),
                Column("aiSummary"),
                _CREATED,
            ),
        ),
        Table(
            "tasks",
            "task",
            (
                _ID,
                Column("projectId", refers_to="projects"),
                Column("title", is_required=True),
                Column("description"),
                Column("status", choices=("todo", "in_progress", "done"), default="todo"),
                Column("priority", choices=("high", "medium", "low"), default="medium"),
                Column("assignee", Kind.JSON_LIST),
                Column("dueDate", Kind.MS),
                _SUGGESTED,
                _APPROVED,
                _CREATED,
            ),
        ),
        Table(
            "timelines",
            "timeline",
            (
                _ID,
                Column("projectId", is_required=True, refers_to="projects", goes_with_it=True),
                Column("title", is_required=True),
                Column("date", Kind.MS),
                _SUGGESTED,
                _APPROVED,
                _CREATED,
            ),
        ),
        Table(
            "notes",
            "note",
            (
                _ID,
                Column("projectId", refers_to="projects"),
                Column("title", is_required=True),
                Column("content", default=""),
                _CREATED,
                Column("updatedAt", Kind.MS, is_own=True),
            ),
        ),
        Table(
            "taskComments",
            "task comment",
            (
                _ID,
                Column("taskId", is_required=True, refers_to="tasks", goes_with_it=True),
                Column("author"),
                Column("content", is_required=True),
                _CREATED,
            ),
        ),
    )
}


def table_named(name: Any) -> Table:
    """Raises `Refused` for anything that is not one of the six."""
    table = TABLES.get(name) if isinstance(name, str) else None
    if table is None:
        raise Refused(f"There is no table {shown(name)}; the tables are {', '.join(TABLES)}.")
    return table
