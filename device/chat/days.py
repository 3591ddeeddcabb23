"""A moment in the words of the person who looks at it: today, tomorrow, Fri 27 Nov."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def day_of(ms: int, zone: ZoneInfo) -> date | None:
    """None beyond the years that calendars have."""
    try:
        return (_EPOCH + timedelta(milliseconds=ms)).astimezone(zone).date()
    except (OverflowError, ValueError):
        return None


def in_words(ms: int | None, today: date, zone: ZoneInfo) -> str:
    """Empty for no date, or for one that no calendar has."""
    day = None if ms is None else day_of(ms, zone)
    if day is None:
        return ""
    near = {-1: "yesterday", 0: "today", 1: "tomorrow"}.get((day - today).days)
    if near is not None:
        return near
    words = f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]}"
    return words if day.year == today.year else f"{words} {day.year}"


def is_past(ms: int | None, today: date, zone: ZoneInfo) -> bool:
    day = None if ms is None else day_of(ms, zone)
    return day is not None and day < today
