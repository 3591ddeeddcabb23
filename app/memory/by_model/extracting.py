"""Having a model read facts out of what the user said."""

from collections.abc import Sequence
from uuid import UUID

from pydantic import BaseModel, ConfigDict, TypeAdapter

from app.memory.by_model.asking import Asking, IsPrivate, Told, rows_of
from app.memory.by_model.grounding import share
from app.memory.by_model.tidying import sentence
from app.memory.limits import MemoryLimits
from app.memory.names import normal
from app.memory.ports import Fact, Known, Said, Touched
from app.memory.telling import one_line
from app.offline.own_words import own_words

MOST_FACTS = 10  # of a turn
MOST_READ = 8_000  # characters of what was said
MOST_KNOWN = 300  # characters shown of a memory that is there already
LEAST_SHARE = 1 / 3  # of a fact's words that the user has used
LEAST_NAME = 3  # characters of a row's name that may be looked for in a fact


class _Written(BaseModel):
    model_config = ConfigDict(strict=True)

    text: str
    key: str | None = None
    replaces: list[int] | None = None


_ROWS = TypeAdapter(list[_Written])


class ModelExtractor:
    """`app.memory.ports.Extractor`. The model sees the user's own words and no others, and has no tools: the worst that an
    order hidden in them can do is to be remembered as something the user said."""

    def __init__(self, asking: Asking, is_private: IsPrivate, limits: MemoryLimits) -> None:
        self._asking, self._is_private, self._limits = asking, is_private, limits

    async def facts(self, user_id: UUID, said: Said, known: Sequence[Known]) -> list[Fact]:
        """Facts that the user has not said in these words, that are too long, or hold our own words, are left out.

        Raises the errors of `Asking.usable`."""
        own = own_words(said.message, said.recalled)[:MOST_READ].strip()
        if not own:
            return []
        told = Told().fact(f"Said on {said.at:%A %Y-%m-%d %H:%M}.")
        told.data("known", "\n".join(f"{n}. {_line(each)}" for n, each in enumerate(known, 1))).data("message", own)
        rows = await self._asking.usable(user_id, "facts", told, lambda answer: rows_of(answer, _ROWS))
        facts = [_fact(row, said.touched, known) for row in rows[:MOST_FACTS]]
        return _each_once([fact for fact in facts if self._may_be_kept(fact, own)])

    def _may_be_kept(self, fact: Fact, own: str) -> bool:
        limits = self._limits
        most = limits.content_characters if fact.key is None else limits.value_characters
        return (
            0 < len(fact.text) <= most
            and len(fact.key or "") <= limits.key_characters
            and share(fact.text, own) >= LEAST_SHARE
            and not self._is_private(f"{fact.key or ''} {fact.text}")
        )


def _line(known: Known) -> str:
    text = one_line(known.text)[:MOST_KNOWN]
    return text if known.key is None else f"{known.key}: {text}"


def _fact(row: _Written, touched: Sequence[Touched], known: Sequence[Known]) -> Fact:
    """Numbers that no memory has are left out."""
    text, key = sentence(row.text), sentence((row.key or "").replace("_", " ")).lower() or None
    numbers = dict.fromkeys(number for number in row.replaces or () if 1 <= number <= len(known))
    about = _named_in(text, touched) if key is None else None
    return Fact(
        text=text,
        key=key,
        entity_type=about.entity_type if about is not None else None,
        entity_id=about.entity_id if about is not None else None,
        replaces=tuple(known[number - 1].id for number in numbers),
    )


def _named_in(text: str, touched: Sequence[Touched]) -> Touched | None:
    """The row of the turn that a fact is about: the one whose name, the longest, stands in it."""
    words = f" {normal(text)} "
    named = [each for each in touched if len(each.name) >= LEAST_NAME and f" {normal(each.name)} " in words]
    return max(named, key=lambda each: len(each.name), default=None)


def _each_once(facts: list[Fact]) -> list[Fact]:
    """Of two values for one key the later one is meant."""
    latest = {("key", fact.key) if fact.key is not None else ("text", normal(fact.text)): fact for fact in facts}
    return list(latest.values())
