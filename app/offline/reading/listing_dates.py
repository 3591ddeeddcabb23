"""The days a list is asked for."""

import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.offline.calendar_words import WEEKDAYS
from app.offline.dates import Span, spans
from app.offline.wishes import Value

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def read_dates(text: str, details: dict[str, Value], now: datetime) -> tuple[str, bool]:
    """One date, or two as in `today and tomorrow`, which are all the days between them."""
    assert isinstance(now.tzinfo, ZoneInfo)
    found = list(spans(text, now))
    if not found:
        return text, False
    span, end = found[0], found[0].end
    between = re.search(r"\bbetween\s*$", text[: span.start], re.IGNORECASE)
    details["when"] = _when(span)
    both = None
    if len(found) > 1 and re.fullmatch(
        r"\W*(?:and|or|to|through|till|until|-)?\W*", text[end : found[1].start], re.IGNORECASE
    ):
        both = _from_both_sides(span, found[1], now.tzinfo)
        joint = text[end : found[1].start].strip(" ,") or found[1].relation or "and"
        details["when"] = (
            f"{'between ' if between else ''}{_when(span)} {joint} {_when(found[1]) if both else _unrelated(found[1])}"
        )
        relation = "" if span.relation in ("from", "since") else span.relation
        span, end = replace(span, last=_last_of(span, found[1]), words="", relation=relation), found[1].end
    first, last = span.bounds_ms(now.tzinfo)
    if both is not None:
        first, last = both
    details |= {key: value for key, value in (("from", first), ("to", last)) if value != -1}
    if span.words.lower() in ("today", "tonight") and -1 not in (first, last):
        details["today"] = True
    return f"{text[: between.start() if between else span.start]} {text[end:]}", True


def _from_both_sides(one: Span, other: Span, zone: ZoneInfo) -> tuple[int, int] | None:
    """From and to of `after tomorrow and before Friday`; None when both are days, or open on the same side."""
    (first, last), (other_first, other_last) = one.bounds_ms(zone), other.bounds_ms(zone)
    is_open = [(first == -1, last == -1), (other_first == -1, other_last == -1)]
    if sorted(is_open) != [(False, True), (True, False)]:
        return None
    return max(first, other_first), max(last, other_last)


def _last_of(first: Span, second: Span) -> date:
    """Of `Monday and Wednesday` on a Tuesday, the Wednesday after that Monday."""
    if second.last < first.first and second.words.lower() in WEEKDAYS:
        return second.last + timedelta(days=7)
    return max(first.last, second.last)


def _unrelated(span: Span) -> str:
    return _when(replace(span, relation=""))


def _when(span: Span) -> str:
    """`tomorrow`, `by friday`, `before 24 dec`."""
    relation = span.relation.removeprefix("due").strip()
    words = re.sub(r"^(?:of|on) ", "", span.words.strip(), flags=re.IGNORECASE)
    text = f"{'' if relation in ('on', 'for', 'from') else relation} {words}".strip().lower()
    return re.sub(r"\b[a-z]{3,}\b", lambda name: _as_a_name(name[0]), text)


def _as_a_name(word: str) -> str:
    """Weekdays and months have capitals."""
    is_day = word in WEEKDAYS
    return word.capitalize() if is_day or word[:3] in _MONTHS else word
