"""Texts as the vectors that are stored and searched: embedded, then turned by the user's secret rotation."""

import asyncio
from collections.abc import Sequence
from hashlib import blake2b
from weakref import WeakKeyDictionary

from app.kit.crypto import KeyRing
from app.llm.port import Embedder
from app.memory.rotation import Rotation

_PURPOSE = b"memory: rotation of embeddings"
_THREAD_FROM = 16  # texts; rotating this many takes a millisecond or two, more would hold up the event loop


class Vectors:
    """The rotations stand beside the key rings they come from, and go with them."""

    def __init__(self, embedder: Embedder, model_name: str) -> None:
        self._embedder = embedder
        self._rotations: WeakKeyDictionary[KeyRing, Rotation] = WeakKeyDictionary()
        self.space = space_of(model_name)

    async def of(self, keys: KeyRing, texts: Sequence[str]) -> list[list[float]]:
        """In the order of the texts: 1536 floats each, unit length. Raises the errors of `app.llm.failures`."""
        if not texts:
            return []
        embedded = await self._embedder.embed(texts)
        rotation = self.rotation(keys)
        if len(texts) >= _THREAD_FROM:
            return await asyncio.to_thread(_rotated, rotation, embedded)
        return _rotated(rotation, embedded)

    @property
    def held(self) -> int:
        """How many users' rotations are in memory."""
        return len(self._rotations)

    def rotation(self, keys: KeyRing) -> Rotation:
        """The user's own. Making one takes half a millisecond."""
        rotation = self._rotations.get(keys)
        if rotation is None:
            rotation = self._rotations[keys] = Rotation(keys.derived(_PURPOSE))
        return rotation


def space_of(model_name: str) -> int:
    """The number vectors of one embedding model are stored under, for those of two cannot be compared: signed, 32 bits."""
    return int.from_bytes(blake2b(model_name.encode(), digest_size=4).digest(), "big", signed=True)


def _rotated(rotation: Rotation, embedded: list[list[float]]) -> list[list[float]]:
    rotated: list[list[float]] = rotation.rotated(embedded).tolist()
    return rotated
