"""The days, times, numbers and states in a statement, by kind, written so that two of them can be compared."""

import re

_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr"
    r"|jun|jul|aug|sept?|oct|nov|dec)"
)
_DAY = re.compile(
    rf"\b(?:the )?(?P<d1>\d{{1,2}})(?:st|nd|rd|th|\.)?(?: of)? (?P<m1>{_MONTH})\b|\b(?P<m2>{_MONTH})"
    rf" (?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\b(?!:)"
    r"|\b(?P<iso>\d{4}-\d{2}-\d{2})\b",
    re.IGNORECASE,
)
_KINDS = (
    (
        "clock",
        re.compile(
            r"\b\d{1,2}(?::\d{2}| ?[ap]m\b)(?: ?[ap]m\b)?|(?:(?<=\bat )|(?<=\bis to )"
            r"|(?<=\bmoved to ))\d{1,2}\b(?! ?[%€$£])|\b(?:noon|midnight)\b",
            re.IGNORECASE,
        ),
    ),
    ("weekday", re.compile(r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b", re.IGNORECASE)),
    ("month", re.compile(rf"\b{_MONTH}\b|\bq[1-4]\b|\b(?:spring|summer|autumn|winter)\b", re.IGNORECASE)),
    (
        "number",
        re.compile(
            r"[€$£]? ?\d[\d.,']*\d ?(?:k|m|%|percent)?(?![\w])|[€$£]? ?\d ?(?:k|m|%|percent)?(?![\w])", re.IGNORECASE
        ),
    ),
    (
        "number",
        re.compile(
            r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty"
            r"|seventy|eighty|ninety|hundred)\b",
            re.IGNORECASE,
        ),
    ),
    (
        "state",
        re.compile(
            r"\b(?:on hold|paused|cancelled|canceled|active|live|done|finished|signed|approved|rejected|open|closed"
            r"|delayed|running|over|vegetarian|vegan|monthly|weekly|daily|quarterly|yearly|biweekly)\b",
            re.IGNORECASE,
        ),
    ),
)


def details_of(text: str) -> tuple[dict[str, frozenset[str]], str]:
    """Details by kind, and the text without them."""
    found: dict[str, set[str]] = {}

    def take_day(match: re.Match[str]) -> str:
        found.setdefault("day", set()).add(_day(match))
        return " "

    text = _DAY.sub(take_day, text)
    for kind, pattern in _KINDS:
        values = {
            re.sub(r"[\s,']", "", each.lower()).removesuffix("s" if kind == "weekday" else "")
            for each in pattern.findall(text)
        }
        if values:
            found.setdefault(kind, set()).update(value[:3] if kind == "month" else value for value in values)
            text = pattern.sub(" ", text)
    return {kind: frozenset(values) for kind, values in found.items()}, text


def _day(match: re.Match[str]) -> str:
    """`3 March`, `March 3rd`, `2026-03-03` → `03-03`."""
    if match["iso"]:
        return match["iso"][5:]
    name = (match["m1"] or match["m2"]).lower()[:3]
    return f"{_MONTH_NAMES.index(name) + 1:02}-{int(match['d1'] or match['d2']):02}"
