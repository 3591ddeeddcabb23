"""Rows of the device's own tables, as an answer refers to them: read here, never sent along."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from device.chat.days import day_of, in_words, is_past
from device.chat.screen import harmless
from device.cli.tables import aligned
from device.hooks import CallDone
from device.schema import TABLES
from device.store import Database

TABLE_OF = {"task": "tasks", "project": "projects", "note": "notes", "timeline": "timelines", "client": "clients"}
_STATUS = {"todo": "to do", "in_progress": "in progress"}
_NAMES = ("title", "name", "content")
_NAMES_KEPT = 5000
_INDENT = "  "

Row = dict[str, Any]


class Entities:
    """`now_ms`: what day it is."""

    def __init__(self, store: Database, zone: ZoneInfo, now_ms: Callable[[], int]) -> None:
        self._store, self._zone, self._now_ms = store, zone, now_ms
        self._names: dict[tuple[str, str], str] = {}

    def lines(self, kind: str, ids: Sequence[str], width: int) -> list[str]:
        """One for each row, aligned. An id that is not here says so: it may have been deleted since."""
        rows = [self.row(TABLE_OF[kind], each) for each in ids]
        cells = [_told(self._cells(kind, row)) for row in rows if row is not None]
        missing = sum(row is None for row in rows)
        lines = [_INDENT + line for line in aligned(cells, width - len(_INDENT))]
        if missing:
            what = f"{kind} is" if missing == 1 else f"{kind}s are"
            lines.append(f"{_INDENT}({missing} {what} not on this device any more)")
        return lines

    def row(self, table: str, row_id: str) -> Row | None:
        found = self._store.rows(table, id=row_id)
        return found[0] if found else None

    def name(self, table: str, row_id: str) -> str:
        """What the row is called, or was when the assistant looked at it; empty if neither is known."""
        row = self.row(table, row_id) if table in TABLES else None
        return name_of(row or {}) or self._names.get((table, row_id), "")

    def remember(self, done: CallDone) -> None:
        """The names in a call's result. A deleted row has one only here."""
        result = done.outcome.result
        for row in [*result.get("rows", ()), result.get("row")]:
            if row:
                self._names[(str(done.call.table), row["id"])] = name_of(row)
        while len(self._names) > _NAMES_KEPT:
            del self._names[next(iter(self._names))]

    def _cells(self, kind: str, row: Row) -> list[str]:
        match kind:
            case "task":
                return [row["title"], _STATUS.get(row["status"], row["status"]), row["priority"], self._due(row)]
            case "project":
                client = row["clientId"] and self.row("clients", row["clientId"])
                return [row["name"], row["status"], client["name"] if client else ""]
            case "note":
                return [row["title"], f"changed {self._words(row['updatedAt'])}"]
            case "timeline":
                return [row["title"], self._words(row["date"])]
        return [row["name"], row["industry"] or ""]

    def _due(self, row: Row) -> str:
        if row["dueDate"] is None:
            return ""
        is_late = row["status"] != "done" and is_past(row["dueDate"], self._today(), self._zone)
        return f"due {self._words(row['dueDate'])}{', overdue' if is_late else ''}"

    def _words(self, ms: int | None) -> str:
        return in_words(ms, self._today(), self._zone)

    def _today(self) -> date:
        today = day_of(self._now_ms(), self._zone)
        assert today is not None
        return today


def name_of(row: Mapping[str, Any]) -> str:
    """A title, a name, or what a comment says; empty for a row with none of them."""
    names = (row.get(each) for each in _NAMES)
    return next((each.strip() for each in names if isinstance(each, str) and each.strip()), "")


def _told(cells: Sequence[str]) -> list[str]:
    return [harmless(each.replace("\n", " ").replace("\t", " ")) for each in cells]
