"""Days and hours in a person's words, in the user's zone, counted from the turn's own now: never from the wall clock.

- A day without a time is local midnight at its start: that is how a date picker stores it, and it lies inside the day for
  filters that include both ends. Such a task is overdue only when its day is over (`is_overdue`).
- "Friday" and "next Friday" are the coming one, never today; "this Friday" may be today. Weeks begin on Monday. "Next week"
  as a moment is next Monday, as a span all seven days.
- Digits alone are day first: 5/12 is the fifth of December.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from app.offline.calendar_words import AMOUNTS, CLOCK, DAY, HOURS_AHEAD, WEEKDAY_NAMES, WEEKDAYS, clock_of

_SPAN = re.compile(
    rf"\b(?:(?P<relation>due by|due before|due until|due after|due on|by|before|until|till|after|since|from|on|due|for)\s+)?"
    rf"(?:(?P<early>{CLOCK.format('e')})\s+)?(?:(?:on|of)\s+)?(?:(?P<day>{DAY})(?:,?\s+(?P<late>{CLOCK.format('l')}))?|(?P<ahead>{HOURS_AHEAD}))"
    rf"(?![\w-])",
    re.IGNORECASE,
)
_ONLY_CLOCK = re.compile(rf"\b(?:(?:due|by|until|before)\s+)?(?P<clock>{CLOCK.format('o')})(?!\w)", re.IGNORECASE)
_AT_AN_EDGE = 6  # dates read at either end of a text
_LONGEST_DATE = 40  # characters: "the 24th of september, 2027" has 27
_BEFORE = ("by", "before", "until", "till", "due by", "due before", "due until")
_AFTER = ("after", "since", "from", "due after")


@dataclass(frozen=True, slots=True)
class Span:
    """Days found in a text, both included, and where the words stand. `words` leaves out "due", "on" and the like."""

    start: int
    end: int
    first: date
    last: date
    words: str
    relation: str = ""
    clock: time | None = None
    exact: datetime | None = None  # "in two hours"
    is_range: bool = False
    moment_day: date | None = None

    def due_ms(self, zone: ZoneInfo) -> int:
        """The one moment that is meant when something is due then."""
        if self.exact is not None:
            return _ms(self.exact)
        day = self.moment_day or self.first
        return day_start_ms(day, zone) if self.clock is None else _ms(datetime.combine(day, self.clock, zone))

    def bounds_ms(self, zone: ZoneInfo) -> tuple[int, int]:
        """From and to, both included; -1 is open."""
        first, last = day_start_ms(self.first, zone), day_start_ms(self.last + timedelta(days=1), zone) - 1
        if self.relation in _BEFORE:
            return -1, first - 1 if self.relation.endswith("before") else last
        if self.relation in _AFTER:
            return (last + 1 if self.relation.endswith("after") else first), -1
        return first, last


def spans(text: str, now: datetime) -> Iterator[Span]:
    """Every date in the text, left to right. `now` is aware, in the user's zone. What no calendar has is left out."""
    found = False
    for match in _few(_SPAN, text):
        span = _span(match, now)
        if span is not None:
            found = True
            yield span
    if found:
        return
    for match in _few(_ONLY_CLOCK, text):
        clock = clock_of(match["clock"])
        if clock is not None:
            day = now.date() if clock > now.time() else now.date() + timedelta(days=1)
            yield Span(match.start(), match.end(), day, day, match["clock"], clock=clock)


def _few(pattern: re.Pattern[str], text: str) -> list[re.Match[str]]:
    """All matches; of very many, which nobody means, those at the edges, where dates that count stand."""
    found = list(pattern.finditer(text))
    return found if len(found) <= 2 * _AT_AN_EDGE else found[:_AT_AN_EDGE] + found[-_AT_AN_EDGE:]


def whole(text: str, now: datetime) -> Span | None:
    """The date when the text is one and nothing else."""
    cleaned = text.strip(" ,.")
    for span in spans(cleaned, now):
        if span.start == 0 and span.end == len(cleaned):
            return span
    return None


def day_start_ms(day: date, zone: ZoneInfo) -> int:
    """Midnight, or the first moment after it where clocks jump over midnight."""
    return _ms(datetime.combine(day, time(), zone))


