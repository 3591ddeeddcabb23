"""Doings as slots: what is done is the name, how often and when is the value."""

import re
from itertools import pairwise

from app.offline.facts.plain import Slot, key_of, value_of
from app.offline.facts.word_lists import PREPOSITIONS

_ANSWERS = re.compile(r"^(?:answers?|replies|reply|responses?|explanations?)$", re.IGNORECASE)
CLOCK = re.compile(r"\d|\b(?:noon|midnight|lunch|breakfast|dinner)\b")
_FOR_ME = re.compile(r" (?:for|to|with) me\b", re.IGNORECASE)
_UNIT = re.compile(
    r"(?:km|kilomet(?:er|re)s|miles?|hours?|minutes?|laps|pages|cups|times|litres?|glasses|words|steps)", re.IGNORECASE
)
BECAUSE = re.compile(r",? (?:because|since|as it|but|so that|so|which)\b.*", re.IGNORECASE)


def noun_key(words: str) -> str:
    key = key_of(words)
    return "answers" if _ANSWERS.match(key) else key


def way(what: str, adverb: str, *, otherwise: str = "yes") -> Slot | None:
    """`take calls before 10`, never → ("take calls", "never before 10"). What is said of when goes into the value, so that
    another time for the same thing replaces it; days that something is never done belong to the key."""
    words = value_of(_FOR_ME.sub("", BECAUSE.sub("", what))).split()
    words, amount = _without_amount(words)
    places = [at for at, word in enumerate(words) if at and word.lower() in PREPOSITIONS]
    parts = [words[start:end] for start, end in pairwise([*places, len(words)])]
    head, rest = words[: places[0] if places else len(words)], [" ".join(part) for part in parts]
    is_never = adverb in ("never", "never ever", "no longer", "does not", "not", "rarely", "seldom", "hardly ever")
    timed = [part for part in rest if CLOCK.search(part) or part.lower().startswith(("every ", "each ", "per "))]
    if not is_never and not timed and rest:
        timed = rest[-1:]
    key = key_of(" ".join([*head, *(part for part in rest if part not in timed)]))
    value = " ".join([*([adverb] if adverb else []), *amount, *timed])
    return (key, value or otherwise) if key and len(key.split()) <= 9 else None


def _without_amount(words: list[str]) -> tuple[list[str], list[str]]:
    """`run 5 km every morning` → the words without the amount, the amount: another one replaces it."""
    for at in range(1, len(words) - 1):
        if words[at][0].isdigit() and _UNIT.fullmatch(words[at + 1]):
            return [*words[:at], *words[at + 2 :]], words[at : at + 2]
    return words, []
