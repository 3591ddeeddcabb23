"""A row of a table: a pattern for a whole sentence in its long form, and what is read from its groups.

`k` is the group of a slot's name, `v` that of its value, `no` a negation.
"""

import re
from collections.abc import Callable, Iterator

from app.offline.facts.plain import Slot, undated, value_of

Match = re.Match[str]
Reading = Callable[[Match], Iterator[Slot]]
Row = tuple[re.Pattern[str], Reading]
ADVERBS = (
    r"(?:now |currently |still |just |recently |also |actually |really |originally |already |mostly |usually "
    r"|have |have just )*"
)
NO = r"(?P<no>not |no longer )?"
_CLAUSE = re.compile(
    r",? (?:with|because|since|and|but|so|where|which|who|when|for now|for (?:\d+|many|some|a few|two|three|five"
    r"|ten) years?)\b.*| [-–—] .*",
    re.IGNORECASE,
)


def row(pattern: str, reading: Reading) -> Row:
    return re.compile(pattern, re.IGNORECASE), reading


def negation(match: Match) -> str:
    """What stands in front of a value that is denied."""
    groups = match.groupdict()
    negation = (groups.get("no") or "").strip().lower()
    if not negation:
        return ""
    return "no longer " if "longer" in negation or "any more" in match.string else "not "


def short(words: str) -> str:
    """A value without the clauses after it, nor since when it holds."""
    return undated(value_of(_CLAUSE.sub("", words)))


def fixed(key: str) -> Reading:
    def reading(match: Match) -> Iterator[Slot]:
        yield key, negation(match) + short(match["v"])

    return reading


def whole(key: str) -> Reading:
    def reading(match: Match) -> Iterator[Slot]:
        yield key, negation(match) + match["v"]

    return reading
