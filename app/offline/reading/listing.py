"""Wishes to see, count or chart rows. What narrows them is taken out of the text piece by piece, in any order; what is left
over and no filler is what the rows are about."""

import re
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from app.offline.calendar_words import AMOUNTS
from app.offline.dates import day_start_ms
from app.offline.reading import listing_words as said
from app.offline.reading.abbreviations import ENDS_SHORT
from app.offline.reading.listing_dates import read_dates
from app.offline.reading.placing import possible_places
from app.offline.reading.targets import NOUN_WORDS, noun_of
from app.offline.reading.templates import PRIORITIES
from app.offline.wishes import Value, Wish
from app.offline.words import Masked

_NOBODY = ("i", "we", "you", "me", "it", "there", "that", "this", "they")
_PATTERNS: dict[str, re.Pattern[str]] = {}


def read_listing(text: str, masked: Masked, now: datetime | None) -> list[Wish]:
    """One wish, or two for an agenda (tasks and milestones); none when the text does not ask to see rows."""
    if (finished := _finished(text, now)) is not None:
        return [finished]
    if (several := said.SEVERAL.fullmatch(text)) is not None:
        words = re.split(r"\s*,\s*(?:and\s+)?|\s+and\s+", several["nouns"])
        return [
            Wish("list", noun_of(re.sub(r"^(?:all |my |our |the )*", "", each, flags=re.IGNORECASE))) for each in words
        ]
    text = plainly(re.sub(said.DONE_TOO, "", said.SEARCHING.sub("find ", text, count=1), flags=re.IGNORECASE))
    if not any(pattern.match(text) for pattern in (said.OPENERS, said.OWNED, said.ONLY_NAMED)):
        return []
    details: dict[str, Value] = {}
    text = _fewest(text, details)
    noun, rest = _noun(re.sub(said.WHOLE_OF, " ", _chart(text, details), flags=re.IGNORECASE))
    if noun in ("project", "client") and said.TASKS_UNNAMED.search(rest) and said.IN_ONE.search(text):
        noun, rest = "", text
    is_unnamed = False
    if not noun and said.AGENDA.search(rest):
        return _agenda(rest, now)
    if not noun:
        if not said.TASKS_UNNAMED.search(text):
            return []
        noun = "task"
        is_unnamed = True
    rest = _taken(rest, noun, details, masked, now)
    _ask(text, noun, details, is_unnamed=is_unnamed)
    return _about(_left(rest), text, noun, details, masked)


def _ask(text: str, noun: str, details: dict[str, Value], *, is_unnamed: bool) -> None:
    """Whether rows are counted, grouped or sorted, and whether open tasks alone are meant."""
    if re.search(r"\b(?:how many|count|number of)\b", text, re.IGNORECASE):
        details["count"] = True
    if details.get("by") == "day" and not {"count", "chart"} & details.keys() and not said.COUNTING.search(text):
        details["sort"] = details.pop("by")
    is_about_work = is_unnamed or (noun == "task" and said.TO_BE_DONE.search(text))
    if is_about_work and not {"status", "overdue", "when", "count", "chart", "by"} & details.keys():
        details["status"] = ["todo", "in_progress"]  # what is urgent is what is to be done


def _about(left: str, text: str, noun: str, details: dict[str, Value], masked: Masked) -> list[Wish]:
    if left and re.match(r"(?:the|my|our|a|an)\b", text, re.IGNORECASE) and not details and not said.OWNED.match(text):
        return []  # a statement about something, not a question for rows
    about = " ".join(each for each in (str(details.get("about", "")), masked.plain(left)) if each)
    return [_perhaps_in(Wish("list", noun, details | ({"about": about} if about else {})))]


def _perhaps_in(wish: Wish) -> Wish:
    """`about payment in Driver app`: of this project, when there is one of the name."""
    pairs = possible_places(wish.text("search"), "") if wish.noun == "task" else []
    places = [text for place, bare in pairs for text in (place, wish.but(search=bare).sentence())]
    return wish.but(places=places) if places else wish


def read_search(text: str, masked: Masked) -> list[Wish]:
    """`search for deployment`: no kind of row is named, so tasks and notes that hold the words are meant."""
    found = said.ANYWHERE.fullmatch(text.rstrip("?"))
    words = masked.plain(found["what"]) if found is not None else ""
    if not _left(words):
        return []
    return [_perhaps_in(Wish("list", "task", {"search": words})), Wish("search", "note", {"search": words})]


