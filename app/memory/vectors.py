"""Texts as the vectors that are stored and searched: embedded, then turned by the user's secret rotation."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import orjson

from app.kit.crypto import KeyRing
from app.llm.port import Embedder
from app.memory.rotation import Rotation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_PURPOSE = b"memory: rotation of embeddings"
_THREAD_FROM = 16  # texts; rotating this many takes a millisecond or two, more would hold up the event loop


@dataclass(frozen=True, eq=False)
class Vector:
    """A rotated embedding, and the space it lies in. Hot statements take the `numbers` as a `halfvec`."""

    space: int
    numbers: "NDArray[np.float32]"  # 1536 of them, of unit length together

    @property
    def literal(self) -> str:
        """As Postgres reads a vector in a text."""
        return orjson.dumps(self.numbers, option=orjson.OPT_SERIALIZE_NUMPY).decode()


class Vectors:
    """The rotations stand beside the key rings they come from, and go with them."""

    def __init__(self, embedder: Embedder, model_name: str) -> None:
        self._embedder = embedder
        self._rotations: WeakKeyDictionary[KeyRing, Rotation] = WeakKeyDictionary()
        self.space = space_of(model_name)

    async def of(self, keys: KeyRing, texts: Sequence[str]) -> list[Vector]:
        """In the order of the texts. Raises the errors of `app.llm.failures`."""
        if not texts:
            return []
        embedded = await self._embedder.embed(texts)
        rotation = self.rotation(keys)
        if len(texts) >= _THREAD_FROM:
            rotated = await asyncio.to_thread(rotation.rotated, embedded)
        else:
            rotated = rotation.rotated(embedded)
        return [Vector(self.space, numbers) for numbers in rotated]

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
