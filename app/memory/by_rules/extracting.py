"""Facts from what the user said, by rules."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.memory.by_rules.claims import Claim, claims_of
from app.memory.by_rules.contradicting import replaces
from app.memory.by_rules.lengths import read
from app.memory.ports import Fact, Known, Said, Touched
from app.offline.facts import SaidFact, facts_of, told_under, value_under
from app.offline.own_words import own_words
from app.offline.words import folded

_MOST_FACTS = 20  # of one turn: more is a text that was pasted without any sign of it
_SHORTEST_NAME = 3  # letters of a row's name that tell which row is meant


class RuleExtractor:
    """The `Extractor` of a service without a model."""

    async def facts(self, user_id: UUID, said: Said, known: Sequence[Known]) -> list[Fact]:  # noqa: ARG002  # the port's
        """The assistant's answer is never read, and is not looked for in the message either: it comes after it, and mostly
        says it again."""
        told = await read(said, _told)
        there = _There.of(known)
        return [_fact(each, said.touched, there) for each in told[:_MOST_FACTS]]


@dataclass(frozen=True)
class _There:
    """What the known memories claim. `keys`: of those in core memory, by their id."""

    core: list[tuple[UUID, Claim]]
    associative: list[tuple[UUID, Claim]]
    keys: dict[UUID, str]
    known: list[Known]

    def denied_by(self, key: str) -> Known | None:
        """Never "work from home on Mondays" denies "work from home: on Mondays"."""
        whole = ((each, f"{each.key} {each.text}") for each in self.known)
        return next((each for each, words in whole if words.lower() == key), None)

    def said_by(self, statement: str) -> Known | None:
        """The core memory that says this already: the assistant may have written it down in this very turn."""
        said = ((each, value_under(each.key or "", statement) or statement) for each in self.known)
        return next((each for each, value in said if folded(value) == folded(each.text)), None)

    @classmethod
    def of(cls, known: Sequence[Known]) -> "_There":
        core = [each for each in known if each.tier == "core" and each.key is not None]
        return cls(
            core=[(each.id, claim) for each in core for claim in claims_of(told_under(each.key or "", each.text))],
            associative=[
                (each.id, claim) for each in known if each.tier == "associative" for claim in claims_of(each.text)
            ],
            keys={each.id: each.key for each in core if each.key is not None},
            known=core,
        )


def _told(said: Said) -> list[SaidFact]:
    return list(_distinct(facts_of(own_words(said.message, said.recalled))))


def _distinct(facts: Iterator[SaidFact]) -> Iterator[SaidFact]:
    """Of several values for one key the last, where the first stood: people correct themselves."""
    latest: dict[str, SaidFact] = {}
    for fact in facts:
        latest[f"key {fact.key}" if fact.key else folded(fact.value)] = fact
    yield from latest.values()


def _fact(said: SaidFact, touched: Sequence[Touched], there: _There) -> Fact:
    """What contradicts a core memory takes its key; what fills a slot stays a sentence when it contradicts one."""
    if said.key is not None:
        if (denied := there.denied_by(said.key)) is not None:
            return Fact(text=f"{said.value} {denied.text}", key=denied.key)
        claims = [*claims_of(said.sentence), *claims_of(f"My {said.key} is {said.value}")]
        outdated = () if said.key in there.keys.values() else _outdated(claims, there.associative)
        if not outdated:
            return Fact(text=said.value, key=said.key)
    elif (same := there.said_by(said.value)) is not None:
        return Fact(text=same.text, key=same.key)
    else:
        claims = claims_of(said.value)
        outdated = _outdated(claims, there.associative)
        core = () if outdated else _outdated(claims, there.core)
        if core:
            key = there.keys[core[0]]
            return Fact(text=value_under(key, said.value) or said.value, key=key)
    row = _row_of(said.sentence, touched)
    return Fact(
        text=said.sentence,
        entity_type=row.entity_type if row is not None else None,
        entity_id=row.entity_id if row is not None else None,
        replaces=outdated,
    )


def _outdated(claims: Sequence[Claim], known: Sequence[tuple[UUID, Claim]]) -> tuple[UUID, ...]:
    return tuple(dict.fromkeys(place for claim in claims for place in replaces(claim, known)))


def _row_of(sentence: str, touched: Sequence[Touched]) -> Touched | None:
    """The row whose name stands in the sentence: of several, the one with the longest name."""
    words = f" {folded(sentence)} "
    named = [row for row in touched if len(folded(row.name)) >= _SHORTEST_NAME and f" {folded(row.name)} " in words]
    return max(named, key=lambda row: len(row.name), default=None)
