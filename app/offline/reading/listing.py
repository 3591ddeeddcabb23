"""Wishes to see, count or chart rows. What narrows them is taken out of the text piece by piece, in any order; what is left
over and no filler is what the rows are about."""

import re
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from app.offline.calendar_words import WEEKDAYS
from app.offline.dates import Span, spans
from app.offline.reading.targets import NOUN_WORDS
from app.offline.reading.templates import PRIORITIES
from app.offline.wishes import Value, Wish
from app.offline.words import Masked

_OPENERS = re.compile(
    r"(?:list|show|display|give|get|find|search|see|view|print|count|chart|plot|graph|draw|visuali[sz]e|summari[sz]e|fetch|any\b|"
    r"which|what|whats|what's|how many|how much|do (?:i|we)|have (?:i|we)|did (?:i|we)|are there|is there|is anything|anything|who|"
    r"number of|all\b|my\b|our\b|the\b|open\b|overdue|high|low|medium|urgent|important|tell me|i want to see|let me see|i need|"
    r"tasks?\b|to-?dos?\b|projects?\b|milestones?\b|timelines?\b|clients?\b|customers?\b|notes?\b|upcoming|pending|unfinished|"
    r"completed|finished|done|late|a |an |bar|pie|line|archived|active)",
    re.IGNORECASE,
)
_OWNED = re.compile(
    rf"[\w\ue000\ue001]+(?: \w+)?['’]s? (?:\w+ )?(?:{'|'.join(NOUN_WORDS.values())})\b", re.IGNORECASE
)  # Ana's tasks
_ONLY_NAMED = re.compile(
    r"(?:\S+ ){1,4}(?:tasks|projects|milestones|notes|clients)$", re.IGNORECASE
)  # Driver app tasks
_IN_ONE = re.compile(
    r"\b(?:in|for|of|on)\b.*\b(?:project|client)\b", re.IGNORECASE
)  # what is left to do in the X project
# asks for tasks without naming them
_TASKS_UNNAMED = re.compile(
    r"\b(?:due|overdue|late|past due|behind schedule)\b|\b(?:i|we) (?:have|need|got|should) to do\b|\bshould (?:i|we) (?:do|work on)\b"
    r"|\bwork on\b|\bto do\b|\bi am working on\b|\bi'm working on\b|\bin progress\b|\b(?:did|have) (?:i|we) (?:finish|complete|done)",
    re.IGNORECASE,
)
_AGENDA = re.compile(
    r"\b(?:agenda|plate|schedule|calendar|coming up|in store|planned|going on|happening|up next)\b|"
    r"\b(?:my|the|our|this|next) (?:day|week|weekend|month)(?:'s plan)? (?:look|plan)|"
    r"\bplans? for\b|^(?:what(?:'s| is) )?next\??$|\b(?:plan|summari[sz]e|brief me on) my (?:day|week)|\bwhat do i have (?!to\b|(?:any|due)\b)(?:today|tomorrow|this|next|on)",
    re.IGNORECASE,
)
_CHART = re.compile(
    r"\b(?:as|in|with|using|on)?\s*(?:an?\s+|the\s+)?(?:(?P<type>bar|pie|line|area|radar|radial)\s*)?(?:chart|graph|diagram|plot)\b(?:\s+of|\s+for|\s+with)?",
    re.IGNORECASE,
)
_DIMENSIONS = {
    "status": "status",
    "priority": "priority|urgency",
    "project": "projects?",
    "day": "due days?|due dates?|days?|dates?|deadline",
    "assignee": "assignees?|person|people",
    "client": "clients?|customers?",
    "industry": "industry|industries",
}
_BY = re.compile(
    rf"\b(?P<how>grouped by|group by|sorted by|sort by|ordered by|order by|by|per|for each|in each|each|across)\s+(?P<what>{'|'.join(_DIMENSIONS.values())}|titles?|names?)\b",
    re.IGNORECASE,
)
_STATUS = (
    (
        "open",
        r"not (?:yet )?(?:done|finished|completed?)|unfinished|incomplete|open|pending|outstanding|remaining|undone|still to do|left to do|left|upcoming|(?:(?:i|we) (?:still )?(?:have|need|got|should|must) to do)|should (?:i|we) (?:do|work on)",
    ),
    (
        "in_progress",
        r"in[ -_]progress|(?:already )?started|ongoing|being worked on|underway|(?:i'm|i am|we are) (?:currently )?working on",
    ),
    ("done", r"done|completed?|finish(?:ed)?|closed"),
    ("todo", r"to[ -]?do(?!s|\s+(?:list|items?))|not started|unstarted|waiting"),
)
_NO_DATE = (
    r"(?:without|with no|that have no|having no|no) (?:an? |any )?(?:due )?(?:dates?|deadlines?)|undated|unscheduled"
)
_OVERDUE = r"overdue|past due|past their due date|behind schedule|running late|late"
_PRIORITY = "|".join(PRIORITIES.values())
_ABOUT = r"(?:about|containing|matching|mentioning|regarding|related to|concerning|named|called|titled|with the words?|that (?:contain|mention)s?)\s+(?P<value>.+)"
_ASSIGNED = r"(?:that are |which are )?assigned to\s+(?P<value>.+)|(?:does|do|did|is|are)\s+(?P<subject>\w+)\s+(?:have|has|need|working)(?: to do)?"
_NAMED_PROJECT = r"(?:in|for|of|from|on|under|inside)\s+(?:the\s+|my\s+)?project:?\s+(?P<value>.+)|(?:in|for|of|from|on|under|inside|does|do)\s+(?:the\s+|my\s+)?(?P<before>.+?)\s+project(?:\s+have|\s+has)?(?=\s*$)"
_NAMED_CLIENT = r"(?:in|for|of|from|with)\s+(?:the\s+|my\s+)?(?:client|customer):?\s+(?P<value>.+)"
_PLACE = r"(?:in|for|of|from|on|under|inside|belonging to)\s+(?:the\s+|my\s+)?(?P<value>.+)|(?:does|do)\s+(?:the\s+)?(?P<before>.+?)\s+have"
_WHOLE_OF = r"\b(?:list|number|count|overview|summary|all|any|some|most|each|breakdown|distribution)\s+of\b"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FILLERS = re.compile(
    r"\b(?:please|list|show|display|give|get|find|search|see|view|print|count|chart|plot|graph|draw|visuali[sz]e|summari[sz]e|fetch|any|"
    r"anything|which|what|whats|what's|how|many|much|do|does|did|i|we|you|have|has|had|got|are|is|was|were|there|that|who|number|all|"
    r"me|my|our|the|a|an|of|for|in|on|with|and|or|to|tell|want|let|need|due|current|currently|right now|now|still|both|every|each|"
    r"by|as|it|them|out|up|list|lists|overview|priority|status|total|altogether|overall|everything|some|yet|so far|new|existing|"
    r"look|looking|at|be|been|should|must|work|working|be done|been done|so|s|when|can|items?|things?|entries|left|look for|from)\b",
    re.IGNORECASE,
)
_PATTERNS: dict[str, re.Pattern[str]] = {}
_HAPPY = ["task", "project", "timeline", "note", "client"]


