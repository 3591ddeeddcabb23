"""Rows counted by what they have in common, in text and as charts."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from app.offline.answering.lines import STATUS_WORDS, plain, when
from app.offline.answering.narrowed import counted_rows
from app.offline.answering.tags import chart_tag
from app.offline.extent import count_said
from app.offline.nouns import NOUNS
from app.offline.outcome import Outcome
from app.offline.told import Row, people
from app.offline.wishes import Wish

_ORDER = ("todo", "in_progress", "done", "high", "medium", "low")
_LABELS = {"status": "status", "priority": "priority", "project": "project", "day": "due day", "assignee": "assignee"}
_LABELS |= {"client": "client", "industry": "industry"}
_USUAL = {"task": "status", "project": "status", "timeline": "project", "note": "project", "client": "industry"}


def is_grouped(wish: Wish) -> bool:
    return wish.has("chart") or wish.text("by") in _LABELS


def grouped_by(wish: Wish) -> str:
    """What the rows of a list are counted by; "" when they are told one by one."""
    if not is_grouped(wish):
        return ""
    return wish.text("by") if wish.text("by") in _LABELS else _USUAL[wish.noun]


def counted_by(outcome: Outcome, rows: Sequence[Row], now: datetime | None) -> str:
    """By what the tools counted, where the rows are not all there are; else it says that these are the first of them."""
    wish, noun = outcome.wish, NOUNS[outcome.wish.noun]
    by = grouped_by(wish)
    if not rows:
        return f"You have {counted_rows(outcome, 0)}, so there is nothing to show."
    told = next((row for row in outcome.rows if isinstance(row.get("counted"), dict)), {})
    counted = list(told["counted"].items()) if told else _counted(rows, by, now)
    counts = [(_shown(name, by), count) for name, count in counted]
    title = f"{noun.many.capitalize()} by {_LABELS[by]}"
    least = [_shown(name, by) for name in told.get("at_least", [])]
    lines = [f"- {name}: {'at least ' if name in least else ''}{count}" for name, count in counts]
    chart = [chart_tag(wish.text("chart"), title, by, counts, noun.many.capitalize())] if wish.has("chart") else []
    return "\n".join([f"{title} ({_of_how_many(outcome, rows, bool(told))}):", "", *lines, "", *chart]).rstrip()


def _of_how_many(outcome: Outcome, rows: Sequence[Row], is_told: bool) -> str:  # noqa: FBT001 - the one caller names it
    count, is_least = count_said(outcome.sentence, len(rows))
    if is_told or count == len(rows):
        return counted_rows(outcome, count, is_least=is_least)
    return f"the first {len(rows)} of {counted_rows(outcome, count, is_least=is_least)}"


def _shown(name: str, by: str) -> str:
    """`in_progress` → `In progress`; names of people and projects stay as they are."""
    words = STATUS_WORDS.get(name, name)
    return words[:1].upper() + words[1:] if by in ("status", "priority") or words in _NOTHING.values() else words


_NOTHING = {by: f"no {label}" for by, label in _LABELS.items()} | {"assignee": "nobody", "day": "no date"}


def _counted(rows: Sequence[Row], by: str, now: datetime | None) -> list[tuple[str, int]]:
    rows = sorted(rows, key=_day) if by == "day" else rows
    counts = Counter(name for row in rows for name in _names(row, by, now))
    if by in ("status", "priority"):
        known = {name: place for place, name in enumerate(_ORDER)}
        return sorted(counts.items(), key=lambda pair: known.get(pair[0], len(known)))
    if by == "day":
        return list(counts.items())
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def _day(row: Row) -> float:
    moment = row.get("due_date") or row.get("date")
    return moment if isinstance(moment, int) else float("inf")


def _names(row: Row, by: str, now: datetime | None) -> list[str]:
    if by == "assignee":
        return [plain(each) for each in people(row)] or [_NOTHING[by]]
    if by == "day":
        return [plain(str(row.get("due") or row.get("on") or _NOTHING[by])[:14].strip()) or when(row, now)]
    return [plain(row.get(by)) or _NOTHING[by]]
