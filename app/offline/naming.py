"""Names of other kinds of row, which only their own sub-agent can look up: the project of a task, the client of a project,
and the kind itself when only a name was said."""

import re
from collections.abc import Callable

from app.offline.answering import not_read
from app.offline.nouns import NOUNS
from app.offline.outcome import Outcome, asked, read_outcome
from app.offline.replay import Call, Plan
from app.offline.told import id_of, title_of
from app.offline.wishes import Wish, read_sentence
from app.offline.words import folded, is_most_of, joined

Delegate = Callable[[Wish], Call]

IN_PROJECTS = ("task", "timeline", "note")
_MOST_NAMES = 5
_TWO_PLACES = re.compile(r"(?P<first>\S.*?) (?:in|for|of|from) (?:the )?(?P<last>\S.*)", re.IGNORECASE | re.DOTALL)
_LOOSE_OWNERS = dict.fromkeys(IN_PROJECTS, ("project", "client")) | {"project": ("client",)}
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
    if wish.has("places"):
        wish = yield from _placed(wish, owners, delegate)
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
    if wish.noun in IN_PROJECTS and wish.has("client_id"):
        wish = yield from of_client(wish, delegate)
    for key in ("place", "about"):
        loosely = (yield from _loosely(wish, key, owners, delegate)) if wish.text(key) else wish
        if isinstance(loosely, Outcome):
            return loosely
        wish = loosely
    return wish, owners


def _searched(wish: Wish, key: str) -> Wish:
    """The rows with these words, and a note of the words: they may have meant something else."""
    found = wish.without(key).but(search=wish.text(key), unread=wish.text(key))
    return Wish("search", "note", dict(found.details)) if wish.noun == "note" and key == "place" else found


def of_client(wish: Wish, delegate: Delegate) -> Plan[Wish]:
    """Rows belong to a client by its projects."""
    listing = Wish("list", "project", {"client_id": wish.text("client_id"), "all": True})
    (text,) = yield [delegate(listing)]
    return wish.without("client_id").but(project_ids=[id_of(row) for row in read_outcome(listing, text).rows])


def _placed(wish: Wish, owners: dict[str, str], delegate: Delegate) -> Plan[Wish]:
    """`Alpha for Rocket` is Alpha of the project Rocket, when there is one of just this name; else a title."""
    places, wish = wish.texts("places"), wish.without("places")
    listing = Wish("list", "project", {"all": True})
    (text,) = yield [delegate(listing)]
    projects = {folded(title_of(row, "project")): row for row in read_outcome(listing, text).rows if id_of(row)}
    for place, sentence in zip(places[::2], places[1::2], strict=True):
        if (row := projects.get(folded(place)) or projects.get(folded(place).removesuffix(" project"))) is not None:
            owners["project"] = title_of(row, "project")
            return (read_sentence(sentence) or wish).but(project_id=id_of(row))
    return wish


def _loosely(wish: Wish, key: str, owners: dict[str, str], delegate: Delegate) -> Plan[Wish | Outcome]:
    """`tasks for X`: X is a project, a client, a person, or a word in the rows. Who asks for projects may mean a client."""
    name, kept = wish.text(key), wish.without(key)
    for noun in _LOOSE_OWNERS.get(wish.noun, ()):
        if wish.has(f"{noun}_id") or wish.has("project_ids"):
            continue
        find = Wish("find", noun, {"named": name})
        (text,) = yield [delegate(find)]
        found = read_outcome(find, text)
        if found.kind in ("error", "rejected"):
            return found
        if found.kind == "found" and found.rows:
            owners[noun] = title_of(found.rows[0], noun)
            kept = kept.but(**{f"{noun}_id": id_of(found.rows[0])})
            return (yield from of_client(kept, delegate)) if noun == "client" and wish.noun in IN_PROJECTS else kept
        if found.kind == "ambiguous" and key == "place":
            names = joined([f"“{title_of(row, noun)}”" for row in found.rows[:_MOST_NAMES]], "or")
            return asked(wish, f"Several {NOUNS[noun].many} match “{name}”. Please ask again for {names}.")
    if (parts := _TWO_PLACES.fullmatch(name)) is not None and key == "place":
        return (yield from _in_both(kept, parts["first"], parts["last"], owners, delegate))
    if wish.noun == "task" and not wish.has("assignee"):
        (text,) = yield [delegate(kept.but(assignee=name))]
        if read_outcome(wish, text).rows:
            return kept.but(assignee=name)
    return asked(wish, not_read(name)) if wish.has("search") else _searched(wish, key)


def _in_both(wish: Wish, first: str, last: str, owners: dict[str, str], delegate: Delegate) -> Plan[Wish | Outcome]:
    """`for Ben in Driver app`: the last is the place, and the first may be a person."""
    placed = yield from _loosely(wish.but(place=last), "place", owners, delegate)
    if isinstance(placed, Outcome):
        return placed
    if placed.has("unread"):
        return _searched(wish.but(place=f"{first} in {last}"), "place")
    return (yield from _loosely(placed.but(about=first), "about", owners, delegate))


def _possible(wish: Wish) -> list[str]:
    """The kinds a wish without one can be about."""
    if wish.has("due") or wish.has("shift_days") or wish.has("is_approved"):
        return ["task", "timeline"]
    return [noun for noun in NOUNS if noun != "comment"]
