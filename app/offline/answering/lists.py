"""Lists and counts of rows. A few rows are a line each; of many, the first names, by when they are due."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from app.offline.answering.groups import counted_by, is_grouped
from app.offline.answering.lines import brief, entry, named_task, plain
from app.offline.answering.narrowed import counted_rows
from app.offline.answering.tags import entity_tag
from app.offline.answering.talk import not_read
from app.offline.dates import due_group
from app.offline.extent import count_said
from app.offline.nouns import NOUNS
from app.offline.outcome import Outcome
from app.offline.told import Row, title_of
from app.offline.words import joined

_MOST_LINES = 10
_PARAGRAPH = "\n\n"
_WENT_BY_DUE = "\n\nWhen a task was finished is not recorded, so I went by when it was due."
_MOST_NAMES = 3  # of finished tasks, beside the open ones that were asked for


def list_answer(outcome: Outcome, now: datetime | None, *, is_short: bool = False) -> str:
    """`is_short`: without the finished tasks that were not asked for."""
    wish, rows = outcome.wish, [row for row in outcome.rows if row.get("id")]
    if wish.noun == "comment":
        return _comments(outcome, rows)
    note = _cut_short(outcome.sentence)
    if not rows and wish.text("unread"):
        told = not_read(wish.text("unread"), wish.noun)
        return f"{told.partition(_PARAGRAPH)[0] if is_short else told}{note}"
    if is_grouped(wish):
        return f"{counted_by(outcome, rows, now)}{note}"
    count, is_least = count_said(outcome.sentence, len(rows))
    rows, finished = _finished_apart(outcome, rows)
    counted = Counted(rows, count - len(finished), is_least, [] if is_short else finished)
    text = _count(outcome, counted) if wish.has("count") else _list(outcome, counted, now)
    is_exact = wish.has("count") and not is_least  # the tools counted what they did not list
    return f"{text}{_WENT_BY_DUE if wish.has('by_due') else ''}{'' if is_exact else note}"


class Counted(NamedTuple):
    """`rows` of `number`, or of more with `is_least`. `finished`: what is done and was not asked for."""

    rows: list[Row]
    number: int
    is_least: bool
    finished: list[Row]

    @property
    def is_whole(self) -> bool:
        return not self.is_least and self.number == len(self.rows)


def _finished_apart(outcome: Outcome, rows: list[Row]) -> tuple[list[Row], list[Row]]:
    """Who asks what is due or urgent does not mean what is done already."""
    wish = outcome.wish
    is_about_work = wish.has("when") or wish.has("overdue") or wish.has("undated")
    if wish.noun != "task" or wish.has("status") or not is_about_work:
        return rows, []
    return [row for row in rows if not _is_done(row)], [row for row in rows if _is_done(row)]


def _is_done(row: Row) -> bool:
    return row.get("status") == "done"


def _count(outcome: Outcome, counted: Counted) -> str:
    have = "I found" if counted.is_least and not counted.number else "You have"
    words = counted_rows(outcome, counted.number, is_least=counted.is_least)
    return f"{have} {words}.{_also_done(counted.finished)}"


def _list(outcome: Outcome, counted: Counted, now: datetime | None) -> str:
    wish, noun, rows = outcome.wish, NOUNS[outcome.wish.noun], counted.rows
    if not rows:
        return _count(outcome, counted)
    if (most := wish.number("most")) is not None and most < len(rows):
        head = f"Here {'is' if most == 1 else 'are'} {most} of {_of_all(outcome, counted)}:"
        return "\n".join(
            [head, "", *(entry(row, noun.name, now) for row in rows[:most]), "", entity_tag(noun.name, rows[:most])]
        )
    parts = _open_and_done(outcome, rows) if counted.is_whole else ""
    head = f"You have {counted_rows(outcome, counted.number, is_least=counted.is_least)}{parts}:"
    if wish.verb == "search":
        head = f"I found {noun.counted(len(rows))} about “{plain(wish.text('search'))}”, the nearest first:"
    lines = [entry(row, noun.name, now) for row in rows]
    if len(rows) > _MOST_LINES:
        in_groups = noun.name == "task" and counted.is_whole and not wish.has("sort") and not _is_done(rows[0])
        lines = _by_due(rows, now) if in_groups else _first(counted, noun.name, now)
    also = _also_done(counted.finished).strip()
    return "\n".join([head, "", *lines, "", *([also, ""] if also else []), entity_tag(noun.name, rows)])


def _of_all(outcome: Outcome, counted: Counted) -> str:
    return f"your {counted_rows(outcome, counted.number, is_least=counted.is_least)}"


def _open_and_done(outcome: Outcome, rows: Sequence[Row]) -> str:
    """`, 29 open and 11 done`, where both are among them."""
    done = sum(map(_is_done, rows))
    is_mixed = outcome.wish.noun == "task" and 0 < done < len(rows)
    return f", {len(rows) - done} open and {done} done" if is_mixed and len(rows) > _MOST_LINES else ""


def _also_done(finished: Sequence[Row]) -> str:
    if not finished:
        return ""
    many = f"{len(finished)} more {'is' if len(finished) == 1 else 'are'} done already"
    names = joined([f"“{plain(title_of(row, 'task'))}”" for row in finished[:_MOST_NAMES]])
    return f" {many}: {names}." if len(finished) <= _MOST_NAMES else f" {many}."


def _first(counted: Counted, noun: str, now: datetime | None) -> list[str]:
    lines = [entry(row, noun, now) for row in counted.rows[:_MOST_LINES]]
    return [*lines, f"- and {'at least ' if counted.is_least else ''}{counted.number - _MOST_LINES} more"]


def _by_due(rows: Sequence[Row], now: datetime | None) -> list[str]:
    """`- Overdue (3): **A** (yesterday), …`. The rows come in this order."""
    lines, room = [], _MOST_LINES
    for group, found in groupby(rows, lambda row: "Done" if _is_done(row) else due_group(row.get("due_date"), now)):
        members = list(found)
        named = [brief(row, now) for row in members[:room]]
        room -= len(named)
        rest = [f"{len(members) - len(named)} more"] if named and len(named) < len(members) else []
        lines.append(f"- {group} ({len(members)}){': ' if named else ''}{joined([*named, *rest])}")
    return lines


def _comments(outcome: Outcome, rows: list[Row]) -> str:
    task = {"id": (outcome.rows or [{}])[0].get("task_id"), "title": (outcome.rows or [{}])[0].get("task")}
    name = named_task(task)
    head = f"{name[:1].upper()}{name[1:]} has {NOUNS['comment'].counted(len(rows)) if rows else 'no comments'}"
    if not rows or outcome.wish.has("count"):
        return f"{head}.\n\n{entity_tag('task', [task])}"
    lines = [f"- {plain(row.get('author')) or 'Somebody'}: {plain(row.get('content'))}" for row in rows[:_MOST_LINES]]
    more = [f"- and {len(rows) - _MOST_LINES} more"] if len(rows) > _MOST_LINES else []
    return "\n".join([f"{head}:", "", *lines, *more, "", entity_tag("task", [task])])


def _cut_short(sentence: str) -> str:
    """A list of the device that was cut is never passed off as all there is."""
    if " Only " not in sentence:
        return ""
    return f"\n\nOnly {sentence.split(' Only ', 1)[1]}"
