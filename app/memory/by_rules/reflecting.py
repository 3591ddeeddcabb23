"""Patterns over sessions, by counting: the same topic on the same weekday, in the same part of the day, or often."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from app.memory.by_rules.topics import topics_of
from app.memory.ports import Episode, KnownPattern, Pattern
from app.offline.words import folded

_FEWEST = 3  # sessions, each in another week
_OFTEN = 5  # sessions, whenever they were
_MOSTLY = 0.6  # of a topic's sessions: less, and the day says nothing
_MOST_PATTERNS = 20
_WEEKDAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")


class RuleReflector:
    """The `Reflector` of a service without a model."""

    async def patterns(
        self,
        user_id: UUID,  # noqa: ARG002  # the port's
        episodes: Sequence[Episode],
        known: Sequence[KnownPattern],
    ) -> list[Pattern]:
        """Those with the most sessions first. Weekdays and hours are those of the episodes' own zone."""
        ids = {_normal(each.text): each.id for each in known}
        found = [pattern for told, shown in _by_topic(episodes) if (pattern := _pattern(told, shown, ids)) is not None]
        return sorted(found, key=lambda each: -len(each.episodes))[:_MOST_PATTERNS]


def _by_topic(episodes: Sequence[Episode]) -> Iterator[tuple[str, list[Episode]]]:
    told: dict[str, str] = {}
    shown: dict[str, list[Episode]] = {}
    for episode in episodes:
        for topic, text in topics_of(episode.summary).items():
            told[topic] = text
            shown.setdefault(topic, []).append(episode)
    return ((told[topic], each) for topic, each in shown.items())


def _pattern(told: str, shown: Sequence[Episode], known: dict[str, UUID]) -> Pattern | None:
    for text, when, fitting in _readings(told, shown):
        if fitting:
            grounds = f"{len(fitting)} sessions {when}{' ' if when else ''}{_between(fitting)}"
            return Pattern(
                text=text,
                grounds=grounds,
                episodes=tuple(each.id for each in fitting),
                same_as=known.get(_normal(text)),
            )
    return None


def _readings(told: str, shown: Sequence[Episode]) -> Iterator[tuple[str, str, list[Episode]]]:
    """From the most to the least particular; without sessions where a reading does not hold."""
    said = told[:1].upper() + told[1:]
    day, on_it = _mostly(shown, lambda at: _WEEKDAYS[at.weekday()])
    yield f"{said} on {day}.", f"on {day}", on_it
    part, in_it = _mostly(shown, _part_of_day)
    yield f"{said} {part}.", part, in_it
    yield f"Often {told}.", "", list(shown) if len(shown) >= _OFTEN else []


def _mostly(shown: Sequence[Episode], of: Callable[[datetime], str]) -> tuple[str, list[Episode]]:
    """What most of the sessions have in common, and those that have it; none when they are too few, or of too few weeks."""
    value, count = Counter(of(each.started_at) for each in shown).most_common(1)[0]
    fitting = [each for each in shown if of(each.started_at) == value]
    weeks = {each.started_at.isocalendar()[:2] for each in fitting}
    return value, fitting if len(weeks) >= _FEWEST and count >= _MOSTLY * len(shown) else []


def _part_of_day(at: datetime) -> str:
    if 5 <= at.hour < 12:
        return "in the morning"
    return "in the afternoon" if 12 <= at.hour < 18 else "in the evening"


def _between(episodes: Sequence[Episode]) -> str:
    """ "between 2 and 23 November 2026", with as much of the first day as the last does not say."""
    days = sorted(each.started_at for each in episodes)
    first, last = days[0], days[-1]
    if first.date() == last.date():
        return f"on {first.day} {first:%B %Y}"
    begin = f"{first.day}" + (f" {first:%B}" if (first.year, first.month) != (last.year, last.month) else "")
    return f"between {begin}{f' {first.year}' if first.year != last.year else ''} and {last.day} {last:%B %Y}"


def _normal(text: str) -> str:
    return folded(text)
