"""Phrasings as people would list them, compiled to patterns.

`mark|set [the] {target} as {status}`: words with `|` are alternatives (`_` joins words of one), `[ ]` may be missing, `{ }`
captures. A phrasing has to fit the whole text.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

STATUSES = {
    "todo": r"to[ -]?do|not started|open|pending|undone",
    "in_progress": r"in[ -]progress|in_progress|started|ongoing|doing|active|being worked on|underway",
    "done": r"done|complete(?:d)?|finished|closed|ready|over",
}
PRIORITIES = {
    "high": r"high(?:est)?|urgent|important|critical|top",
    "medium": r"medium|normal|middle",
    "low": r"low(?:est)?|unimportant",
}
_SLOTS = {
    "status": "|".join(STATUSES.values()),
    "priority": "|".join(PRIORITIES.values()),
    "days": r"\d{1,3}|a|one|two|three|four|five|six|seven|ten",
    "it": r"it|this|that|this one|that one",
    "this": r"it|(?:this|that)(?: one| task| project| note| milestone| timeline| client)?",
}
_TOKEN = re.compile(r"\[(?P<maybe>[^\]]+)\]|\{(?P<slot>\w+)\}|(?P<word>[^\s\[\]{}]+)")


@dataclass(frozen=True, slots=True)
class Phrasing:
    """One way to say something. `fixed` are details that it means by itself (`complete X`: status done)."""

    text: str
    fixed: tuple[tuple[str, str], ...] = ()


def fits(text: str, phrasings: Sequence[Phrasing]) -> Iterator[tuple[Phrasing, dict[str, str]]]:
    """The phrasings that fit, in order, with what they captured."""
    for phrasing in phrasings:
        match = _compiled(phrasing.text).fullmatch(f"{text} ")
        if match is not None:
            yield phrasing, {slot: value.strip() for slot, value in match.groupdict().items() if value is not None}


def phrasings(lines: str, **fixed: str) -> tuple[Phrasing, ...]:
    return tuple(Phrasing(line.strip(), tuple(fixed.items())) for line in lines.strip().splitlines())


def choice(text: str, choices: dict[str, str]) -> str:
    """The column's value for a word: `urgent` → `high`; "" for none."""
    return next((value for value, words in choices.items() if re.fullmatch(words, text.strip(), re.IGNORECASE)), "")


@lru_cache(maxsize=1000)
def _compiled(text: str) -> re.Pattern[str]:
    parts: list[str] = []
    for token in _TOKEN.finditer(text):
        if token["maybe"]:
            parts.append(rf"(?:(?:{_alternatives(token['maybe'])})\s+)?")
        elif token["slot"]:
            inner = _SLOTS.get(token["slot"], ".+?")
            parts.append(rf"(?P<{token['slot']}>{inner})\s+")
        else:
            # a colon stands at the end of the word before it
            glue = r"\s*:\s*" if token["word"] == ":" else rf"(?:{_alternatives(token['word'])})\s+"
            parts.append(glue)
    pattern = "".join(parts)
    pattern = re.sub(r"\\s\+(?=\\s\*:)", "", pattern)  # a colon needs no space before it
    return re.compile(pattern, re.IGNORECASE | re.DOTALL)


def _alternatives(words: str) -> str:
    return "|".join(re.escape(each).replace("_", r"\s+") for each in words.split("|"))
