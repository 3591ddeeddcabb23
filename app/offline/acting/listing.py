"""Lists: as narrow as the tools make them, and narrowed here where a tool cannot."""

from collections.abc import Sequence
from datetime import datetime
from itertools import product

from app.offline.acting.looking import trouble
from app.offline.acting.narrowing import fits, in_order, narrows_here
from app.offline.extent import Extent
from app.offline.nouns import NOUNS
from app.offline.replay import Call, Plan
from app.offline.told import Row, Told, read_told, tell
from app.offline.wishes import Wish

_STATUSES = ["todo", "in_progress", "done"]
_MOST_LISTS = 12  # of one wish; past it one list is narrowed here

Arguments = dict[str, str | int | bool]


def list_rows(wish: Wish, now: datetime | None) -> Plan[str]:
    """The rows, and how many there are: what the tools counted where they narrow alone, else as many as were seen."""
    told = yield from _lists(wish)
    if isinstance(told, str):
        return told
    statuses = _statuses(wish)
    if not statuses and _is_by_status(wish) and any(each.extent.is_cut for each in told):
        statuses = _STATUSES
        told = yield from _lists(wish.but(status=statuses))
        if isinstance(told, str):
            return told
    rows = [row for each in told for row in each.rows if fits(row, wish, now)]
    count = _Count(wish, now, told)
    lines: list[Row] = sorted(rows, key=in_order(wish))
    if statuses and _is_by_status(wish) and count.extent.is_cut:
        lines.append(_by_status(wish, now, told, statuses))
    seen = f" Only {count.extent.words} were looked at." if count.extent.is_cut else ""
    return tell(f"Found {count.words}.{seen}", lines)


class _Count:
    """`is_least`: there may be more than `number`."""

    def __init__(self, wish: Wish, now: datetime | None, told: Sequence[Told]) -> None:
        self.extent = sum((each.extent for each in told), Extent())
        is_narrowed = narrows_here(wish)
        seen = sum(fits(row, wish, now) for each in told for row in each.rows)
        self.number = seen if is_narrowed else self.extent.total
        self.is_least = self.extent.is_cut if is_narrowed else self.extent.is_open
        self.words = f"{'at least ' if self.is_least else ''}{NOUNS[wish.noun].counted(self.number)}"


def _by_status(wish: Wish, now: datetime | None, told: Sequence[Told], statuses: Sequence[str]) -> Row:
    """The counts of lists that were made one for each status; several projects have several lists of a status."""
    counts = {
        status: _Count(wish, now, [each for number, each in enumerate(told) if number % len(statuses) == place])
        for place, status in enumerate(statuses)
    }
    return {
        "counted": {status: each.number for status, each in counts.items() if each.number},
        "at_least": [status for status, each in counts.items() if each.is_least],
    }


def _lists(wish: Wish) -> Plan[list[Told] | str]:
    results = yield _list_calls(wish)
    return next((text for each in results if (text := trouble(each))), "") or [read_told(each) for each in results]


def _is_by_status(wish: Wish) -> bool:
    return wish.noun == "task" and wish.text("by") == "status" and not _is_of_today(wish)


def _list_calls(wish: Wish) -> list[Call]:
    if wish.noun == "project":
        if wish.text("client_id"):
            return [
                Call("list_projects", {"client_id": wish.text("client_id"), "include_archived": _archived_too(wish)})
            ]
        return [Call("list_all_projects" if _archived_too(wish) else "list_projects")]
    if wish.noun == "client":
        return [Call("list_clients")]
    if _is_of_today(wish):
        return [Call("list_tasks_due_today")]
    if wish.noun != "task":
        return [Call(f"list_{wish.noun}s", each) for each in _places(wish, _MOST_LISTS)]
    shared: Arguments = {"search": wish.text("search")} if wish.text("search") else {}
    if any(wish.has(key) for key in ("from", "to", "overdue")):
        shared["order_by"] = "due_date"
    statuses: list[Arguments] = [{"status": each} for each in _statuses(wish)] or [{}]
    places = _places(wish, _MOST_LISTS // len(statuses))
    return [Call("list_tasks", place | shared | status) for place, status in product(places, statuses)]


def _archived_too(wish: Wish) -> bool:
    return wish.has("all") or wish.text("status") == "archived"


def _is_of_today(wish: Wish) -> bool:
    return wish.noun == "task" and wish.has("today") and not wish.has("search")


def _places(wish: Wish, most: int) -> list[Arguments]:
    """The projects to list one by one; all rows at once when there are too many."""
    ids = [wish.text("project_id")] if wish.has("project_id") else wish.texts("project_ids")
    return [{"project_id": each} for each in ids] if 0 < len(ids) <= most else [{}]


def _statuses(wish: Wish) -> list[str]:
    found = wish.texts("status")
    return found or (["todo", "in_progress"] if wish.has("overdue") else [])
