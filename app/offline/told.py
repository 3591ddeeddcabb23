"""What tools and sub-agents tell, read back: a sentence, then one JSON object a line."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from app.offline.extent import Extent, extent_of
from app.offline.nouns import NOUNS

Row = dict[str, Any]

_OPENING = re.compile(r'<data-(?P<mark>\w{1,64}) kind="note">\n?')
_REJECTED = re.compile(r"(?:Error: )?The user rejected this(?:: (?P<reason>.*)|\.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Told:
    """`kind`: found, stored, deleted, missing, ambiguous, rejected or error. `content`: of a note, when it was read.

    `extent`: how much of a list the rows are."""

    kind: str
    sentence: str
    rows: list[Row] = field(default_factory=list)
    content: str | None = None
    extent: Extent = field(default_factory=Extent)

    @property
    def is_trouble(self) -> bool:
        return self.kind in ("rejected", "error")


def read_told(text: str) -> Told:
    content, outside = _content(text)
    lines = outside.strip().splitlines() or [""]
    sentence = lines[0].strip()
    if (rejected := _REJECTED.match(outside.strip())) is not None:
        return Told("rejected", (rejected["reason"] or "").strip())
    if sentence.startswith("Rejected:"):
        return Told("rejected", sentence.removeprefix("Rejected:").strip())
    if sentence.startswith("Error:"):
        return Told("error", outside.strip().removeprefix("Error:").strip())
    rows = _rows(lines[1:])
    return Told(_kind(sentence), sentence, rows, content, extent_of(sentence, len(rows)))


def _content(text: str) -> tuple[str | None, str]:
    """The content of a note, and the text without it. The first mark is the service's own: whatever else looks like
    one stands inside, and is the user's text."""
    opening = _OPENING.search(text)
    closing = f"</data-{opening['mark']}>" if opening is not None else ""
    end = text.find(closing, opening.end()) if opening is not None else -1
    if opening is None or end < 0:
        return None, text
    return text[opening.end() : end].removesuffix("\n"), text[: opening.start()] + text[end + len(closing) :]


def _kind(sentence: str) -> str:
    for start, kind in (
        ("Created", "stored"),
        ("Updated", "stored"),
        ("Deleted", "deleted"),
        ("Missing", "missing"),
        ("Ambiguous", "ambiguous"),
    ):
        if sentence.startswith(start):
            return kind
    return "missing" if re.match(r"No \w+ has the id", sentence) else "found"


def _rows(lines: Sequence[str]) -> list[Row]:
    rows = []
    for line in lines:
        if line.startswith("{"):
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(row, dict):
                rows.append(row)
    return rows


def tell(sentence: str, rows: Sequence[Row] = ()) -> str:
    return "\n".join(
        [" ".join(sentence.split()), *(json.dumps(row, ensure_ascii=True, separators=(",", ":")) for row in rows)]
    )


def title_of(row: Row, noun: str) -> str:
    """A row's name; devices may hold anything, so it is made text."""
    return str(row.get(NOUNS[noun].title) or row.get("title") or row.get("name") or "untitled")


def id_of(row: Row) -> str:
    return str(row.get("id") or "")


def people(row: Row) -> list[str]:
    value = row.get("assignees")
    return [str(each) for each in value] if isinstance(value, list) else [str(value)] if value else []
