"""What follows a title: `Buy milk, high priority, due tomorrow at 5pm, in project Driver app, assigned to Ana`.

Clauses are taken off the end, one after the other, until what is left is the title.
"""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from app.offline.dates import spans
from app.offline.reading.abbreviations import ENDS_SHORT
from app.offline.reading.templates import PRIORITIES, STATUSES, choice
from app.offline.wishes import Value
from app.offline.words import Masked

_PRIORITY = "|".join(PRIORITIES.values())
_STATUS = "|".join(STATUSES.values())
# Each stands at the end; `rest` takes as much as it can, so that the last such words are taken, not the first.
_REST = r"(?P<rest>.*?)(?:^|[\s,;]+)(?:and\s+)?"
_LAST = r"(?P<rest>.*)(?:^|[\s,;]+)(?:and\s+)?"
_APART = r"(?P<rest>.*)[,;]\s*(?:and\s+)?"  # a comma is needed: the words may belong to the title without it
_CLAUSES = tuple(
    (key, re.compile(start + pattern, re.IGNORECASE | re.DOTALL))
    for key, start, pattern in (
        ("description", _REST, r"(?:with )?(?:the |a )?description:? (?P<value>\ue000\d+\ue001|[^\ue000].*)"),
        ("priority", _REST, rf"(?:with |at |of )?(?:a )?(?P<value>{_PRIORITY})[ -]priority"),
        ("priority", _REST, rf"(?:with )?(?:an? |the )?priority:? (?:of |is )?(?P<value>{_PRIORITY})"),
        ("priority", _APART, rf"(?:very )?(?P<value>{_PRIORITY})"),
        ("status", _REST, rf"(?:with )?(?:an? |the )?status:? (?:of |is )?(?P<value>{_STATUS})"),
        ("assignee", _LAST, r"(?:and )?assign(?:ed)?(?: it)? to (?P<value>.+)"),
        ("assignee", _APART, r"assignees?:? (?P<value>.+)"),
        ("project", _LAST, r"(?:in|to|for|under|on|of) (?:the |my )?project:? (?P<value>.+)"),
        ("project", _LAST, r"(?:in|to|for|under|on|of) (?:the |my )?(?P<value>\S+|\S+ \S+|\S+ \S+ \S+) project"),
        ("project", _APART, r"(?:the |my )?project:? (?P<value>.+)"),
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
# what leads into a date: "with a due date of", ", deadline:", "is due on"; "the date" alone belongs to the title
_DUE = r"(?:due(?:[\s:]+date)?|dated?|deadline)(?:[\s,;:]+(?:is|of|on|by|for|at))*[\s,;:]*"
_BEFORE_DATE = re.compile(
    rf"(?:(?:[\s,;]+(?:and|with|which|that|is|has)\b)+\s+(?:an?\s+|the\s+)?{_DUE}|[,;]\s*(?:an?\s+|the\s+)?{_DUE}"
    rf"|(?<!\bthe)(?<!\ba)(?<!\bmy)(?<!\bour)\s+{_DUE}|[\s,;:]+(?:and|with|(?:that |which )?is)|[\s,;:]+)$",
    re.IGNORECASE,
)
_NEAR = ("today", "tonight", "tomorrow")
_DESCRIBED = re.compile(r"\bdescription\b", re.IGNORECASE)
# "Alpha. Due tomorrow. High priority."
_SENTENCE = re.compile(
    r"\.\s+(?=(?:The (?:due|deadline|priority|status)|Due|Deadline|By|"
    r"(?:Very )?(?:High|Medium|Low|Urgent|Important)|Priority|Status|Assign(?:ed|ees?)?|"
    r"(?:In|For|The)? ?[Pp]roject|Description|With|Today|Tomorrow|Next)\b)"
)


def take_clauses(text: str, noun: str, masked: Masked, now: datetime | None) -> tuple[str, dict[str, Value]]:
    """The title, and what the clauses say. The first said of a kind wins over what stands before it."""
    details: dict[str, Value] = {}
    text = _one_sentence(text)
    while True:
        text = text.strip(" ,;")
        shorter = _without_date(text, details, now) if "due" in _ALLOWED[noun] and "due" not in details else None
        shorter = shorter or _without_clause(text, noun, details, masked)
        if shorter is None:
            break
        text = shorter
    return _loose(text, noun, details, masked), details


def _one_sentence(text: str) -> str:
    """`Alpha. Due tomorrow.` → `Alpha; Due tomorrow.`; a description is left as it is."""
    start = described.start() if (described := _DESCRIBED.search(text)) is not None else len(text)
    joined = _SENTENCE.sub(lambda end: ".; " if ENDS_SHORT.search(end.string[: end.start()]) else "; ", text[:start])
    return joined + text[start:]


def _without_date(text: str, details: dict[str, Value], now: datetime | None) -> str | None:
    if now is None:
        return None
    for span in spans(text, now):
        # "turn it on tomorrow": nobody says "on tomorrow"
        is_on = span.relation == "on" and span.words.lower() in _NEAR
        before = text[: span.start + (len(span.relation) if is_on else 0)].rstrip(" ,;")
        if span.end == len(text) and before:
            assert isinstance(now.tzinfo, ZoneInfo)
            title = _BEFORE_DATE.sub("", before)
            details["due"] = span.due_ms(now.tzinfo)
            return title or before
    return None


def _without_clause(text: str, noun: str, details: dict[str, Value], masked: Masked) -> str | None:
    """The text without its last clause; a description goes on to the end."""
    found: dict[str, re.Match[str]] = {}
    for key, pattern in _CLAUSES:
        match = pattern.fullmatch(text) if key in _ALLOWED[noun] - details.keys() - found.keys() else None
        if match is not None and match["rest"].strip(" ,;"):
            found[key] = match
    if not found:
        return None
    key = "description" if "description" in found else max(found, key=lambda each: len(found[each]["rest"]))
    match = found[key]
    value = masked.plain(match["value"].strip(" ,;"))
    if key in ("priority", "status"):
        value = choice(value, PRIORITIES if key == "priority" else STATUSES)
    details[key] = value
    return match["rest"]


def _loose(text: str, noun: str, details: dict[str, Value], masked: Masked) -> str:
    """`"Buy milk" in Driver app`: after a quoted title, or for nouns that belong to something (`Beta for Driver app`)."""
    key, words = _LOOSE[noun]
    start = r"(?P<title>.+)" if noun in ("project", "timeline", "client") else "(?P<title>\ue000\\d+\ue001)"
    match = re.fullmatch(rf"{start}[\s,]+(?:{words}) (?:the )?(?P<value>.+)", text, re.IGNORECASE | re.DOTALL)
    if match is None or key in details:
        return text
    details[key] = masked.plain(match["value"])
    return match["title"]
