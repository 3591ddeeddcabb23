"""Reading all four tiers into a turn: one embedding, one query."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.kit.crypto import KeyRing
from app.memory import payloads
from app.memory.records import Told
from app.memory.stores import Stores
from app.memory.telling import told

MOST_ASKED_BY = 4_000  # characters of a message that say what it is about
_GATHER = "SELECT * FROM memory_of($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"


@dataclass(frozen=True)
class Gathered:
    items: list[Told]  # core first, then by meaning, then sessions, then patterns

    @property
    def text(self) -> str:
        return told(self.items)


async def gathered(stores: Stores, user_id: UUID, message: str) -> Gathered:
    """What a turn with this message is told. Nothing when memory is off. Raises `KeysUnavailable`."""
    limits = stores.limits
    keys = await stores.keys(user_id)
    (near,) = await stores.vectors_of(keys, [message[:MOST_ASKED_BY]])
    rows = await stores.db.hot_rows(
        _GATHER,
        user_id,
        stores.vectors.space,
        near and near.numbers,
        limits.near,
        limits.among,
        limits.floor,
        limits.core_bytes,
        limits.sessions,
        limits.confident,
        limits.patterns,
    )
    found = [await _told(keys, row) for row in rows]
    return Gathered([each for each in found if each is not None])


async def _told(keys: KeyRing, row: Any) -> Told | None:
    """One that does not open is no reason to answer nothing at all: None."""
    payload = await payloads.readable(keys, row["tier"], row["id"], row["payload"])
    if payload is None:
        return None
    return Told(
        id=row["id"],
        tier=row["tier"],
        text=payloads.text_of(row["tier"], payload),
        key=payload.get("key"),
        pinned=row["pinned"],
        confidence=row["confidence"],
        score=row["score"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