def _fewest(text: str, details: dict[str, Value]) -> str:
    """Takes `5` out of `show me 5 tasks`, and what makes them the first: the highest, or the latest."""
    if (most := said.MOST_TOLD.search(text)) is not None:
        details["most"] = AMOUNTS.get(most["most"].lower()) or int(most["most"])
        if most["top"]:
            details["sort"] = "priority"
        text = f"{text[: most.start()]}{text[most.end() :]}"
    latest = said.LATEST.search(text)
    if latest is None or not re.search(r"\bnotes?\b", text, re.IGNORECASE):
        return text  # only notes come in the order in which they were changed
    if latest["one"] and "most" not in details:
        details["most"] = 1
    return f"{text[: latest.start()]}{latest['one'] or ''}{text[latest.end() :]}"


def plainly(text: str) -> str:
    """What asks for tasks without naming them so: `which project has the most open tasks?` → `open tasks by project`."""
    for pattern, plainly in said.PLAINLY:
        if (asked := pattern.fullmatch(text.rstrip("?"))) is not None:
            return asked.expand(plainly)
    most = said.MOST.fullmatch(text.rstrip("?"))
    if most is None:
        return text
    by = {None: "assignee", "person": "assignee"}.get(most["what"], most["what"])
    return f"{most['rest']} tasks {most['more']} by {by}".strip()


def _finished(text: str, now: datetime | None) -> Wish | None:
    """`what did I do yesterday?`: what was due in these days and is done; nobody notes when a task was finished."""
    done = said.DID.fullmatch(text)
    details: dict[str, Value] = {"status": ["done"], "by_due": True}
    if done is None or now is None:
        return None
    rest, has_date = read_dates(done["when"], details, now)
    return Wish("list", "task", details) if has_date and not _left(rest) else None


def _noun(text: str) -> tuple[str, str]:
    """The kind asked for, and the text without it: the one after a possessive, or the first that nothing leads into."""
    led = "".join(rf"(?<!\b{each} )" for each in ("in the", "per", "by", "in", "for", "of", "client", "each", "this"))
    found: list[tuple[int, int, str]] = []
    for noun in said.LISTED:
        words = (
            NOUN_WORDS[noun]
            if noun != "task"
            else NOUN_WORDS["task"].replace("to-?dos?", "to-?dos|to-?do list|to-?do items")
        )
        found += [(*match.span(), noun) for match in re.finditer(rf"{led}\b(?:{words})\b", text, re.IGNORECASE)]
    if not found:
        return "", text
    owned = [each for each in found if re.search(r"\w['’]s?\s+(?:\w+\s+)?$", text[: each[0]])]
    # "the Driver app project's tasks": what is owned; "project tasks": the last of two in a row
    start, end, noun = min(owned or found)
    return noun, f"{text[:start]} {text[end:]}"


def _agenda(text: str, now: datetime | None) -> list[Wish]:
    """Open tasks and milestones of the days asked for; of today when no day is said."""
    details: dict[str, Value] = {}
    if now is not None:
        if re.search(r"\bweek\b", text) and not re.search(r"\b(?:this|next|last) week", text):
            text = text.replace("week", "this week")
        if not read_dates(text, details, now)[1]:
            read_dates("today", details, now)
    shared: dict[str, Value] = {key: details[key] for key in ("from", "to", "when") if key in details}
    return [Wish("list", "task", shared | {"status": ["todo", "in_progress"]}), Wish("list", "timeline", shared)]


def _taken(text: str, noun: str, details: dict[str, Value], masked: Masked, now: datetime | None) -> str:
    """Takes what narrows out of the text, most telling words first."""
    text = _grouping(text, details)
    if noun in ("task", "note", "project"):
        owner = "client|customer" if noun == "project" else "project"
        text = _out(rf"\b{said.UNFILED}(?:{owner})s?\b", text, lambda _: details.update(unfiled=True))
    if noun == "task":
        text = _out(rf"\b(?:{said.NO_DATE})\b", text, lambda _: details.update(undated=True))
        text = _out(rf"\b(?:{said.OVERDUE})\b", text, lambda _: details.update(overdue=True))
        text = _out(rf"\b(?:{said.UNASSIGNED})\b", text, lambda _: details.update(unassigned=True))
        text = _statuses(text, details)
        text = _priorities(text, details)
    if noun == "project":
        text = _out(rf"\b(?:{said.ARCHIVED_TOO})\b", text, lambda _: details.update(all=True))
        text = _out(r"\b(?:archived|inactive|closed|old)\b", text, lambda _: details.update(status="archived"))
        text = _out(r"\b(?:active|ongoing|running|open)\b", text, lambda _: details.update(status="active"))
        text = _out(r"\bincluding\b|\ball\b", text, lambda _: details.update(all=True))
    if noun == "timeline":
        text = _out(r"\b(?:unapproved|not approved|unconfirmed)\b", text, lambda _: details.update(is_approved=0))
        text = _out(r"\bapproved\b", text, lambda _: details.update(is_approved=1))
        if now is not None and isinstance(zone := now.tzinfo, ZoneInfo):
            start = day_start_ms(now.date(), zone)
            text = _out(r"\b(?:upcoming|coming)\b", text, lambda _: details.update({"from": start}))
    if now is not None and noun in ("task", "timeline"):
        text, _ = read_dates(text, details, now)
    return _phrases(text, noun, details, masked)


