"""The facts of a turn, ready to be written, and the memories that they may be about."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import structlog
from sqlalchemy import text

from app.kit.crypto import KeyRing
from app.memory import payloads
from app.memory.gathering import MOST_ASKED_BY
from app.memory.limits import MemoryLimits
from app.memory.names import core_key
from app.memory.payloads import Payload
from app.memory.ports import Fact, Known
from app.memory.records import Tier
from app.memory.sayings import Saying
from app.memory.stores import Stores
from app.memory.vectors import Vector

_KNOWN = 12  # memories an extractor compares a turn with
_KNOWN_NEAR = text("""
    SELECT m.id, m.tier, m.payload
    FROM memory_near(:whose, :space, CAST(CAST(:near AS text) AS halfvec), :many, :among,
                     CAST(:floor AS real), ARRAY['core', 'associative']) n
    JOIN memories m ON m.id = n.id AND m.user_id = :whose
    ORDER BY n.score DESC, m.id
""")

log = structlog.stdlib.get_logger()


@dataclass(frozen=True)
class FactToWrite:
    tier: Tier
    payload: Payload
    replaces: tuple[UUID, ...]
    vector: Vector | None = None

    @classmethod
    def of(cls, fact: Fact, limits: MemoryLimits) -> "FactToWrite":
        """Raises `ValueError` for a key that cannot be one."""
        if fact.key is not None:
            value = fact.text[: limits.value_characters]
            return cls("core", payloads.core(core_key(fact.key), value), fact.replaces)
        content = fact.text[: limits.content_characters]
        return cls("associative", payloads.associative(content, fact.entity_type, fact.entity_id), fact.replaces)

    def at(self, vector: Vector | None) -> "FactToWrite":
        return replace(self, vector=vector)

    @property
    def saying(self) -> Saying:
        return Saying.of(self.tier, self.payload)


def to_write(facts: Sequence[Fact], limits: MemoryLimits) -> list[FactToWrite]:
    """Without those whose keys cannot be keys. Core memories first: what they say is not kept beside them."""
    made = []
    for fact in facts:
        try:
            made.append(FactToWrite.of(fact, limits))
        except ValueError:
            log.info("fact_left_out", reason="key")
    return sorted(made, key=lambda each: each.tier != "core")


async def known_near(stores: Stores, user_id: UUID, keys: KeyRing, message: str) -> list[Known]:
    """What may be about the same, nearest first. Nothing when the embedding model does not answer."""
    (near,) = await stores.vectors_of(keys, [message[:MOST_ASKED_BY]])
    if near is None:
        return []
    limits = stores.limits
    values = {
        "whose": user_id,
        "space": near.space,
        "near": near.literal,
        "many": _KNOWN,
        "among": limits.among,
        "floor": limits.floor,
    }
    async with stores.db.of(user_id) as session:
        rows = (await session.execute(_KNOWN_NEAR, values)).all()
    found = [(row, await payloads.readable(keys, row.tier, row.id, row.payload)) for row in rows]
    return [Known(row.id, row.tier, said.get("key"), payloads.text_of(row.tier, said)) for row, said in found if said]
