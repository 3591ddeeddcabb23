"""One row as a line of Markdown. What users wrote is shown as they wrote it, on one line."""

from collections.abc import Callable
from datetime import datetime

from app.offline.answering.prose import prose
from app.offline.dates import is_overdue, shown
from app.offline.told import Row, people, title_of
from app.offline.words import joined

STATUS_WORDS = {"todo": "to do", "in_progress": "in progress", "done": "done"}
_LONG = 200


def bold(row: Row, noun: str) -> str:
    title = " ".join(title_of(row, noun).replace("*", "∗").replace("<", "‹").split())
    return f"**{title}**"


def named_task(row: Row) -> str:
    """`**Buy milk**`, or `this task` when only its id is known."""
    return bold(row, "task") if row.get("title") else "this task"


def line(row: Row, noun: str, now: datetime | None) -> str:
    facts = [each for each in _FACTS[noun](row, now) if each]
    return f"- {bold(row, noun)}" + (f": {', '.join(facts)}" if facts else "")


def entry(row: Row, noun: str, now: datetime | None) -> str:
    """A row among others: its name and what tells it apart; a card has the rest."""
    if noun != "task":
        return line(row, noun, now)
    facts = [each for each in (*_state(row), _due(row, now)) if each]
    return f"- {bold(row, noun)}" + (f": {', '.join(facts)}" if facts else "")


def brief(row: Row, now: datetime | None) -> str:
    """`**Buy milk** (tomorrow)`; of what is due today, the hour."""
    due = when(row, now).removeprefix("today").strip()
    return bold(row, "task") + (f" ({due})" if due else "")


def when(row: Row, now: datetime | None) -> str:
    moment = row.get("due_date") or row.get("date")
    if isinstance(moment, int) and now is not None:
        return shown(moment, now)
    return plain(row.get("due") or row.get("on"))


def plain(value: object) -> str:
    """A text of a row on one line, bounded, in which nothing is a tag."""
    text = " ".join(str(value or "").replace("<", "‹").split())
    return text if len(text) <= _LONG else text[:_LONG].rstrip() + "…"


def _task(row: Row, now: datetime | None) -> list[str]:
    return [
        STATUS_WORDS.get(str(row.get("status")), plain(row.get("status"))),
        f"{plain(row['priority'])} priority" if row.get("priority") else "",
        _due(row, now),
        f"for {joined([plain(each) for each in people(row)])}" if people(row) else "",
        f"in {plain(row['project'])}" if row.get("project") else "",
    ]


def _state(row: Row) -> list[str]:
    """What is not as with most: in progress, done, high or low priority."""
    status, priority = str(row.get("status")), row.get("priority")
    return [
        STATUS_WORDS[status] if status in ("in_progress", "done") else "",
        f"{plain(priority)} priority" if priority in ("high", "low") and status != "done" else "",
    ]


def _due(row: Row, now: datetime | None) -> str:
    due, moment = when(row, now), row.get("due_date")
    if not due:
        return ""
    late = isinstance(moment, int) and now is not None and is_overdue(moment, now)
    return f"{'was due' if late else 'due'} {due}"


def _project(row: Row, _now: datetime | None) -> list[str]:
    status = row.get("status")
    return [plain(status) if status != "active" else "", f"for {plain(row['client'])}" if row.get("client") else ""]


def _milestone(row: Row, now: datetime | None) -> list[str]:
    project = f"in {plain(row['project'])}" if row.get("project") else ""
    return [when(row, now), "" if row.get("is_approved") == 1 else "not approved", project]


def _note(row: Row, _now: datetime | None) -> list[str]:
    excerpt = prose(str(row.get("excerpt") or ""), title_of(row, "note")).replace("<", "‹")
    return [f"in {plain(row['project'])}" if row.get("project") else "", f"“{excerpt}”" if excerpt else ""]


def _client(row: Row, _now: datetime | None) -> list[str]:
    return [plain(row.get("industry")), f"part of {plain(row['parent'])}" if row.get("parent") else ""]


def _comment(row: Row, _now: datetime | None) -> list[str]:
    return [plain(row.get("content"))]


_FACTS: dict[str, Callable[[Row, datetime | None], list[str]]] = {
    "task": _task,
    "project": _project,
    "timeline": _milestone,
    "note": _note,
    "client": _client,
    "comment": _comment,
}
