"""People with memories, put into the database directly: rows as `app.memory.writing` makes them, a hundred times as fast.

The rows of all stand in the tables in a random order, as they do where everybody uses the service at once.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import numpy as np
from numpy.typing import NDArray
from pgvector import HalfVector
from pgvector.asyncpg import register_vector

from app.kit.crypto import KeyRing
from app.memory import payloads
from app.memory.payloads import Payload, SessionNotes
from app.memory.records import Tier
from app.memory.rotation import DIMENSIONS, Rotation
from benchmarks.memory_meanings import Meanings, Nearest, Vectors

BATCH = 5_000  # memories of all, made and written together
ALWAYS: dict[Tier, int] = {"core": 6, "episodic": 5, "proactive": 5}
_TEXT = "The Acme launch moves to the third of March, because the printer needs two more weeks."
_COLUMNS = ["id", "user_id", "tier", "slot", "payload", "size", "confidence", "written_by"]
_TIMES = ["created_at", "updated_at", "used_at"]
_COPY_S = 120


@dataclass(frozen=True)
class Rememberer:
    id: UUID
    keys: KeyRing
    rotation: Rotation
    memories: int  # associative ones; beside them everybody has those of `ALWAYS`
    nearest: Nearest | None = None  # for who is asked


class Memorizing:
    def __init__(self, connection: Any, people: Sequence[Rememberer], meanings: Meanings, space: int) -> None:
        self._connection, self._people, self._meanings, self._space = connection, people, meanings, space
        owners = np.repeat(np.arange(len(people)), [each.memories for each in people])
        self._owners = np.random.default_rng(1).permutation(owners)
        self.ids = [uuid4() for _ in owners]  # by number
        self._at = datetime.now(UTC)

    async def all(self) -> None:
        # Foreign keys are right by construction; checking them would take longer than writing.
        await self._connection.execute("SET session_replication_role = replica")
        await self._write_rows([row for each in self._people for row in await self._always(each)])
        for start in range(0, len(self.ids), BATCH):
            sys.stderr.write(f"\r  {start:,} of {len(self.ids):,} memories are there")
            sys.stderr.flush()
            await self._batch(np.arange(start, min(start + BATCH, len(self.ids))))
        sys.stderr.write("\r" + " " * 50 + "\r")

    async def _batch(self, numbers: NDArray[np.int64]) -> None:
        vectors, owners = self._meanings.draw(len(numbers)), self._owners[numbers]
        rotated = np.empty_like(vectors)
        for owner in np.unique(owners):
            mine, person = owners == owner, self._people[owner]
            rotated[mine] = person.rotation.rotated(vectors[mine])
            if person.nearest is not None:
                person.nearest.show(vectors[mine], numbers[mine])
        await self._write_rows([await self._piece(number) for number in numbers])
        await self._write_vectors(numbers, rotated)

    async def _piece(self, number: int) -> tuple[object, ...]:
        person = self._people[self._owners[number]]
        return await self._row(person, self.ids[number], "associative", payloads.associative(f"{_TEXT} ({number})"))

    async def _always(self, person: Rememberer) -> list[tuple[object, ...]]:
        return [
            await self._row(person, uuid4(), tier, _payload(tier, number), number)
            for tier, count in ALWAYS.items()
            for number in range(count)
        ]

    async def _row(
        self, person: Rememberer, memory_id: UUID, tier: Tier, payload: Payload, number: int = 0
    ) -> tuple[object, ...]:
        slot = number.to_bytes(16) if tier in {"core", "episodic"} else None
        confidence = 0.8 if tier == "proactive" else None
        sealed, size = await payloads.sealed(person.keys, memory_id, payload), payloads.size_of(tier, payload)
        return (memory_id, person.id, tier, slot, sealed, size, confidence, "extractor", *[self._at] * len(_TIMES))

    async def _write_rows(self, rows: list[tuple[object, ...]]) -> None:
        await self._copy("memories", [*_COLUMNS, *_TIMES], rows)

    async def _write_vectors(self, numbers: NDArray[np.int64], rotated: Vectors) -> None:
        of = [(self.ids[number], self._people[self._owners[number]].id) for number in numbers]
        halves = [HalfVector(row) for row in rotated.astype(np.float16)]
        await self._copy(
            "memory_vectors",
            ["memory_id", "user_id", "embedding"],
            [(*who, half) for who, half in zip(of, halves, strict=True)],
        )
        signs = [asyncpg.BitString.frombytes(row.tobytes(), DIMENSIONS) for row in np.packbits(rotated > 0, axis=1)]
        await self._copy(
            "memory_bits",
            ["memory_id", "user_id", "space", "tier", "bits"],
            [(*who, self._space, "associative", bits) for who, bits in zip(of, signs, strict=True)],
        )

    async def _copy(self, table: str, columns: list[str], rows: list[tuple[object, ...]]) -> None:
        await self._connection.copy_records_to_table(table, columns=columns, records=rows, timeout=_COPY_S)


async def memorize(superuser_url: str, people: Sequence[Rememberer], meanings: Meanings, space: int) -> list[UUID]:
    """Write all memories of these people, who are in the database already. The ids, by the numbers `Nearest` was shown."""
    connection = await asyncpg.connect(superuser_url)
    try:
        await register_vector(connection)
        memorizing = Memorizing(connection, people, meanings, space)
        await memorizing.all()
        for table in ("memories", "memory_vectors", "memory_bits"):
            await connection.execute(f"VACUUM ANALYZE {table}", timeout=_COPY_S)
        return memorizing.ids
    finally:
        await connection.close()


def _payload(tier: Tier, number: int) -> Payload:
    if tier == "core":
        return payloads.core(f"preference {number}", "short answers, please")
    if tier == "episodic":
        return payloads.episodic(SessionNotes(" ".join([_TEXT] * 4), ()))
    return payloads.proactive("Plans the week on Mondays.", "4 sessions on Mondays between 2 and 23 November")
