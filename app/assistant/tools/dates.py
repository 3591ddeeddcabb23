"""Moments of the device, in words of the user's time zone."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app.kit.clock import to_ms

_DAY_MS = 24 * 3600 * 1000
_LAST_MINUTE = time(23, 59)


def day_and_time(ms: Any, zone: ZoneInfo) -> str | None:
    """`Sun 2026-11-22`, with ` 09:30` where the hour means something; None for what no calendar holds.

    Midnight, here or in UTC, and the last minute of a day stand for the day itself.
    """
    if (moment := _moment(ms, zone)) is None:
        return None
    is_whole_day = ms % _DAY_MS == 0 or moment.time() == time() or moment.time() >= _LAST_MINUTE
    return moment.strftime("%a %Y-%m-%d" if is_whole_day else "%a %Y-%m-%d %H:%M")


def day(ms: Any, zone: ZoneInfo) -> str | None:
    """`Sun 2026-11-22`."""
    moment = _moment(ms, zone)
    return moment.strftime("%a %Y-%m-%d") if moment else None


def day_in_words(ms: Any, zone: ZoneInfo) -> str | None:
    """`Sun 22 Nov 2026`."""
    moment = _moment(ms, zone)
    return f"{moment:%a} {moment.day} {moment:%b %Y}" if moment else None


def today(now: datetime, zone: ZoneInfo) -> tuple[int, int]:
    """The first and the last millisecond of this day, which may have 23 or 25 hours."""
    date = now.astimezone(zone).date()
    start, end = (datetime.combine(each, time(), zone) for each in (date, date + timedelta(days=1)))
    return to_ms(start), to_ms(end) - 1


def _moment(ms: Any, zone: ZoneInfo) -> datetime | None:
    """`ms` is as the device has it: maybe no number, maybe in the year 200,000."""
    if type(ms) is not int:
        return None
    try:
        return datetime.fromtimestamp(ms / 1000, zone)
    except (OverflowError, ValueError, OSError):
        return None
