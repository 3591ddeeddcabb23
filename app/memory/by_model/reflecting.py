"""Having a model look for habits over a user's sessions."""

from collections.abc import Sequence
from uuid import UUID

from pydantic import BaseModel, ConfigDict, TypeAdapter

from app.memory.by_model.asking import Asking, IsPrivate, Told, rows_of
from app.memory.by_model.grounding import share
from app.memory.by_model.tidying import sentence, shortened
from app.memory.confidence import LEAST_EPISODES
from app.memory.ports import Episode, KnownPattern, Pattern
from app.memory.telling import one_line

MOST_PATTERNS = 10  # of one reflection
MOST_READ = 400  # characters of a session's summary
PATTERN_CHARACTERS, GROUNDS_CHARACTERS = 300, 300


class _Written(BaseModel):
    model_config = ConfigDict(strict=True)

    text: str
    grounds: str = ""
    episodes: list[int]
    same_as: int | None = None


_ROWS = TypeAdapter(list[_Written])


class ModelReflector:
    """`app.memory.ports.Reflector`."""

    def __init__(self, asking: Asking, is_private: IsPrivate) -> None:
        self._asking, self._is_private = asking, is_private

    async def patterns(
        self, user_id: UUID, episodes: Sequence[Episode], known: Sequence[KnownPattern]
    ) -> list[Pattern]:
        """Patterns that rest on sessions which do not exist, or on too few, are left out. Raises the errors of
        `Asking.usable`."""
        if len(episodes) < LEAST_EPISODES:
            return []
        told = Told().data("known habits", "\n".join(f"{n}. {one_line(each.text)}" for n, each in enumerate(known, 1)))
        told.data("sessions", "\n".join(f"{n}. {_line(each)}" for n, each in enumerate(episodes, 1)))
        rows = await self._asking.usable(user_id, "patterns", told, lambda answer: rows_of(answer, _ROWS))
        found = [_pattern(row, episodes, known) for row in rows[:MOST_PATTERNS]]
        return [pattern for pattern in found if self._may_be_kept(pattern, episodes)]

    def _may_be_kept(self, pattern: Pattern, episodes: Sequence[Episode]) -> bool:
        shown_by = "\n".join(_line(each) for each in episodes if each.id in pattern.episodes)
        return (
            0 < len(pattern.text) <= PATTERN_CHARACTERS
            and len(pattern.episodes) >= LEAST_EPISODES
            and share(pattern.text, shown_by) > 0
            and not self._is_private(f"{pattern.text} {pattern.grounds}")
        )


def _line(episode: Episode) -> str:
    return f"{episode.started_at:%A %Y-%m-%d %H:%M}: {one_line(episode.summary)[:MOST_READ]}"


def _pattern(row: _Written, episodes: Sequence[Episode], known: Sequence[KnownPattern]) -> Pattern:
    shown_by = dict.fromkeys(number for number in row.episodes if 1 <= number <= len(episodes))
    same_as = row.same_as if row.same_as is not None and 1 <= row.same_as <= len(known) else None
    return Pattern(
        text=sentence(row.text),
        grounds=shortened(sentence(row.grounds), GROUNDS_CHARACTERS) or f"{len(shown_by)} sessions",
        episodes=tuple(episodes[number - 1].id for number in shown_by),
        same_as=known[same_as - 1].id if same_as is not None else None,
    )
