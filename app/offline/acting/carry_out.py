"""From a wish to calls of tools, and to the text the supervisor gets: a sentence and the rows."""

import json
from datetime import datetime, timedelta

from app.offline.acting.listing import list_rows
from app.offline.acting.looking import resolve, trouble
from app.offline.nouns import NOUNS
from app.offline.replay import Call, Plan
from app.offline.told import Row, id_of, read_told, tell, title_of
from app.offline.wishes import Wish

LIST_COMMENTS, ADD_COMMENT, DELETE_COMMENT = "list_task_comments", "add_task_comment", "delete_task_comment"
NOTES_FOUND = 5


def carry_out(wish: Wish, now: datetime | None) -> Plan[str]:
    """The plan of a sub-agent. `now`: in the user's zone."""
    if wish.noun == "comment":
        return (yield from _comment(wish))
    if wish.noun not in NOUNS:
        return "Error: this was not understood."
    if wish.verb == "list":
        return (yield from list_rows(wish, now))
    if wish.verb == "create":
        return (yield from _create(wish))
    if wish.verb == "search":
        (result,) = yield [Call("search_notes", {"query": wish.text("search"), "limit": NOTES_FOUND})]
        return trouble(result) or tell(_found(wish.noun, read_told(result).rows), read_told(result).rows)
    return (yield from _with_one(wish, now))


def _create(wish: Wish) -> Plan[str]:
    noun = NOUNS[wish.noun]
    (result,) = yield [Call(f"create_{noun.name}", _arguments(wish))]
    told = read_told(result)
    return trouble(result) or tell(f"Created the {noun.spoken}.", told.rows)


def _with_one(wish: Wish, now: datetime | None) -> Plan[str]:
    """Whatever is done with one row: it is found first, unless its id is known."""
    found = yield from resolve(wish)
    if isinstance(found, str):
        return found
    noun = NOUNS[wish.noun]
    if wish.verb == "find":
        return tell(_found(noun.name, [found]), [found])
    if wish.verb == "show":
        return (yield from _show(wish, found))
    if wish.verb == "delete":
        (result,) = yield [Call(f"delete_{noun.name}", {noun.id_parameter: id_of(found)})]
        told = read_told(result)
        return trouble(result) or tell(told.sentence, [] if told.kind == "missing" else [found])
    if wish.verb == "append":
        return (yield from _append(wish, found))
    return (yield from _update(_shifted(wish, found, now), found))


def _update(wish: Wish, row: Row) -> Plan[str]:
    noun = NOUNS[wish.noun]
    arguments = _arguments(wish)
    if not arguments:
        return f"Error: nothing of this can be changed on a {noun.spoken}."
    arguments[noun.id_parameter] = id_of(row)
    (result,) = yield [Call(f"update_{noun.name}", arguments)]
    told = read_told(result)
    if told.is_trouble or told.kind == "missing":
        return trouble(result) or tell(told.sentence)
    before = [{"before": title_of(row, noun.name)}] if title_of(row, noun.name) != "untitled" else []
    return tell(f"Updated the {noun.spoken}.", [*told.rows, *before])


def _show(wish: Wish, row: Row) -> Plan[str]:
    """A note with its text; projects and clients as a whole; others as they were listed."""
    noun = NOUNS[wish.noun]
    if noun.name in ("task", "timeline"):
        return tell(_found(noun.name, [row]), [row])
    (result,) = yield [Call(f"get_{noun.name}", {noun.id_parameter: id_of(row)})]
    told = read_told(result)
    if told.is_trouble or not told.rows:
        return trouble(result) or tell(told.sentence)
    whole = dict(told.rows[0])
    if noun.name == "note":
        whole["content"] = told.content or ""
    return tell(_found(noun.name, [whole]), [whole])


def _append(wish: Wish, row: Row) -> Plan[str]:
    (result,) = yield [Call("get_note", {"note_id": id_of(row)})]
    told = read_told(result)
    if told.is_trouble or not told.rows:
        return trouble(result) or tell(told.sentence)
    if "do not rewrite the content" in result:
        return "Error: the note is too long to be changed here; please add to it in the app."
    content = (told.content or "").rstrip()
    text = f"{content}\n\n{wish.text('content')}" if content else wish.text("content")
    (result,) = yield [Call("update_note", {"note_id": id_of(row), "content": text})]
    return trouble(result) or tell("Updated the note.", read_told(result).rows)


def _comment(wish: Wish) -> Plan[str]:
    task = yield from resolve(wish.of("task"))
    if isinstance(task, str):
        return task
    on = {"task": task.get("title") or "", "task_id": id_of(task)}
    if wish.verb == "create":
        call = Call(ADD_COMMENT, {"task_id": id_of(task), "content": wish.text("content")})
        (result,) = yield [call]
        return trouble(result) or tell("Created the comment.", [row | on for row in read_told(result).rows])
    (result,) = yield [Call(LIST_COMMENTS, {"task_id": id_of(task)})]
    rows = read_told(result).rows
    if wish.verb == "list" or not rows or read_told(result).is_trouble:
        return trouble(result) or tell(_found("comment", rows), [row | on for row in rows] or [on])
    chosen = rows[0] if wish.text("which") == "first" else rows[-1]
    (result,) = yield [Call(DELETE_COMMENT, {"comment_id": id_of(chosen)})]
    return trouble(result) or tell("Deleted the comment.", [chosen | on])


def _arguments(wish: Wish) -> dict[str, str | int | bool]:
    """The tool's arguments: what the wish holds and the noun has. Lists go as JSON text."""
    parameters = NOUNS[wish.noun].parameters
    found: dict[str, str | int | bool] = {}
    for key, value in wish.details.items():
        if key in parameters:
            found[parameters[key]] = json.dumps(value, ensure_ascii=False) if isinstance(value, list) else value
    return found


def _shifted(wish: Wish, row: Row, now: datetime | None) -> Wish:
    """`by 3 days`: from the date the row has, or from today; the hour on the wall stays."""
    days = wish.number("shift_days")
    if days is None or now is None:
        return wish
    due = row.get("due_date") or row.get("date")
    try:
        start = datetime.fromtimestamp(due / 1000, now.tzinfo) if isinstance(due, int) else None
        start = start or now.replace(hour=0, minute=0, second=0, microsecond=0)
        return wish.without("shift_days").but(due=round((start + timedelta(days=days)).timestamp() * 1000))
    except (OverflowError, ValueError, OSError):
        return wish


def _found(noun: str, rows: list[Row]) -> str:
    return f"Found {NOUNS[noun].counted(len(rows))}."
