"""From a phrasing that fits to the wish it means."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from app.offline.calendar_words import AMOUNTS
from app.offline.dates import whole
from app.offline.reading import changing as table
from app.offline.reading.targets import Target, target
from app.offline.reading.templates import PRIORITIES, STATUSES, Phrasing, choice, fits
from app.offline.wishes import Value, Wish
from app.offline.words import Masked

Slots = dict[str, str]


@dataclass(frozen=True, slots=True)
class Read:
    """A wish, and whether nobody could take its words for part of a title (see `Target.is_plain`)."""

    wish: Wish
    is_plain: bool = True


@dataclass(frozen=True, slots=True)
class Context:
    masked: Masked
    now: datetime | None


_QUESTION = re.compile(r"(?:which|what|who|when|where|how|why|is|are|do|does|did|show|list|find|any)\b", re.IGNORECASE)

Meaning = Callable[[Phrasing, Slots, Context], Wish | Read | None]


def read_change(text: str, masked: Masked, now: datetime | None) -> Read | None:
    """The first wish a table gives a meaning to."""
    return next(_meant(text, Context(masked, now)), None)


def _meant(text: str, context: Context) -> Iterator[Read]:
    is_question = _QUESTION.match(text) is not None
    for phrases, meaning in MEANINGS:
        for phrasing, slots in fits(text, phrases):
            if is_question and phrasing.text.startswith("{target}"):
                continue
            found = meaning(phrasing, slots, context)
            if isinstance(found, Wish):
                found = Read(found)
            if found is not None:
                yield found


def _said(slots: Slots) -> str:
    """The words for the row; without any it is what was spoken of, or is looked at."""
    return slots.get("target") or slots.get("this") or "it"


def _change(verb: str, noun: str, which: Target, **details: Value) -> Read:
    if which.is_many:
        return Read(Wish("many", noun, {"verb": verb}))
    return Read(Wish(verb, which.noun or noun, which.details | details), which.is_plain)


def _status(phrasing: Phrasing, slots: Slots, context: Context) -> Read | None:
    which = target(_said(slots), context.masked)
    if which.noun not in ("", "task"):
        return None
    status = dict(phrasing.fixed).get("status") or choice(slots["status"], STATUSES)
    read = _change("update", "task", which, status=status)
    return read if phrasing.text.startswith("{target}") else _sure(read)


def _priority(phrasing: Phrasing, slots: Slots, context: Context) -> Read | None:
    which = target(_said(slots), context.masked)
    if which.noun not in ("", "task"):
        return None
    priority = dict(phrasing.fixed).get("priority") or choice(slots["priority"], PRIORITIES)
    read = _change("update", "task", which, priority=priority)
    return read if phrasing.text.startswith("{target}") else _sure(read)


def _sure(read: Read) -> Read:
    return Read(read.wish, is_plain=True)


def _shift(phrasing: Phrasing, slots: Slots, context: Context) -> Read:
    count = AMOUNTS.get(slots["days"].lower()) or int(slots["days"])
    days = count * (7 if "week" in phrasing.text else 1)
    which = target(slots["target"], context.masked)
    return _sure(_change("update", which.noun or "", which, shift_days=days))


def _due(_phrasing: Phrasing, slots: Slots, context: Context) -> Read | None:
    span = whole(slots["when"], context.now) if context.now is not None else None
    if span is None:
        return None
    assert context.now is not None
    assert isinstance(context.now.tzinfo, ZoneInfo)
    which = target(_said(slots), context.masked)
    due: dict[str, Value] = {"due": span.due_ms(context.now.tzinfo)}
    if which.noun not in ("", "task", "timeline"):
        return None
    return _sure(_change("update", which.noun, which, **due))


def _rename(_phrasing: Phrasing, slots: Slots, context: Context) -> Read:
    title = context.masked.plain(slots["title"])
    return _sure(_change("update", "", target(slots["target"], context.masked, slots.get("noun", "")), title=title))


def _setting(key: str, *nouns: str) -> Meaning:
    """A detail of one row, for the nouns that have it; the first is meant when none was said."""

    def meaning(_phrasing: Phrasing, slots: Slots, context: Context) -> Read | None:
        which = target(slots["target"], context.masked)
        if which.noun and which.noun not in nouns:
            return None
        value: Value = context.masked.plain(slots[key])
        if key == "assignee":
            return _change("update", nouns[0], which, assignees=[str(value)])
        return _change("update", nouns[0], which, **{key: value})

    return meaning


def _fixed(verb: str, noun: str, **details: Value) -> Meaning:
    def meaning(phrasing: Phrasing, slots: Slots, context: Context) -> Read:
        return _change(verb, noun, target(slots["target"], context.masked), **details, **dict(phrasing.fixed))

    return meaning


def _show(_phrasing: Phrasing, slots: Slots, context: Context) -> Read | None:
    which = target(_said(slots), context.masked)
    if which.is_many or which.noun == "comment":
        return None
    return _change("show", which.noun, which)


def _on_task(verb: str) -> Meaning:
    """Comments of one task; without a target, of what was spoken of last."""

    def meaning(phrasing: Phrasing, slots: Slots, context: Context) -> Read | None:
        which = target(slots.get("target", "it"), context.masked)
        if which.noun not in ("", "task") or which.is_many:
            return None
        details: dict[str, Value] = dict(which.details) | dict(phrasing.fixed)
        if "content" in slots:
            details["content"] = context.masked.plain(slots["content"])
        if phrasing.text.startswith("how many"):
            details["count"] = True
        return Read(Wish(verb, "comment", details))

    return meaning


def _note(key: str, verb: str) -> Meaning:
    def meaning(_phrasing: Phrasing, slots: Slots, context: Context) -> Read | None:
        which = target(slots["target"], context.masked)
        if which.noun not in ("", "note") or which.is_many:
            return None
        content = {key: context.masked.plain(slots[key])} if key else {}
        return Read(Wish(verb, "note", which.details | content))

    return meaning


_PROJECT = re.compile(
    r"(?:the |my )?project:? (?P<name>.+)|(?:the |my )?(?P<before>.+) project", re.IGNORECASE | re.DOTALL
)


def _search(_phrasing: Phrasing, slots: Slots, context: Context) -> Wish:
    if (project := _PROJECT.fullmatch(slots["search"].rstrip("?"))) is not None:
        return Wish("list", "note", {"place": context.masked.plain(project["name"] or project["before"])})
    return Wish("search", "note", {"search": context.masked.plain(slots["search"].rstrip("?"))})


MEANINGS: tuple[tuple[tuple[Phrasing, ...], Meaning], ...] = (
    (table.COMMENT, _on_task("create")),
    (table.UNCOMMENT, _on_task("delete")),
    (table.COMMENTS, _on_task("list")),
    (table.SEARCH_NOTES, _search),
    (table.REWRITE, _note("content", "update")),
    (table.APPEND, _note("content", "append")),
    (table.RENAME, _rename),
    (table.PRIORITY, _priority),
    (table.STATUS, _status),
    (table.SHIFT, _shift),
    (table.DUE, _due),
    (table.ARCHIVE, _fixed("update", "project")),
    (table.UNARCHIVE, _fixed("update", "project")),
    (table.APPROVE, _fixed("update", "", is_approved=1)),
    (table.INDUSTRY, _setting("industry", "client")),
    (table.PARENT, _setting("parent", "client")),
    (table.CLIENT, _setting("client", "project")),
    (table.PROJECT, _setting("project", "task", "note", "timeline")),
    (table.DESCRIPTION, _setting("description", "task", "project")),
    (table.MOVE, _setting("project", "task", "note")),
    (table.ASSIGNEE, _setting("assignee", "task")),
    (table.DELETE, _fixed("delete", "")),
    (table.SHOW_NOTE, _note("", "show")),
    (table.SHOW, _show),
)
