"""Finding notes: by meaning, and by their words for those that have no vector or an unlike one.

A note written in the desktop's own editor has no vector until the assistant changes it; it must be found all the same.
"""

import asyncio
import re
from dataclasses import dataclass

from langgraph.prebuilt import ToolRuntime

from app.assistant.context import TurnContext
from app.assistant.desk import Desk
from app.assistant.tools.arguments import NOT_GIVEN, WrongArgument, needed
from app.assistant.tools.telling import LONG_TEXT, NOTE, Listed, many, shortened, told
from app.devices.outcomes import DeviceRefused
from app.devices.tables import NoteHit, Row
from app.llm.failures import ModelFailed

USUAL_LIMIT, MOST = 5, 20
ALIKE = 0.12  # cosine below which a note has nothing to do with the question
SURE = 0.45  # cosine from which the words need not be looked for as well
QUERY = 2_000  # characters of a question that are looked for

WORDS_TRIED = 3
_SHOWN = ("id", "title", "projectId", "updatedAt")
_WORD = re.compile(r"\w{3,}")


@dataclass(frozen=True)
class Found:
    """`score`: None for a note found by its words."""

    row: Row
    score: float | None = None


async def search_notes(runtime: ToolRuntime[TurnContext], query: str, limit: int = USUAL_LIMIT) -> str:
    """Find notes by meaning."""
    turn = runtime.context
    desk, wanted = turn.desk(runtime.tool_call_id), _limit(limit)
    query = needed("query", query).strip()[:QUERY]
    hits, trouble = await _alike(turn, desk, query, wanted)
    is_sure = len(hits) == wanted and hits[-1].score >= SURE
    rows, worded = await asyncio.gather(
        asyncio.gather(*(desk.get("notes", hit.id) for hit in hits)),
        _nothing() if is_sure else with_words(desk, query, wanted),
    )
    by_meaning = [Found(row, hit.score) for row, hit in zip(rows, hits, strict=True) if row is not None]
    known = {hit.id for hit in hits}
    found = by_meaning + [Found(row) for row in worded if row.get("id") not in known]
    lines = [_line(each, query, turn) for each in found[:wanted]]
    return turn.outside_rows("notes", many(NOTE, Listed(lines), lines)) + trouble


async def with_words(desk: Desk, query: str, limit: int) -> list[Row]:
    """Notes that contain the question as it stands; else those with the most of its telling words."""
    rows = await desk.select("notes", {"search": query}, limit=limit)
    words = telling_words(query)
    if rows or not words or words == [query.lower()]:
        return rows
    lists = await asyncio.gather(*(desk.select("notes", {"search": word}, limit=MOST) for word in words))
    by_id = {str(row.get("id")): row for rows in lists for row in rows}
    matches = {note: sum(any(row.get("id") == note for row in rows) for rows in lists) for note in by_id}
    return sorted(by_id.values(), key=lambda row: -matches[str(row.get("id"))])[:limit]


def telling_words(query: str) -> list[str]:
    """The longest words: in every language the short ones say least."""
    words = dict.fromkeys(word.lower() for word in _WORD.findall(query))
    return sorted(words, key=len, reverse=True)[:WORDS_TRIED]


async def _alike(turn: TurnContext, desk: Desk, query: str, limit: int) -> tuple[list[NoteHit], str]:
    """What is near enough in meaning; and a sentence when meaning could not be asked for."""
    try:
        (vector,) = await turn.embedder.embed([query])
        hits = await desk.search_notes(vector, limit=limit)
    except (ModelFailed, DeviceRefused) as failure:
        return [], f"\nSearched by words only, not by meaning: {failure.detail}"
    return [hit for hit in hits if hit.score >= ALIKE][:limit], ""


async def _nothing() -> list[Row]:
    return []


def _limit(limit: int) -> int:
    if limit == NOT_GIVEN:
        return USUAL_LIMIT
    if limit < 1:
        raise WrongArgument(f"limit must be a number from 1 to {MOST}, not {limit}.")
    return min(limit, MOST)


def _line(found: Found, query: str, turn: TurnContext) -> Row:
    content = str(found.row.get("content") or "")
    line = told({column: found.row.get(column) for column in _SHOWN}, turn.zone, cut=LONG_TEXT)
    if found.score is not None:
        line["score"] = round(found.score, 3)
    if excerpt := _excerpt(content, query):
        line["excerpt"] = excerpt
    return line


def _excerpt(content: str, query: str) -> str:
    """Around the first place that names what was asked for; else the beginning."""
    lower = content.lower()
    places = [place for word in (query.lower(), *telling_words(query)) if (place := lower.find(word)) >= 0]
    start = max(0, places[0] - LONG_TEXT // 4) if places else 0
    return ("…" if start else "") + shortened(content[start:].strip(), LONG_TEXT)