def read_listing(text: str, masked: Masked, now: datetime | None) -> list[Wish]:
    """One wish, or two for an agenda (tasks and milestones); none when the text does not ask to see rows."""
    if not any(pattern.match(text) for pattern in (_OPENERS, _OWNED, _ONLY_NAMED)):
        return []
    details: dict[str, Value] = {}
    noun, rest = _noun(re.sub(_WHOLE_OF, " ", _chart(text, details), flags=re.IGNORECASE))
    if noun in ("project", "client") and _TASKS_UNNAMED.search(rest) and _IN_ONE.search(text):
        noun, rest = "", text
    if not noun and _AGENDA.search(rest):
        return _agenda(rest, now)
    if not noun:
        if not _TASKS_UNNAMED.search(text):
            return []
        noun = "task"
    rest = _taken(rest, noun, details, masked, now)
    if re.search(r"\b(?:how many|count|number of)\b", text, re.IGNORECASE):
        details["count"] = True
    left = _left(rest)
    if left and re.match(r"(?:the|my|our|a|an)\b", text, re.IGNORECASE) and not details and not _OWNED.match(text):
        return []  # a statement about something, not a question for rows
    if left:
        details["about"] = masked.plain(left)
    return [Wish("list", noun, details)]


def _noun(text: str) -> tuple[str, str]:
    """The kind asked for, and the text without it: the one after a possessive, or the first that nothing leads into."""
    led = r"(?<!\bin the )(?<!\bper )(?<!\bby )(?<!\bin )(?<!\bfor )(?<!\bof )(?<!\bthe client )(?<!\beach )(?<!\bthis )(?<!\bfor client )"
    found: list[tuple[int, int, str]] = []
    for noun in _HAPPY:
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
        if not _dates(text, details, now)[1]:
            _dates("today", details, now)
    shared = {key: details[key] for key in ("from", "to", "when") if key in details}
    return [Wish("list", "task", shared | {"status": ["todo", "in_progress"]}), Wish("list", "timeline", dict(shared))]


