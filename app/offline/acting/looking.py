"""Names made into the one row that is meant."""

from app.offline.nouns import NOUNS
from app.offline.replay import Call, Plan
from app.offline.told import Row, Told, id_of, read_told, tell, title_of
from app.offline.wishes import Wish
from app.offline.words import folded, is_most_of, longest_word, meant, nearest


def trouble(result: str) -> str:
    """What a sub-agent hands on when a tool could not do its work; "" when it could."""
    told = read_told(result)
    if told.kind == "rejected":
        return tell(f"Rejected: {told.sentence}")
    return tell(f"Error: {told.sentence}") if told.kind == "error" else ""


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
    seen = f" Only {told.extent.words} were looked at." if told.extent.is_cut else ""
    return tell(f"Missing: no such {noun.spoken}.{seen}", [{noun.title: each} for each in near])


def _by_id(wish: Wish) -> Plan[Row | str]:
    known: Row = {"id": wish.text("id")}
    if wish.text("named"):
        known[NOUNS[wish.noun].title] = wish.text("named")
    # by its name, where it is known: a list of all may end before it
    searched = wish.noun == "task" and bool(wish.text("named"))
    calls = [Call("list_tasks", {"search": wish.text("named")}) if searched else _all(wish.noun)]
    for more in ([], [Call("list_tasks", {"status": each}) for each in ("todo", "in_progress", "done")]):
        results = yield more or calls
        if text := next((text for each in results if (text := trouble(each))), ""):
            return text
        told = [read_told(each) for each in results]
        row = next((row for each in told for row in each.rows if id_of(row) == wish.text("id")), None)
        if row is not None or not any(each.extent.is_cut for each in told):
            return row or known
        if wish.noun != "task":
            break
    return f"Error: there are more {NOUNS[wish.noun].many} than I can look through; please name the one you mean."


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
