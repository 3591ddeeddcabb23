"""Days and hours in words. Now is Saturday 21 November 2026, 18:12 in Rome, unless a test says otherwise."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from app.offline.dates import day_start_ms, is_overdue, shown, spans, whole

ROME = ZoneInfo("Europe/Rome")
NOW = datetime(2026, 11, 21, 18, 12, tzinfo=ROME)
MOMENTS = (
    ("today", "2026-11-21 00:00"),
    ("tomorrow", "2026-11-22 00:00"),
    ("the day after tomorrow", "2026-11-23 00:00"),
    ("tomorrow at 5pm", "2026-11-22 17:00"),
    ("tomorrow 17:30", "2026-11-22 17:30"),
    ("5 p.m. tomorrow", "2026-11-22 17:00"),
    ("at 9 tomorrow", "2026-11-22 09:00"),
    ("tomorrow at noon", "2026-11-22 12:00"),
    ("tomorrow in the morning", "2026-11-22 09:00"),
    ("tonight", "2026-11-21 20:00"),
    ("at 7pm", "2026-11-21 19:00"),
    ("at 7am", "2026-11-22 07:00"),
    ("Monday", "2026-11-23 00:00"),
    ("Friday", "2026-11-27 00:00"),
    ("next Friday", "2026-11-27 00:00"),
    ("on fri", "2026-11-27 00:00"),
    ("Saturday", "2026-11-28 00:00"),
    ("this Saturday", "2026-11-21 00:00"),
    ("Friday 3pm", "2026-11-27 15:00"),
    ("in 3 days", "2026-11-24 00:00"),
    ("in two weeks", "2026-12-05 00:00"),
    ("a week from now", "2026-11-28 00:00"),
    ("in a month", "2026-12-21 00:00"),
    ("in 2 hours", "2026-11-21 20:12"),
    ("in 45 minutes", "2026-11-21 18:57"),
    ("next week", "2026-11-23 00:00"),
    ("this week", "2026-11-22 00:00"),
    ("this weekend", "2026-11-21 00:00"),
    ("next weekend", "2026-11-28 00:00"),
    ("next month", "2026-12-01 00:00"),
    ("end of month", "2026-11-30 00:00"),
    ("the end of next month", "2026-12-31 00:00"),
    ("end of the week", "2026-11-22 00:00"),
    ("end of the year", "2026-12-31 00:00"),
    ("on 24 Dec", "2026-12-24 00:00"),
    ("December 24th", "2026-12-24 00:00"),
    ("Dec 24 at 8:30", "2026-12-24 08:30"),
    ("the 3rd of May", "2027-05-03 00:00"),
    ("3 January", "2027-01-03 00:00"),
    ("3 January 2028", "2028-01-03 00:00"),
    ("2026-12-24", "2026-12-24 00:00"),
    ("24.12.2026", "2026-12-24 00:00"),
    ("5/12", "2026-12-05 00:00"),
    ("the 1st", "2026-12-01 00:00"),
    ("by the 30th", "2026-11-30 00:00"),
    ("21 November", "2026-11-21 00:00"),
)


@pytest.mark.parametrize(("words", "wanted"), MOMENTS)
def test_words_mean_a_moment(words: str, wanted: str) -> None:
    span = whole(words, NOW)

    assert span is not None
    assert f"{datetime.fromtimestamp(span.due_ms(ROME) / 1000, ROME):%Y-%m-%d %H:%M}" == wanted


@pytest.mark.parametrize(
    ("words", "first", "last"),
    [
        ("this week", date(2026, 11, 16), date(2026, 11, 22)),
        ("next week", date(2026, 11, 23), date(2026, 11, 29)),
        ("this weekend", date(2026, 11, 21), date(2026, 11, 22)),
        ("this month", date(2026, 11, 1), date(2026, 11, 30)),
        ("in the next 3 days", date(2026, 11, 21), date(2026, 11, 24)),
        ("within a week", date(2026, 11, 21), date(2026, 11, 28)),
        ("tomorrow", date(2026, 11, 22), date(2026, 11, 22)),
    ],
)
def test_a_span_has_all_its_days(words: str, first: date, last: date) -> None:
    span = whole(words, NOW)

    assert span is not None
    assert (span.first, span.last) == (first, last)


def test_by_a_day_includes_it_and_before_does_not() -> None:
    by, before, after = (
        next(spans(f"tasks due {word} Friday", NOW)).bounds_ms(ROME) for word in ("by", "before", "after")
    )

    friday, saturday = day_start_ms(date(2026, 11, 27), ROME), day_start_ms(date(2026, 11, 28), ROME)
    assert (by, before, after) == ((-1, saturday - 1), (-1, friday - 1), (saturday, -1))


@pytest.mark.parametrize(
    "words", ["31 February", "the 32nd", "2026-13-01", "in 9999 years", "tomorrow-ish", "May", "milk", ""]
)
def test_what_no_calendar_has_is_no_date(words: str) -> None:
    assert whole(words, NOW) is None


def test_days_around_a_change_of_clocks_begin_at_midnight() -> None:
    now = datetime(2026, 10, 24, 12, tzinfo=ROME)  # clocks go back in the night
    span = whole("tomorrow", now)

    assert span is not None
    first, last = span.bounds_ms(ROME)
    assert last - first + 1 == 25 * 3600 * 1000


def test_a_midnight_that_does_not_exist_is_the_first_moment_of_the_day() -> None:
    cairo = ZoneInfo("Africa/Cairo")  # 24 April 2026: from 00:00 to 01:00

    assert datetime.fromtimestamp(day_start_ms(date(2026, 4, 24), cairo) / 1000, cairo).hour == 1


def test_only_what_was_due_on_a_day_that_is_over_is_overdue() -> None:
    today, hour_ago = day_start_ms(NOW.date(), ROME), round(NOW.timestamp() * 1000) - 3_600_000

    assert not is_overdue(today, NOW)
    assert is_overdue(today - 1, NOW)
    assert not is_overdue(hour_ago, NOW)


def test_the_zone_decides_which_day_it_is() -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    span = whole("today", datetime(2026, 11, 21, 18, tzinfo=UTC).astimezone(tokyo))

    assert span is not None
    assert span.first == date(2026, 11, 22)


def test_moments_are_shown_as_people_write_them() -> None:
    moments = [
        datetime(2026, 11, 21, 9, tzinfo=ROME),
        datetime(2026, 11, 27, tzinfo=ROME),
        datetime(2027, 1, 1, 8, tzinfo=ROME),
    ]

    assert [shown(round(each.timestamp() * 1000), NOW) for each in moments] == [
        "today 09:00",
        "Fri 27 Nov",
        "Fri 1 Jan 2027 08:00",
    ]
