"""Rows found: lists that are narrowed here where a tool cannot, and names made into the one row that is meant."""

from collections.abc import Callable
from datetime import datetime

from app.offline.dates import is_overdue
from app.offline.nouns import NOUNS
from app.offline.replay import Call, Plan
from app.offline.told import Row, Told, id_of, people, read_told, tell, title_of
from app.offline.wishes import Wish
from app.offline.words import folded, is_most_of, longest_word, meant, nearest

_RANKS = {"high": 0, "medium": 1, "low": 2, "in_progress": 0, "todo": 1, "done": 2}
_LATEST_MS = 8_640_000_000_000_000  # rows without a date come after all others


def trouble(result: str) -> str:
    """What a sub-agent hands on when a tool could not do its work; "" when it could."""
    told = read_told(result)
    if told.kind == "rejected":
        return tell(f"Rejected: {told.sentence}")
    return tell(f"Error: {told.sentence}") if told.kind == "error" else ""


def list_rows(wish: Wish, now: datetime | None) -> Plan[str]:
    results = yield _list_calls(wish)
    for result in results:
        if read_told(result).is_trouble:
            return trouble(result)
    told = [read_told(result) for result in results]
    rows = [row for each in told for row in each.rows if _fits(row, wish, now)]
    seen = next((f" Only {each.seen} were looked at." for each in told if each.seen), "")
    return tell(f"Found {NOUNS[wish.noun].counted(len(rows))}.{seen}", sorted(rows, key=_order(wish)))


def resolve(wish: Wish) -> Plan[Row | str]:
    """The one row that is meant, or the text that says why there is none."""
    noun = NOUNS[wish.noun]
    if wish.has("id"):
        is_read = noun.name in ("task", "timeline") and (wish.verb == "show" or wish.has("shift_days"))
        if is_read:
            return (yield from _by_id(wish))
        return {"id": wish.text("id")} | ({noun.title: wish.text("named")} if wish.text("named") else {})
    told = yield from _named_rows(wish)
    if told.is_trouble:
        return tell(f"{'Rejected' if told.kind == 'rejected' else 'Error'}: {told.sentence}")
    rows = _wanted(wish, meant(wish.text("named"), told.rows, lambda row: title_of(row, noun.name)))
    if len(rows) == 1 and (wish.verb != "delete" or is_most_of(wish.text("named"), title_of(rows[0], noun.name))):
        return rows[0]
    if len(rows) == 1:
        return tell(f"Missing: no such {noun.spoken}.", [{noun.title: title_of(rows[0], noun.name)}])
    if rows:
        return tell(f"Ambiguous: {noun.counted(len(rows))} match.", rows)
    near = nearest(wish.text("named"), [title_of(row, noun.name) for row in told.rows])
    seen = f" Only {told.seen} were looked at." if told.seen else ""
    return tell(f"Missing: no such {noun.spoken}.{seen}", [{noun.title: each} for each in near])


def _by_id(wish: Wish) -> Plan[Row | str]:
    known: Row = {"id": wish.text("id")}
    if wish.text("named"):
        known[NOUNS[wish.noun].title] = wish.text("named")
    # by its name, where it is known: a list of all may end before it
    searched = wish.noun == "task" and bool(wish.text("named"))
    (result,) = yield [Call("list_tasks", {"search": wish.text("named")}) if searched else _all(wish.noun)]
    if text := trouble(result):
        return text
    return next((row for row in read_told(result).rows if id_of(row) == wish.text("id")), known)


def _named_rows(wish: Wish) -> Plan[Told]:
    """Rows the name may be one of. Tasks and clients are searched on the device, so that none is beyond a list's end."""
    name = wish.text("named")
    if wish.noun in ("task", "client"):
        for text in dict.fromkeys((name, longest_word(name))):  # loosely only where nothing has these very words
            (result,) = yield [Call(f"list_{wish.noun}s", {"search": text})]
            told = read_told(result)
            if told.is_trouble or meant(name, told.rows, lambda row: title_of(row, wish.noun)):
                return told
        if wish.verb == "find":
            return told
    (result,) = yield [_all(wish.noun)]
    return read_told(result)


def _all(noun: str) -> Call:
    return Call("list_all_projects" if noun == "project" else f"list_{noun}s")


def _wanted(wish: Wish, rows: list[Row]) -> list[Row]:
    """Of several rows of one name, those the change would change: two called "Buy milk", one of them done."""
    status = wish.text("status")
    if wish.verb != "update" or len(rows) < 2 or not status:
        return rows
    first = folded(title_of(rows[0], wish.noun))
    if any(folded(title_of(row, wish.noun)) != first for row in rows):
        return rows
    return [row for row in rows if row.get("status") != status] or rows


def _list_calls(wish: Wish) -> list[Call]:
    if wish.noun == "project":
        if wish.text("client_id"):
            return [Call("list_projects", {"client_id": wish.text("client_id"), "include_archived": wish.has("all")})]
        return [Call("list_all_projects" if wish.has("all") or wish.text("status") == "archived" else "list_projects")]
    if wish.noun == "client":
        return [Call("list_clients")]
    if wish.noun == "task" and wish.has("today"):
        return [Call("list_tasks_due_today")]
    shared: dict[str, str | int | bool] = {"project_id": wish.text("project_id")} if wish.has("project_id") else {}
    if wish.noun != "task":
        return [Call(f"list_{wish.noun}s", shared)]
    if any(wish.has(key) for key in ("from", "to", "overdue")):
        shared["order_by"] = "due_date"
    if wish.text("search"):
        shared["search"] = wish.text("search")
    statuses = _statuses(wish)
    return [Call("list_tasks", shared | {"status": each}) for each in statuses] or [Call("list_tasks", shared)]


def _statuses(wish: Wish) -> list[str]:
    found = wish.texts("status")
    return found or (["todo", "in_progress"] if wish.has("overdue") else [])


def _fits(row: Row, wish: Wish, now: datetime | None) -> bool:
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
        (bool(wish.text("search")) and wish.noun != "task", lambda: _speaks_of(row, wish.text("search"))),
        (bool(wish.text("project_id")), lambda: row.get("project_id") == wish.text("project_id")),
    )
    return all(check() for asked, check in checks if asked)


def _is_among(name: str, names: list[str]) -> bool:
    return any(folded(name) in folded(each).split() or folded(name) == folded(each) for each in names)


def _speaks_of(row: Row, text: str) -> bool:
    wanted = folded(text)
    return any(wanted in folded(value) for key, value in row.items() if isinstance(value, str) and key != "id")


def _order(wish: Wish) -> Callable[[Row], tuple[object, ...]]:
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
