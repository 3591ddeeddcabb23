"""What follows a title: `Buy milk, high priority, due tomorrow at 5pm, in project Driver app, assigned to Ana`.

Clauses are taken off the end, one after the other, until what is left is the title.
"""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from app.offline.dates import spans
from app.offline.reading.templates import PRIORITIES, STATUSES, choice
from app.offline.wishes import Value
from app.offline.words import Masked

_PRIORITY = "|".join(PRIORITIES.values())
_STATUS = "|".join(STATUSES.values())
# Each stands at the end; `rest` takes as much as it can, so that the last such words are taken, not the first.
_REST = r"(?P<rest>.*?)(?:^|[\s,;]+)(?:and\s+)?"
_LAST = r"(?P<rest>.*)(?:^|[\s,;]+)(?:and\s+)?"
_CLAUSES = tuple(
    (key, re.compile(start + pattern, re.IGNORECASE | re.DOTALL))
    for key, start, pattern in (
        ("description", _REST, r"(?:with )?(?:the |a )?description:? (?P<value>.+)"),
        ("priority", _REST, rf"(?:with |at |of )?(?:a )?(?P<value>{_PRIORITY})[ -]priority"),
        ("priority", _REST, rf"(?:with )?priority:? (?P<value>{_PRIORITY})"),
        ("status", _REST, rf"(?:with )?status:? (?P<value>{_STATUS})"),
        ("assignee", _LAST, r"(?:and )?assign(?:ed)?(?: it)? to (?P<value>.+)"),
        ("project", _LAST, r"(?:in|to|for|under|on|of) (?:the |my )?project:? (?P<value>.+)"),
        ("project", _LAST, r"(?:in|to|for|under|on|of) (?:the |my )?(?P<value>\S+|\S+ \S+|\S+ \S+ \S+) project"),
        ("client", _LAST, r"(?:for|of|under) (?:the |my )?(?:client|customer):? (?P<value>.+)"),
        ("industry", _LAST, r"\(?(?:in|with|from) (?:the )?industry:? (?P<value>.+?)\)?"),
        ("industry", _LAST, r"(?:in|from) the (?P<value>.+) (?:industry|business|sector)"),
        ("industry", _LAST, r"industry:? (?P<value>.+)"),
        (
            "parent",
            _LAST,
            r"(?:with )?(?:under |parent |as a (?:child|subsidiary) of )(?:the )?(?:client |parent )?(?P<value>.+)",
        ),
    )
)
_ALLOWED = {
    "task": {"description", "priority", "status", "assignee", "project", "due"},
    "project": {"client"},
    "timeline": {"project", "due"},
    "note": {"project"},
    "client": {"industry", "parent"},
}
_LOOSE = {
    "task": ("project", "in|for|to|under"),
    "project": ("client", "for|of"),
    "timeline": ("project", "for|in|of|to"),
}
_LOOSE |= {"note": ("project", "in|for|to"), "client": ("industry", "in")}


def take_clauses(text: str, noun: str, masked: Masked, now: datetime | None) -> tuple[str, dict[str, Value]]:
    """The title, and what the clauses say. The first said of a kind wins over what stands before it."""
    details: dict[str, Value] = {}
    while True:
        text = text.strip(" ,;")
        shorter = _without_date(text, details, now) if "due" in _ALLOWED[noun] and "due" not in details else None
        shorter = shorter or _without_clause(text, noun, details, masked)
        if shorter is None:
            break
        text = shorter
    return _loose(text, noun, details, masked), details


def _without_date(text: str, details: dict[str, Value], now: datetime | None) -> str | None:
    if now is None:
        return None
    for span in spans(text, now):
        before = text[: span.start].rstrip(" ,;")
        if span.end == len(text) and before:
            assert isinstance(now.tzinfo, ZoneInfo)
            details["due"] = span.due_ms(now.tzinfo)
            return re.sub(
                r"[\s,;]+(?:and|is|due|date|dated|on|with|a|the|deadline|:)*$", "", before, flags=re.IGNORECASE
            )
    return None


def _without_clause(text: str, noun: str, details: dict[str, Value], masked: Masked) -> str | None:
    for key, pattern in _CLAUSES:
        match = pattern.fullmatch(text) if key in _ALLOWED[noun] and key not in details else None
        if match is None or not match["rest"].strip(" ,;"):
            continue
        value = masked.plain(match["value"].strip(" ,;"))
        if key in ("priority", "status"):
            value = choice(value, PRIORITIES if key == "priority" else STATUSES)
        details[key] = value
        return match["rest"]
    return None


def _loose(text: str, noun: str, details: dict[str, Value], masked: Masked) -> str:
    """`"Buy milk" in Driver app`: after a quoted title, or for nouns that belong to something (`Beta for Driver app`)."""
    key, words = _LOOSE[noun]
    start = r"(?P<title>.+)" if noun in ("project", "timeline", "client") else "(?P<title>\ue000\\d+\ue001)"
    match = re.fullmatch(rf"{start}[\s,]+(?:{words}) (?:the )?(?P<value>.+)", text, re.IGNORECASE | re.DOTALL)
    if match is None or key in details:
        return text
    details[key] = masked.plain(match["value"])
    return match["title"]
