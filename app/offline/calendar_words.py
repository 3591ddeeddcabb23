"""The words people use for days and hours, as patterns. What they mean is in `dates.py`."""

import re
from datetime import time

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
AMOUNTS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8}
AMOUNTS |= {"nine": 9, "ten": 10, "twelve": 12, "fourteen": 14, "few": 3}

_WEEKDAY = "|".join(WEEKDAYS)
_SHORT_WEEKDAY = "mon|tues?|wed|thu(?:rs?)?|fri|sat|sun"
WEEKDAY_NAMES = f"{_WEEKDAY}|{_SHORT_WEEKDAY}"
_MONTH = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?"
)
_AMOUNT = r"\d{1,4}|" + "|".join(sorted(AMOUNTS, key=len, reverse=True))

DAY = "|".join(
    (
        r"(?:the )?day after tomorrow|today|tonight|tomorrow|yesterday|eod|eow|eom",
        r"(?:the )?end of (?:the )?day",
        r"(?:the )?end of (?:the |this |next )?(?:week|month|year)",
        rf"(?:in|within) (?:the )?(?:next )?(?:{_AMOUNT}) (?:day|week|month|year)s?",  # in 3 days, within a week
        rf"(?:the )?next (?:{_AMOUNT}) (?:day|week|month)s?",  # the next five days
        rf"(?:{_AMOUNT}) (?:day|week|month|year)s? (?:from now|from today|ago)",
        r"(?:this|next|last) (?:weekend|week|month|year)|the weekend",
        rf"(?:this coming |coming |this |next |last )?(?:{_WEEKDAY})",
        rf"(?:(?<=on )|(?<=by )|(?<=due )|(?<=to )|(?<=next )|(?<=this )|(?<=until )|next |this )(?:{_SHORT_WEEKDAY})",
        r"\d{4}-\d{2}-\d{2}",
        rf"(?:the )?\d{{1,2}}(?:st|nd|rd|th)?(?: of)? (?:{_MONTH})\.?(?:,? \d{{4}})?",  # 24 Dec, the 3rd of May 2027
        rf"(?:{_MONTH})\.? \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?",  # December 24th, Dec 24, 2026
        r"\d{1,2}/\d{1,2}(?:/\d{2,4})?|\d{1,2}\.\d{1,2}\.(?:\d{2,4})?",  # 24/12, 24.12.2026
        r"the \d{1,2}(?:st|nd|rd|th)",
    )
)
HOURS_AHEAD = rf"in (?:{_AMOUNT}) (?:hour|minute)s?"
# "{}" names the group, for patterns that hold two clocks
CLOCK = (
    r"(?P<{0}_clock>(?:at )?\d{{1,2}}(?:[:.]\d{{2}})? ?(?:am|pm|a\.m\.|p\.m\.)|(?:at )?\d{{1,2}}:\d{{2}}"
    r"|at \d{{1,2}}(?: o['’]clock)?|(?:at )?(?:noon|midday)|in the (?:morning|afternoon|evening))"
)
_PARTS_OF_DAY = {"noon": 12, "midday": 12, "morning": 9, "afternoon": 15, "evening": 18}


def clock_of(words: str) -> time | None:
    """`at 5pm`, `17:30`, `noon`, `in the morning`; None for hours no clock has."""
    for name, hour in _PARTS_OF_DAY.items():
        if name in words.lower():
            return time(hour)
    match = re.search(r"(\d{1,2})(?:[:.](\d{2}))?\s?(am|pm|a\.m\.|p\.m\.)?", words, re.IGNORECASE)
    if match is None:
        return None
    hour, minute, half = int(match[1]), int(match[2] or 0), (match[3] or "").lower()[:1]
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None
