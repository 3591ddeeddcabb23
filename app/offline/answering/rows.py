"""One row told at length."""

from datetime import datetime

from app.offline.answering.lines import bold, line, plain
from app.offline.answering.tags import entity_tag
from app.offline.nouns import NOUNS
from app.offline.outcome import Outcome

_MOST_CONTENT = 4_000  # characters of a note in an answer


def row_answer(outcome: Outcome, now: datetime | None) -> str:
    noun = outcome.wish.noun
    if not outcome.rows:
        return f"I found no such {NOUNS[noun].spoken}."
    row = outcome.rows[0]
    if len(row) == 1:
        return f"I could not find this {NOUNS[noun].spoken} any more."
    parts = [line(row, noun, now).removeprefix("- ") + "."]
    if noun == "note":
        content = str(row.get("content") or "").strip()
        cut = content[:_MOST_CONTENT] + ("…" if len(content) > _MOST_CONTENT else "")
        parts = [f"{bold(row, noun)}", cut.replace("<", "‹") if cut else "The note is empty."]
    for key in ("description", "ai_summary"):
        if row.get(key):
            parts.append(plain(row[key]))
    if row.get("status") and noun == "project":
        parts.append(f"The project is {plain(row['status'])}.")
    return "\n\n".join([*parts, entity_tag(noun, [row])]).strip()
