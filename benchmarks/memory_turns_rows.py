"""What users remember before their turns are measured: near enough to the question that a turn is told of it."""

from collections.abc import Sequence

import numpy as np

from app.keys.master_keys import MasterKeys
from app.keys.vault import KeyVault
from app.kit.clock import SystemClock
from app.kit.db import Database
from app.memory.vectors import Vectors as Rotating
from app.offline.embeddings import HashingEmbedder
from benchmarks.ground import BenchmarkDatabase
from benchmarks.memory_meanings import Meanings, Vectors
from benchmarks.memory_rows import Rememberer, memorize
from benchmarks.people import Someone


class Around(Meanings):
    """Meanings that have as much to do with one text as not."""

    def __init__(self, seed: int, vector: Sequence[float]) -> None:
        super().__init__(seed)
        self._vector = np.asarray(vector, dtype=np.float32)

    def draw(self, count: int) -> Vectors:
        mixed = super().draw(count) + self._vector
        units: Vectors = mixed / np.linalg.norm(mixed, axis=1, keepdims=True)
        return units


async def remember(
    database: BenchmarkDatabase,
    people: Sequence[Someone],
    master_keys: str,
    memories: int,
    question: str,
    embedding_model: str,
) -> None:
    """So many memories for each of these people, found by this question."""
    embedder = HashingEmbedder()
    rotating = Rotating(embedder, embedding_model)
    (vector,) = await embedder.embed([question])
    vault, db = KeyVault(MasterKeys.parse(master_keys), SystemClock()), Database(database.url)
    rememberers = []
    try:
        for each in people:
            async with db.of(each.id) as session:
                keys = await vault.of(session, each.id)
            rememberers.append(Rememberer(each.id, keys, rotating.rotation(keys), memories))
    finally:
        await db.close()
    await memorize(database.superuser_url, rememberers, Around(1, vector), rotating.space)
