"""Lists, counts, groups and charts of rows."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from app.offline.answering.lines import STATUS_WORDS, bold, line, plain, when
from app.offline.answering.tags import chart_tag, entity_tag
from app.offline.nouns import NOUNS
from app.offline.outcome import Outcome
from app.offline.told import Row, people
from app.offline.wishes import Wish
from app.offline.words import joined

_MOST_LINES = 40
_ORDER = ("todo", "in_progress", "done", "high", "medium", "low")
_LABELS = {"status": "status", "priority": "priority", "project": "project", "day": "due day", "assignee": "assignee"}
_LABELS |= {"client": "client", "industry": "industry"}


def list_answer(outcome: Outcome, now: datetime | None) -> str:
    wish, rows = outcome.wish, [row for row in outcome.rows if row.get("id")]
    if wish.noun == "comment":
        return _comments(outcome, rows)
    note = _cut_short(outcome.sentence)
    if wish.has("chart") or wish.text("by") in _LABELS:
        text = _groups(wish, rows, now, outcome)
    elif wish.has("count"):
        text = f"You have {_counted_rows(outcome, len(rows))}."
    else:
        text = _lines(outcome, rows, now)
    return f"{text}{note}"


def _lines(outcome: Outcome, rows: list[Row], now: datetime | None) -> str:
    noun = NOUNS[outcome.wish.noun]
    if not rows:
        return f"You have {_counted_rows(outcome, 0)}."
    head = f"You have {_counted_rows(outcome, len(rows))}:"
    if outcome.wish.verb == "search":
        head = f"I found {noun.counted(len(rows))} about “{plain(outcome.wish.text('search'))}”, the nearest first:"
    lines = [line(row, noun.name, now) for row in rows[:_MOST_LINES]]
    more = [f"- … and {len(rows) - _MOST_LINES} more"] if len(rows) > _MOST_LINES else []
    return "\n".join([head, "", *lines, *more, "", entity_tag(noun.name, rows[:_MOST_LINES])])


def _comments(outcome: Outcome, rows: list[Row]) -> str:
    task = {"id": (outcome.rows or [{}])[0].get("task_id"), "title": (outcome.rows or [{}])[0].get("task")}
    head = f"{bold(task, 'task')} has {NOUNS['comment'].counted(len(rows)) if rows else 'no comments'}"
    if not rows or outcome.wish.has("count"):
        return f"{head}.\n\n{entity_tag('task', [task])}"
    lines = [f"- {plain(row.get('author')) or 'Somebody'}: {plain(row.get('content'))}" for row in rows[:_MOST_LINES]]
    return "\n".join([f"{head}:", "", *lines, "", entity_tag("task", [task])])


def _counted_rows(outcome: Outcome, count: int) -> str:
    """`3 open tasks with high priority, due tomorrow, in Driver app`; `no overdue tasks`."""
    wish, noun = outcome.wish, NOUNS[outcome.wish.noun]
    words = [*(["overdue"] if wish.has("overdue") else []), *_status_words(wish)]
    many = noun.spoken if count == 1 else noun.many
    narrowed = ", ".join(_narrowed(outcome))
    return " ".join(each for each in (str(count or "no"), *words, many, narrowed) if each)


def _status_words(wish: Wish) -> list[str]:
    if wish.texts("status") == ["todo", "in_progress"]:
        return ["open"]
    if wish.texts("status"):
        return [joined([f"“{STATUS_WORDS[each]}”" for each in wish.texts("status")])]
    return ["archived"] if wish.text("status") == "archived" else []


def _narrowed(outcome: Outcome) -> list[str]:
    wish = outcome.wish
    due = "due " if wish.noun == "task" else ""
    parts = [
        f"with {joined(wish.texts('priority'), 'or')} priority" if wish.texts("priority") else "",
        "without a due date" if wish.has("undated") else "",
        f"{due}{wish.text('when')}" if wish.text("when") else "",
        f"assigned to {plain(wish.text('assignee'))}" if wish.text("assignee") else "",
        *(f"{'for' if key == 'client' else 'in'} {plain(name)}" for key, name in outcome.owners.items()),
        f"matching “{plain(wish.text('search'))}”" if wish.text("search") else "",
    ]
    return [each for each in parts if each]


def _groups(wish: Wish, rows: list[Row], now: datetime | None, outcome: Outcome) -> str:
    noun = NOUNS[wish.noun]
    by = wish.text("by") if wish.text("by") in _LABELS else _usual(wish.noun)
    counts = _counted(rows, by, now)
    if not rows:
        return f"You have {_counted_rows(outcome, 0)}, so there is nothing to show."
    title = f"{noun.many.capitalize()} by {_LABELS[by]}"
    lines = [f"- {STATUS_WORDS.get(name, name)}: {count}" for name, count in counts]
    head = f"{title} ({_counted_rows(outcome, len(rows))}):"
    chart = (
        [chart_tag(wish.text("chart"), title, _key(by), counts, noun.many.capitalize())] if wish.has("chart") else []
    )
    return "\n".join([head, "", *lines, "", *chart]).rstrip()


def _usual(noun: str) -> str:
    return {"task": "status", "project": "status", "timeline": "project", "note": "project", "client": "industry"}[noun]


def _key(by: str) -> str:
    return "day" if by == "day" else by


def _counted(rows: Sequence[Row], by: str, now: datetime | None) -> list[tuple[str, int]]:
    rows = sorted(rows, key=_day) if by == "day" else rows
    names = [name for row in rows for name in _names(row, by, now)]
    counts = Counter(names)
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
        return [plain(each) for each in people(row)] or ["nobody"]
    if by == "day":
        return [plain(str(row.get("due") or row.get("on") or "no date")[:14].strip()) or when(row, now)]
    return [plain(row.get(by)) or f"no {by}"]


def _cut_short(sentence: str) -> str:
    """A list of the device that was cut is never passed off as all there is."""
    if " Only " not in sentence:
        return ""
    return f"\n\nOnly {sentence.split(' Only ', 1)[1]}"
