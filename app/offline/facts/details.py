"""What makes a statement worth more than its moment: a day, a number, a name."""

import re

from app.offline.facts.word_lists import MONTHS, WEEKDAYS, is_name

_DETAIL = re.compile(
    rf"\b(?:\d|(?:{MONTHS}|{WEEKDAYS}s?|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|q[1-4]|spring|summer|autumn"
    rf"|winter|easter|christmas|noon|midnight|weekdays|weekends"
    r"|every \w+|each (?:day|week|month|quarter|year)|end of (?:the )?(?:month|year|quarter)|two|three|four|five|six"
    r"|seven|eight|nine|ten|twelve|twenty|hundred|thousand"
    r"|twice|next (?:year|month|quarter|spring|summer|autumn|winter))\b)|[€$£%]",
    re.IGNORECASE,
)
_NAME_INSIDE = re.compile(r"(?<=[\w,;:] )(?!I\b|I'|OK\b)[A-ZÀ-Þ][\w&'.-]*")
_RECURS = re.compile(
    rf"\b(?:always|never|every (?!thing)\w+|each (?:day|week|month|time|year)|(?:{WEEKDAYS}|morning|evening|afternoon"
    r"|weekend|weekday)s|per (?:day|week|month|year)|daily|weekly|monthly|when(?:ever)? (?:i|we|you))\b",
    re.IGNORECASE,
)


def has_detail(words: str) -> bool:
    """A day, a time, a number, a price."""
    return _DETAIL.search(words) is not None


def has_name(words: str) -> bool:
    """A capital inside, not at the beginning."""
    return _NAME_INSIDE.search(words) is not None


def recurs(words: str) -> bool:
    """Always, never, on a day of every week."""
    return _RECURS.search(words) is not None


def names_somebody(sentence: str) -> bool:
    return has_name(sentence) or is_name(" ".join(sentence.split()[:1]))
