"""All outcomes of a turn as one answer."""

import re
from collections.abc import Sequence
from datetime import datetime

from app.offline.answering.lines import bold, line, named_task, plain, when
from app.offline.answering.lists import list_answer
from app.offline.answering.rows import row_answer
from app.offline.answering.tags import entity_tag, without_ids
from app.offline.nouns import NOUNS
from app.offline.outcome import Outcome
from app.offline.told import Row, id_of, title_of
from app.offline.wishes import Wish
from app.offline.words import joined

WHICH_ONE = "Which one do you mean?"
MORE = "more; say the name, or a part of it"
_MOST_CANDIDATES = 10


def compose(outcomes: Sequence[Outcome], now: datetime | None, *, is_short: bool = False) -> str:
    """In the order of the wishes; what is the same is said once. What this turn deleted has no tag. `is_short`: nothing
    that was not asked for."""
    gone = {id_of(row) for each in outcomes if each.kind == "deleted" for row in each.rows[:1]}
    return without_ids(
        "\n\n".join(dict.fromkeys(_answer(each, now, is_short=is_short) for each in outcomes)), gone - {""}
    )


def _answer(outcome: Outcome, now: datetime | None, *, is_short: bool) -> str:
    kind, wish = outcome.kind, outcome.wish
    if kind in ("ask", "said"):
        return outcome.sentence
    if kind == "error":
        return f"That did not work: {plain(outcome.sentence)}"
    if kind == "rejected":
        reason = f" (“{plain(outcome.sentence)}”)" if outcome.sentence else ""
        return f"You rejected this{reason}, so I changed nothing."
    if kind == "ambiguous":
        return _which_one(outcome)
    if kind == "missing":
        return _not_there(outcome)
    if kind == "stored":
        return _stored(outcome, now)
    if kind == "deleted":
        return _deleted(outcome)
    return row_answer(outcome, now) if wish.verb in ("show", "find") else list_answer(outcome, now, is_short=is_short)


def _which_one(outcome: Outcome) -> str:
    """The first ten of those that may be meant."""
    shown = [(noun, row) for noun, row in outcome.candidates if title_of(row, noun) != "untitled"][:_MOST_CANDIDATES]
    told = [_kind_and_owner(row, noun) for noun, row in shown]
    differ = len(set(told)) > 1
    lines = [
        f"- {bold(row, noun)}" + (f" ({each})" if differ else "") for (noun, row), each in zip(shown, told, strict=True)
    ]
    if len(outcome.candidates) > len(shown):
        lines.append(f"- and {'' if outcome.wish.has('it') else f'{len(outcome.candidates) - len(shown)} '}{MORE}")
    nouns = dict.fromkeys(noun for noun, _ in shown)
    tags = [entity_tag(noun, [row for each, row in shown if each == noun]) for noun in nouns]
    return "\n".join([f"{_why_several(outcome)}{WHICH_ONE}", "", *lines, "", "".join(tags)]).strip()


def _why_several(outcome: Outcome) -> str:
    is_change = outcome.wish.verb not in ("show", "find", "list")
    so = ", so I have changed nothing" if is_change else ""
    if outcome.wish.has("it"):
        many = "more than ten" if len(outcome.candidates) > _MOST_CANDIDATES else len(outcome.candidates)
        return f"There were {many} of them{so}. "
    name = plain(outcome.wish.text("named"))
    return f"Several match{f' “{name}”' if name else ''}{so}. "


def _kind_and_owner(row: Row, noun: str) -> str:
    owner = row.get("project") or row.get("client")
    return f"{NOUNS[noun].spoken} in {plain(owner)}" if owner else NOUNS[noun].spoken


def _not_there(outcome: Outcome) -> str:
    noun = "task" if outcome.wish.noun == "comment" else outcome.wish.noun
    spoken = NOUNS[noun].spoken if noun else "task, project, milestone, note or client"
    name = plain(outcome.wish.text("named"))
    start = f"I found no {spoken} called “{name}”." if name else f"I found no such {spoken}; maybe it is gone."
    if re.search(r"\w (?:and|&) \w", name):
        return f"{start} If you mean several, please name one at a time."
    near = [f"“{plain(title_of(row, noun or 'task'))}”" for row in outcome.rows]
    return f"{start} Did you mean {joined(near, 'or')}?" if near else start


def _stored(outcome: Outcome, now: datetime | None) -> str:
    wish, row = outcome.wish, (outcome.rows or [{}])[0]
    if wish.noun == "comment":
        task = {"id": row.get("task_id"), "title": row.get("task")}
        added = f"I added the comment “{plain(wish.text('content'))}” to {named_task(task)}."
        return f"{added}\n\n{entity_tag('task', [task])}"
    words = {"project": "in", "client": "for", "parent": "under"}
    owners = "".join(f", {words[key]} {plain(name)}" for key, name in outcome.owners.items() if f"{key}" not in row)
    if wish.verb == "create":
        text = f"Created the {NOUNS[wish.noun].spoken} {line(row, wish.noun, now).removeprefix('- ')}{owners}."
    else:
        before = next((str(each["before"]) for each in outcome.rows if "before" in each), "")
        text = _changed(wish, row, before, now) + (f" It is now {owners.removeprefix(', ')}." if owners else "")
    return f"{text}\n\n{entity_tag(wish.noun, [row])}".strip()


def _changed(wish: Wish, row: Row, before: str, now: datetime | None) -> str:
    name, spoken = bold(row, wish.noun), NOUNS[wish.noun].spoken
    if wish.has("title"):
        return f"Renamed the {spoken} {f'“{plain(before)}” ' if before else ''}to {name}."
    if wish.text("status") and wish.noun == "task":
        return {"done": f"Done: {name} is finished.", "in_progress": f"{name} is now in progress."}.get(
            wish.text("status"), f"{name} is open again, to do."
        )
    if wish.text("status"):
        return f"The {spoken} {name} is now {wish.text('status')}."
    if wish.has("due") or wish.has("shift_days"):
        return f"Moved the {spoken} {name}: {'due ' if wish.noun == 'task' else ''}{when(row, now)}."
    if wish.text("priority"):
        return f"{name} has {wish.text('priority')} priority now."
    if wish.texts("assignees"):
        return f"{name} is assigned to {joined(wish.texts('assignees'))}."
    if wish.has("is_approved"):
        return f"Approved the {spoken} {name}."
    if wish.verb == "append":
        return f"Added to the note {name}: “{plain(wish.text('content'))}”."
    if wish.text("industry"):
        return f"The industry of {name} is now {plain(wish.text('industry'))}."
    return f"Updated the {spoken} {name}."


def _deleted(outcome: Outcome) -> str:
    noun, row = outcome.wish.noun, (outcome.rows or [{}])[0]
    if noun == "comment":
        return f"Deleted the comment “{plain(row.get('content'))}” of **{plain(row.get('task'))}**."
    if title_of(row, noun) == "untitled":
        return outcome.sentence
    return f"Deleted the {NOUNS[noun].spoken} {bold(row, noun)}."
