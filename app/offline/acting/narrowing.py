"""Which rows of a list are meant, where the tool that lists them cannot say; and their order."""

import re
from collections.abc import Callable
from datetime import datetime

from app.offline.dates import is_overdue
from app.offline.told import Row, people, title_of
from app.offline.wishes import Wish
from app.offline.words import folded

_RANKS = {"high": 0, "medium": 1, "low": 2, "in_progress": 0, "todo": 1, "done": 2}
_LATEST_MS = 8_640_000_000_000_000  # rows without a date come after all others
_HERE = frozenset(
    {"overdue", "undated", "from", "to", "priority", "assignee", "unassigned", "unfiled", "is_approved", "project_ids"}
)
_TOO = frozenset({"search", "status", "project_id"})  # what the list of today's tasks knows nothing of
_PEOPLE = re.compile(r"\s*(?:,|&|\band\b|\bor\b)\s*", re.IGNORECASE)


def narrows_here(wish: Wish) -> bool:
    """Are fewer rows meant than the tools list? Then their count is not the tools' own."""
    if wish.noun == "task" and wish.has("today") and not wish.has("search"):
        return any(wish.has(key) for key in (_HERE | _TOO) - {"from", "to"})
    if any(wish.has(key) for key in _HERE) or wish.text("status") == "archived":
        return True
    return wish.noun != "task" and wish.has("search")


def fits(row: Row, wish: Wish, now: datetime | None) -> bool:
    due = row.get("due_date") or row.get("date")
    due = due if isinstance(due, int) else None
    first, last = wish.number("from"), wish.number("to")
    checks: tuple[tuple[bool, Callable[[], bool]], ...] = (
        (wish.has("overdue"), lambda: due is not None and now is not None and is_overdue(due, now)),
        (wish.has("undated"), lambda: due is None),
        (first is not None, lambda: due is not None and due >= (first or 0)),
        (last is not None, lambda: due is not None and due <= (last or 0)),
        (bool(wish.texts("status")), lambda: row.get("status") in wish.texts("status")),
        (bool(wish.text("status")), lambda: row.get("status", "active") == wish.text("status")),
        (bool(wish.texts("priority")), lambda: row.get("priority") in wish.texts("priority")),
        (wish.has("is_approved"), lambda: int(row.get("is_approved") == 1) == wish.number("is_approved")),
        (bool(wish.text("assignee")), lambda: _is_among(wish.text("assignee"), people(row))),
        (wish.has("unassigned"), lambda: not people(row)),
        (wish.has("unfiled"), lambda: not row.get("client_id" if wish.noun == "project" else "project_id")),
        (bool(wish.text("search")) and wish.noun != "task", lambda: _speaks_of(row, wish.text("search"))),
        (bool(wish.text("project_id")), lambda: row.get("project_id") == wish.text("project_id")),
        (wish.has("project_ids"), lambda: row.get("project_id") in wish.texts("project_ids")),
    )
    return all(check() for asked, check in checks if asked)


def in_order(wish: Wish) -> Callable[[Row], tuple[object, ...]]:
    def due(row: Row) -> int:
        value = row.get("due_date") or row.get("date")
        return value if isinstance(value, int) else -_LATEST_MS if is_done(row) else _LATEST_MS

    def is_done(row: Row) -> bool:
        return wish.noun == "task" and row.get("status") == "done"

    sort = wish.text("sort")
    if sort in ("priority", "status"):
        return lambda row: (is_done(row), _RANKS.get(str(row.get(sort)), 3), due(row))
    if sort == "title":
        return lambda row: (folded(title_of(row, wish.noun)),)
    if wish.noun in ("task", "timeline"):
        return lambda row: (
            is_done(row),
            -due(row) if is_done(row) else due(row),
            _RANKS.get(str(row.get("priority")), 3),
        )
    return lambda _row: ()


def _is_among(name: str, names: list[str]) -> bool:
    """Of several people (`Ana and Ben`), any."""
    wanted = [folded(each) for each in (name, *_PEOPLE.split(name)) if folded(each)]
    return any(each in folded(person).split() or each == folded(person) for each in wanted for person in names)


def _speaks_of(row: Row, text: str) -> bool:
    wanted = folded(text)
    return any(wanted in folded(value) for key, value in row.items() if isinstance(value, str) and key != "id")
