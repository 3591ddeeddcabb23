"""Names of other kinds of row, which only their own sub-agent can look up: the project of a task, the client of a project,
and the kind itself when only a name was said."""

from collections.abc import Callable

from app.offline.nouns import NOUNS
from app.offline.outcome import Outcome, read_outcome
from app.offline.replay import Call, Plan
from app.offline.told import id_of, title_of
from app.offline.wishes import Wish
from app.offline.words import folded, is_most_of

Delegate = Callable[[Wish], Call]

_OWNERS = {"project": "project", "client": "client", "parent": "client"}


def which_kind(wish: Wish, delegate: Delegate) -> Plan[Wish | Outcome]:
    """Asks every sub-agent that may know the name. The one that knows it best gets the wish."""
    nouns = _possible(wish)
    finds = [Wish("find", noun, {"named": wish.text("named")}) for noun in nouns]
    results = yield [delegate(find) for find in finds]
    outcomes = [read_outcome(find, text) for find, text in zip(finds, results, strict=True)]
    if (error := next((each for each in outcomes if each.kind == "error"), None)) is not None:
        return error
    rows = [(each.wish.noun, row) for each in outcomes if each.kind in ("found", "ambiguous") for row in each.rows]
    same = [(noun, row) for noun, row in rows if folded(title_of(row, noun)) == folded(wish.text("named"))]
    rows = same or rows
    if (
        len(rows) == 1
        and wish.verb == "delete"
        and not is_most_of(wish.text("named"), title_of(rows[0][1], rows[0][0]))
    ):
        return Outcome(wish, "missing", rows=[rows[0][1]])
    if len(rows) == 1:
        noun, row = rows[0]
        ready = wish.of(noun).but(id=id_of(row), named=title_of(row, noun))
        # a list has told all there is to show of these
        is_shown = wish.verb == "show" and noun in ("task", "timeline")
        return Outcome(ready, "found", rows=[row]) if is_shown else ready
    if rows:
        return Outcome(wish, "ambiguous", candidates=rows)
    near = [row for each in outcomes for row in each.rows]
    return Outcome(wish, "missing", rows=near[:3])


def own_owners(wish: Wish, delegate: Delegate) -> Plan[tuple[Wish, dict[str, str]] | Outcome]:
    """The wish with ids for the names of projects and clients in it."""
    owners: dict[str, str] = {}
    for key, noun in _OWNERS.items():
        if not wish.text(key):
            continue
        find = Wish("find", noun, {"named": wish.text(key)})
        (text,) = yield [delegate(find)]
        found = read_outcome(find, text)
        if found.kind != "found" or not found.rows:
            return found
        owners[key] = title_of(found.rows[0], noun)
        wish = wish.without(key).but(**{f"{key}_id": id_of(found.rows[0])})
    key = "place" if wish.has("place") else "about"
    if not wish.text(key):
        return wish, owners
    if wish.noun in ("task", "timeline", "note", "project"):
        return (yield from _loosely(wish, key, owners, delegate))
    return wish.without(key).but(search=wish.text(key)), owners


def _loosely(
    wish: Wish, key: str, owners: dict[str, str], delegate: Delegate
) -> Plan[tuple[Wish, dict[str, str]] | Outcome]:
    """`tasks for X`: X is a project, or a person, or a word in the rows. Who asks for projects may mean a client."""
    noun = "client" if wish.noun == "project" else "project"
    name, kept = wish.text(key), wish.without(key)
    find = Wish("find", noun, {"named": name})
    (text,) = yield [delegate(find)]
    found = read_outcome(find, text)
    if found.kind in ("error", "rejected"):
        return found
    if found.kind == "found" and found.rows:
        owners[noun] = title_of(found.rows[0], noun)
        return kept.but(**{f"{noun}_id": id_of(found.rows[0])}), owners
    if wish.noun == "note":
        return kept.but(search=name) if key == "about" else Wish("search", "note", {"search": name}), owners
    if wish.noun != "task":
        return kept.but(search=name), owners
    (text,) = yield [delegate(kept.but(assignee=name))]
    if read_outcome(wish, text).rows:
        return kept.but(assignee=name), owners
    return kept.but(search=name), owners


def _possible(wish: Wish) -> list[str]:
    """The kinds a wish without one can be about."""
    if wish.has("due") or wish.has("shift_days") or wish.has("is_approved"):
        return ["task", "timeline"]
    return [noun for noun in NOUNS if noun != "comment"]