def is_overdue(due_ms: int, now: datetime) -> bool:
    """Its day is over; the hour does not matter."""
    day = _day_of(due_ms, now)
    return day is not None and day < now.date()


def due_group(due_ms: object, now: datetime | None) -> str:
    """`Overdue`, `Today`, `Later` or `No date`: a day's place in a list that runs by due date."""
    if not isinstance(due_ms, int):
        return "No date"
    day = _day_of(due_ms, now) if now is not None else None
    if day is None or now is None or day > now.date():
        return "Later"
    return "Today" if day == now.date() else "Overdue"


def _day_of(moment_ms: int, now: datetime) -> date | None:
    """None for what no calendar shows."""
    try:
        return datetime.fromtimestamp(moment_ms / 1000, now.tzinfo).date()
    except (OverflowError, ValueError, OSError):
        return None


def shown(due_ms: int, now: datetime) -> str:
    """As people write it: `today 09:00`, `tomorrow`, `Fri 27 Nov`, `Fri 1 Jan 2027`."""
    zone = now.tzinfo
    assert isinstance(zone, ZoneInfo)
    try:
        due = datetime.fromtimestamp(due_ms / 1000, zone)
        clock = "" if due_ms == day_start_ms(due.date(), zone) else f" {due:%H:%M}"
    except (OverflowError, ValueError, OSError):
        return "at a time no calendar shows"
    away = (due.date() - now.date()).days
    near = {-1: "yesterday", 0: "today", 1: "tomorrow"}.get(away)
    year = "" if due.year == now.year else f" {due.year}"
    return (near or f"{due:%a} {due.day} {due:%b}{year}") + clock


def _span(match: re.Match[str], now: datetime) -> Span | None:
    relation = (match["relation"] or "").lower()
    try:
        if match["ahead"]:
            exact = now + _hours(match["ahead"])
            return Span(match.start(), match.end(), exact.date(), exact.date(), match["ahead"], relation, exact=exact)
        words = match["day"].lower()
        first, last, moment = _days(words, now)
        clock = clock_of(match["early"] or match["late"] or ("20:00" if words == "tonight" else ""))
        last + timedelta(days=1)  # one more day must exist for the bounds
    except (OverflowError, ValueError):
        return None
    shown_words = match[0][len(match["relation"] or "") :].strip()
    return Span(
        match.start(), match.end(), first, last, shown_words, relation, clock, None, first != last, moment or first
    )


def _hours(words: str) -> timedelta:
    amount, unit = words.lower().split()[1:3]
    count = AMOUNTS.get(amount) or int(amount)
    return timedelta(hours=count) if unit.startswith("hour") else timedelta(minutes=count)


def _days(words: str, now: datetime) -> tuple[date, date, date | None]:
    """First and last day, and the day meant by something due then when that is not the first."""
    today = now.date()
    words = re.sub(r"^(?:the|this coming|coming)\s+", "", words)
    near = {"today": 0, "tonight": 0, "eod": 0, "end of day": 0, "end of the day": 0}
    near |= {"tomorrow": 1, "day after tomorrow": 2, "yesterday": -1}
    if words in near:
        day = today + timedelta(days=near[words])
        return day, day, None
    name = re.fullmatch(WEEKDAY_NAMES, words.split()[-1])
    weekday = next((each for each in WEEKDAYS if name is not None and each[:3] == name[0][:3]), None)
    if weekday:
        day = _weekday(today, WEEKDAYS.index(weekday), words.split()[0])
        return day, day, None
    for reader in (_weeks_and_months, _ahead, _day_of_month):
        if (found := reader(words, today)) is not None:
            return found
    day = _from_calendar(words, now)
    return day, day, None


def _weekday(today: date, number: int, first_word: str) -> date:
    away = (number - today.weekday()) % 7
    if first_word == "last":
        return today - timedelta(days=7 - away if away else 7)
    return today + timedelta(days=away if away or first_word == "this" else 7)