def _phrases(text: str, noun: str, details: dict[str, Value], masked: Masked) -> str:
    """`assigned to Ana`, `in project X`, `for client X`, `about X`, `in X`: each to the end of the text."""

    def keep(key: str) -> Callable[[re.Match[str]], None]:
        def store(match: re.Match[str]) -> None:
            value = masked.plain(next(group for group in match.groups() if group is not None).strip(" ,?"))
            value = value if ENDS_SHORT.search(value.rstrip(".")) else value.rstrip(".")
            value = re.sub(r"['’]s$", "", value)
            if value and not (key in ("assignee", "about") and value.lower() in _NOBODY):
                details[key] = value

        return store

    text = re.sub(said.LOOSE_END, " ", text, flags=re.IGNORECASE)
    if noun in ("task", "timeline", "note"):
        text = _out(r"\b(?:in|on)?\s*\bhere\b", text, lambda _: details.update(place="here"))
    if noun == "task":
        text = _out(rf"\b(?:{said.ASSIGNED})", text, keep("assignee"))
        text = _out(rf"\b{said.OF_WHOM}\b", text, keep("about"))
    if noun in ("task", "timeline", "note"):
        text = _out(rf"\b(?:{said.NAMED_PROJECT})", text, keep("project"))
    if noun != "client" and "project" not in details:
        text = _out(rf"\b(?:{said.NAMED_CLIENT})", text, keep("client"))
    if "project" not in details and "client" not in details:
        text = _out(rf"\b{said.ABOUT}", text, _unless_filler(keep("search")))
    text = re.sub(said.LOOSE_END, " ", text, flags=re.IGNORECASE)
    if not {"project", "client", "search", "place"} & details.keys():
        text = _out(rf"\b(?:{said.PLACE})\s*$", text, _unless_filler(keep("place")))
    return text


def _unless_filler(store: Callable[[re.Match[str]], None]) -> Callable[[re.Match[str]], None]:
    def checked(match: re.Match[str]) -> None:
        if _left(" ".join(group for group in match.groups() if group)):
            store(match)

    return checked


def _chart(text: str, details: dict[str, Value]) -> str:
    def store(match: re.Match[str]) -> None:
        details["chart"] = (match["type"] or "bar").lower()

    if re.match(r"\s*(?:chart|plot|graph|draw|visuali[sz]e)\b", text, re.IGNORECASE):
        details["chart"] = "bar"
    return _out(said.CHART, text, store)


def _grouping(text: str, details: dict[str, Value]) -> str:
    def store(match: re.Match[str]) -> None:
        what = match["what"].lower()
        dimension = next((each for each, words in said.DIMENSIONS.items() if re.fullmatch(words, what)), "title")
        details["sort" if re.match("sort|order", match["how"].lower()) else "by"] = dimension

    return _out(said.BY, text, store)


def _statuses(text: str, details: dict[str, Value]) -> str:
    found: list[str] = []
    for status, pattern in said.STATUS.items():
        wanted = ["todo", "in_progress"] if status == "open" else [status]
        text = _out(rf"\b(?:{pattern})\b", text, lambda _, wanted=wanted: found.extend(wanted))  # type: ignore[misc]
    if found:
        details["status"] = [each for each in ("todo", "in_progress", "done") if each in found]
    return text


def _priorities(text: str, details: dict[str, Value]) -> str:
    found: list[str] = []

    def store(match: re.Match[str]) -> None:
        found.extend(
            value for value, words in PRIORITIES.items() if re.search(rf"\b(?:{words})\b", match[0], re.IGNORECASE)
        )

    text = _out(
        rf"\b(?:{said.PRIORITY})(?:(?:\s+(?:and|or)\s+|,\s*)(?:{said.PRIORITY}))*(?:[ -]priority)?\b", text, store
    )
    if found:
        details["priority"] = found
    return text


def _left(text: str) -> str:
    """What is left and means something. Quotations stay."""
    without = said.FILLERS.sub(" ", re.sub(r"['’]s\b", " ", text))
    words = re.sub(r"[^\w\ue000\ue001&'’.-]+", " ", without)
    return words.strip(" .'’-")


def _out(pattern: str, text: str, store: Callable[[re.Match[str]], None]) -> str:
    compiled = _PATTERNS.get(pattern)
    if compiled is None:
        compiled = _PATTERNS[pattern] = re.compile(pattern, re.IGNORECASE | re.DOTALL)
    match = compiled.search(text)
    if match is None:
        return text
    store(match)
    return f"{text[: match.start()]} {text[match.end() :]}"
