"""Facts from what the user said, by rules."""

import asyncio
from collections.abc import Iterator, Sequence
from uuid import UUID

from app.memory.by_rules.contradicting import Claim, claim_of, replaces
from app.memory.fingerprints import own_words
from app.memory.ports import Fact, Known, Said, Touched
from app.offline.facts import SaidFact, facts_of
from app.offline.words import folded

_MOST_FACTS = 20  # of one turn: more is a text that was pasted without any sign of it
_IN_LOOP_CHARACTERS = 500  # some milliseconds of work; more goes to a thread
_SHORTEST_NAME = 3  # letters of a row's name that tell which row is meant


class RuleExtractor:
    """The `Extractor` of a service without a model."""

    async def facts(self, user_id: UUID, said: Said, known: Sequence[Known]) -> list[Fact]:  # noqa: ARG002  # the port's
        """The assistant's answer is never read, and is not looked for in the message either: it comes after it, and mostly
        says it again."""
        if len(said.message) > _IN_LOOP_CHARACTERS:
            told = await asyncio.to_thread(_told, said)
        else:
            told = _told(said)
        claims = [(each.id, claim_of(each.text)) for each in known if each.key is None and each.tier == "associative"]
        return [_fact(each, said.touched, claims) for each in told[:_MOST_FACTS]]


def _told(said: Said) -> list[SaidFact]:
    return list(_distinct(facts_of(own_words(said.message, said.recalled))))


def _distinct(facts: Iterator[SaidFact]) -> Iterator[SaidFact]:
    """Of several values for one key the last, where the first stood: people correct themselves."""
    latest: dict[str, SaidFact] = {}
    for fact in facts:
        latest[f"key {fact.key}" if fact.key else folded(fact.value)] = fact
    yield from latest.values()


def _fact(said: SaidFact, touched: Sequence[Touched], known: Sequence[tuple[UUID, Claim]]) -> Fact:
    if said.key is not None:
        return Fact(text=said.value, key=said.key)
    row = _row_of(said.sentence, touched)
    return Fact(
        text=said.value,
        entity_type=row.entity_type if row is not None else None,
        entity_id=row.entity_id if row is not None else None,
        replaces=replaces(claim_of(said.value), known),
    )


def _row_of(sentence: str, touched: Sequence[Touched]) -> Touched | None:
    """The row whose name stands in the sentence: of several, the one with the longest name."""
    words = f" {folded(sentence)} "
    named = [row for row in touched if len(folded(row.name)) >= _SHORTEST_NAME and f" {folded(row.name)} " in words]
    return max(named, key=lambda row: len(row.name), default=None)
