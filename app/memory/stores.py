"""What every verb of memory works with."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog

from app.errors import AdiuvaError
from app.keys.vault import KeyVault
from app.kit.clock import Clock
from app.kit.crypto import KeyRing
from app.kit.db import Database
from app.memory.limits import MemoryLimits
from app.memory.vectors import Vector, Vectors
from app.threads.rings import ring_of

log = structlog.stdlib.get_logger()


@dataclass(frozen=True)
class Stores:
    db: Database
    vault: KeyVault
    vectors: Vectors
    clock: Clock
    limits: MemoryLimits

    async def keys(self, user_id: UUID) -> KeyRing:
        """The user's key ring, without a transaction when it is at hand. Raises `KeysUnavailable`."""
        return await ring_of(self.db, self.vault, user_id)

    async def vectors_of(self, keys: KeyRing, texts: Sequence[str]) -> list[Vector | None]:
        """None for all when the embedding model does not answer: what is written is found by meaning later on. Never
        inside a transaction: the model may be far away."""
        if not texts:
            return []
        try:
            async with asyncio.timeout(self.limits.embed_s):
                return [*await self.vectors.of(keys, texts)]
        except (TimeoutError, AdiuvaError) as error:
            code = error.code if isinstance(error, AdiuvaError) else "timeout"
            log.warning("memory_not_embedded", code=code, texts=len(texts))
            return [None] * len(texts)