def _weeks_and_months(words: str, today: date) -> tuple[date, date, date | None] | None:
    words = {"eow": "end of week", "eom": "end of month"}.get(words, words)
    is_end = words.startswith("end of")
    unit = words.split()[-1]
    which = next((each for each in ("next", "last") if each in words.split()), "this")
    step = {"next": 1, "last": -1, "this": 0}[which]
    if unit not in ("week", "weekend", "month", "year") or not re.match(r"this|next|last|end|weekend", words):
        return None
    first, last = _unit(unit, today, step)
    if is_end:
        day = first + timedelta(days=4) if unit == "week" and step == 0 and today.weekday() < 5 else last
        return day, day, None
    moment = first
    if step == 0 and unit != "weekend":
        friday = first + timedelta(days=4)
        moment = friday if unit == "week" and friday >= today else last
    return first, last, max(moment, today) if step == 0 else moment


def _unit(unit: str, today: date, step: int) -> tuple[date, date]:
    monday = today - timedelta(days=today.weekday()) + timedelta(weeks=step)
    if unit == "week":
        return monday, monday + timedelta(days=6)
    if unit == "weekend":
        return monday + timedelta(days=5), monday + timedelta(days=6)
    if unit == "year":
        return date(today.year + step, 1, 1), date(today.year + step, 12, 31)
    first = _add_months(today.replace(day=1), step)
    return first, _add_months(first, 1) - timedelta(days=1)


def _add_months(day: date, count: int) -> date:
    """The same day of another month, or that month's last."""
    months = day.year * 12 + day.month - 1 + count
    for number in range(day.day, 27, -1):
        try:
            return date(months // 12, months % 12 + 1, number)
        except ValueError:
            continue
    return date(months // 12, months % 12 + 1, day.day)


def _ahead(words: str, today: date) -> tuple[date, date, date | None] | None:
    """`in 3 days`, `two weeks from now`, and the ranges `next 5 days`, `within a week`."""
    match = re.search(
        r"(?P<many>\d+|[a-z]+)\s+(?P<unit>day|week|month|year)s?(?:\s+(?:from now|from today|ago))?$", words
    )
    if match is None or not re.match(r"in |within |next |\w+ \w+ (?:from|ago)", words):
        return None
    count = AMOUNTS.get(match["many"]) or int(match["many"])
    count = -count if words.endswith("ago") else count
    unit = match["unit"]
    if unit in ("day", "week"):
        day = today + timedelta(days=count * (7 if unit == "week" else 1))
    else:
        day = _add_months(today, count * (12 if unit == "year" else 1))
    if "next" in words or words.startswith("within"):
        return today, day, day
    return day, day, None


def _day_of_month(words: str, today: date) -> tuple[date, date, date | None] | None:
    """`5th`: the next day with that number."""
    match = re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th)", words)
    if match is None:
        return None
    number = int(match[1])
    for ahead in range(13):
        first = _add_months(today.replace(day=1), ahead)
        try:
            day = first.replace(day=number)
        except ValueError:
            continue
        if day >= today:
            return day, day, None
    raise ValueError("no month has this day")


def warm_up() -> None:
    """Loads what reads dates of the calendar, and its tables: a third of a second, once in a process. Thread-safe."""
    _parsed("24 december", datetime.fromtimestamp(0, UTC).replace(tzinfo=None))


def _from_calendar(words: str, now: datetime) -> date:
    """Raises `ValueError` for what looks like a date and is none (31 February)."""
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", words):
        return date.fromisoformat(words)
    cleaned = " ".join(re.sub(r"(?<=\d)(?:st|nd|rd|th)\b|\bof\b", "", words).rstrip(".").split())
    day = _parsed(cleaned, now.replace(tzinfo=None)) if len(cleaned) <= _LONGEST_DATE else None
    if day is None:
        raise ValueError("no date of the calendar")
    return now.date() if (day.month, day.day) == (now.month, now.day) and not re.search(r"\d{4}", words) else day


@lru_cache(maxsize=256)
def _parsed(words: str, now: datetime) -> date | None:
    """`now` is naive, in the user's zone. A text is read more than once on the way to its wishes: hence the cache."""
    import dateparser  # type: ignore[import-untyped, unused-ignore]  # heavy: loaded with the first date that needs it

    settings: Any = {
        "RELATIVE_BASE": now,
        "PREFER_DATES_FROM": "future",
        "DATE_ORDER": "DMY",
        "REQUIRE_PARTS": ["day", "month"],
    }
    parsed = dateparser.parse(words, languages=["en"], settings=settings)
    return parsed.date() if parsed is not None else None


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
