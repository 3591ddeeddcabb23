"""Ways to find memories for a question: texts, nearest first."""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from app.llm.port import Embedder
from app.memory.limits import MemoryLimits
from app.memory.memories import Memories
from app.memory.ports import Extractor, Fact, Said
from app.memory.records import Remembered, Tier, Told

FACTS: tuple[Tier, ...] = ("core", "associative")
Way = Callable[[str], Awaitable[list[str]]]
_MOST, _FLOOR = MemoryLimits.near, MemoryLimits.floor


def as_stored(memories: Memories, user_id: UUID) -> Way:
    """Rotated, by sign bits, then by halfvec: the database's own search."""

    async def found(question: str) -> list[str]:
        return [line(each) for each in await memories.nearest(user_id, question, tiers=FACTS, limit=_MOST)]

    return found


def as_told(memories: Memories, user_id: UUID) -> Way:
    """What a turn with this question is told: core memory whole, and the nearest of the others."""

    async def found(question: str) -> list[str]:
        return [line(each) for each in (await memories.gather(user_id, question)).items if each.tier in FACTS]

    return found


async def exact(embedder: Embedder, texts: Sequence[str]) -> Way:
    """The same texts by their embeddings in full, as they come from the model."""
    vectors: NDArray[np.float32] = np.array(await embedder.embed(texts), np.float32)

    async def found(question: str) -> list[str]:
        cosines = vectors @ np.array((await embedder.embed([question]))[0], np.float32)
        nearest = np.argsort(-cosines, kind="stable")[:_MOST]
        return [texts[each] for each in nearest if cosines[each] >= _FLOOR]

    return found


async def unmerged(extractor: Extractor, user_id: UUID, turns: Sequence[Said]) -> list[str]:
    """What would be kept if every fact were a memory of its own."""
    return [_line_of(fact) for said in turns for fact in await extractor.facts(user_id, said, ())]


async def kept(memories: Memories, user_id: UUID) -> list[str]:
    """Facts only, oldest first."""
    return [line(each) for each, _ in await memories.everything(user_id) if each.tier in FACTS]


def line(memory: Remembered | Told) -> str:
    return f"{memory.key}: {memory.text}" if memory.key is not None else memory.text


def _line_of(fact: Fact) -> str:
    return f"{fact.key}: {fact.text}" if fact.key is not None else fact.text
