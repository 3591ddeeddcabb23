"""Titles of threads."""

import re
from collections.abc import Sequence

from app.llm.port import Message

_ASKED = "Write a title"
_MOST_WORDS, _MOST_CHARACTERS = 6, 60
_POLITE = re.compile(r"^(?:(?:please|hi|hello|hey|can you|could you|would you)\b[\s,!.]*)+", re.IGNORECASE)
_LOOSE_ENDS = frozenset({"a", "an", "the", "of", "for", "and", "to", "in", "on", "with", "by", "as", "my"})


def asks_for_title(messages: Sequence[Message]) -> bool:
    return any(
        message.get("role") == "system" and str(message.get("content") or "").lstrip().startswith(_ASKED)
        for message in messages
    )


def title_for(words: str) -> str:
    """At most six of the user's own words."""
    first = next((line for line in words.splitlines() if line.strip()), "")
    bare = _POLITE.sub("", first.strip()) or first
    kept = re.sub(r"[<>\[\]{}\"“”]", "", bare).split()[:_MOST_WORDS]
    while len(kept) > 1 and kept[-1].lower().strip(",") in _LOOSE_ENDS:
        kept.pop()
    title = " ".join(kept)[:_MOST_CHARACTERS].strip(" .,;:!?-")
    return title[:1].upper() + title[1:] if title else "New conversation"