def _taken(text: str, noun: str, details: dict[str, Value], masked: Masked, now: datetime | None) -> str:
    """Takes what narrows out of the text, most telling words first."""
    text = _grouping(text, details)
    if noun == "task":
        text = _out(rf"\b(?:{_NO_DATE})\b", text, lambda _: details.update(undated=True))
        text = _out(rf"\b(?:{_OVERDUE})\b", text, lambda _: details.update(overdue=True))
        text = _statuses(text, details)
        text = _priorities(text, details)
    if noun == "project":
        text = _out(r"\b(?:archived|inactive|closed|old)\b", text, lambda _: details.update(status="archived"))
        text = _out(r"\b(?:active|ongoing|running|open)\b", text, lambda _: details.update(status="active"))
        text = _out(r"\bincluding\b|\ball\b", text, lambda _: details.update(all=True))
    if noun == "timeline":
        text = _out(r"\b(?:unapproved|not approved|unconfirmed)\b", text, lambda _: details.update(is_approved=0))
        text = _out(r"\bapproved\b", text, lambda _: details.update(is_approved=1))
        if re.search(r"\b(?:upcoming|next|coming)\b", text) and now is not None:
            text = _out(
                r"\b(?:upcoming|coming)\b", text, lambda _: details.update({"from": round(now.timestamp() * 1000)})
            )
    if now is not None and noun in ("task", "timeline"):
        text, _ = _dates(text, details, now)
    return _phrases(text, noun, details, masked)


def _phrases(text: str, noun: str, details: dict[str, Value], masked: Masked) -> str:
    """`assigned to Ana`, `in project X`, `for client X`, `about X`, `in X`: each to the end of the text."""

    def keep(key: str) -> Callable[[re.Match[str]], None]:
        def store(match: re.Match[str]) -> None:
            value = masked.plain(next(group for group in match.groups() if group is not None).strip(" ,.?"))
            if value and not (key == "assignee" and value.lower() in ("i", "we", "you", "me", "it", "there")):
                details[key] = value

        return store

    if noun == "task":
        text = _out(rf"\b(?:{_ASSIGNED})", text, keep("assignee"))
    if noun in ("task", "timeline", "note"):
        text = _out(rf"\b(?:{_NAMED_PROJECT})", text, keep("project"))
    if noun == "project":
        text = _out(rf"\b(?:{_NAMED_CLIENT})", text, keep("client"))
    if "project" not in details and "client" not in details:
        text = _out(rf"\b{_ABOUT}", text, keep("search"))
    if not {"project", "client", "search"} & details.keys():
        text = _out(rf"\b(?:{_PLACE})\s*$", text, _unless_filler(keep("place")))
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
    return _out(_CHART.pattern, text, store)


def _grouping(text: str, details: dict[str, Value]) -> str:
    def store(match: re.Match[str]) -> None:
        what = match["what"].lower()
        dimension = next((each for each, words in _DIMENSIONS.items() if re.fullmatch(words, what)), "title")
        details["sort" if re.match("sort|order", match["how"].lower()) else "by"] = dimension

    return _out(_BY.pattern, text, store)


def _statuses(text: str, details: dict[str, Value]) -> str:
    found: list[str] = []
    for status, words in _STATUS:
        wanted = ["todo", "in_progress"] if status == "open" else [status]
        text = _out(rf"\b(?:{words})\b", text, lambda _, wanted=wanted: found.extend(wanted))  # type: ignore[misc]
    if found:
        details["status"] = [each for each in ("todo", "in_progress", "done") if each in found]
    return text


def _priorities(text: str, details: dict[str, Value]) -> str:
    found: list[str] = []

    def store(match: re.Match[str]) -> None:
        found.extend(
            value for value, words in PRIORITIES.items() if re.search(rf"\b(?:{words})\b", match[0], re.IGNORECASE)
        )

    text = _out(rf"\b(?:{_PRIORITY})(?:(?:\s+(?:and|or)\s+|,\s*)(?:{_PRIORITY}))*(?:[ -]priority)?\b", text, store)
    if found:
        details["priority"] = found
    return text


def _dates(text: str, details: dict[str, Value], now: datetime) -> tuple[str, bool]:
    assert isinstance(now.tzinfo, ZoneInfo)
    for span in spans(text, now):
        first, last = span.bounds_ms(now.tzinfo)
        details |= {"when": _when(span)}
        details |= {key: value for key, value in (("from", first), ("to", last)) if value != -1}
        if span.words.lower() in ("today", "tonight"):
            details["today"] = True
        return f"{text[: span.start]} {text[span.end :]}", True
    return text, False


def _when(span: Span) -> str:
    """`tomorrow`, `by friday`, `before 24 dec`."""
    relation = span.relation.removeprefix("due").strip()
    words = f"{'' if relation in ('on', 'for', 'from') else relation} {span.words}".strip().lower()
    return re.sub(r"[a-z]+day\b|\d+ [a-z]|\b[a-z]+(?= \d)", lambda name: _as_a_name(name[0]), words)


def _as_a_name(word: str) -> str:
    """Weekdays and months have capitals."""
    is_day = word in WEEKDAYS
    return word.capitalize() if is_day or word[:3] in _MONTHS else word


def _left(text: str) -> str:
    """What is left and means something. Quotations stay."""
    without = _FILLERS.sub(" ", re.sub(r"['’]s\b", " ", text))
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
