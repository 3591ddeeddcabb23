"""Questions to what is remembered: through the service's own verb, and as an exact scan of the same rows."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.kit.db import Connection
from app.memory.limits import MemoryLimits
from app.memory.memories import Memories
from benchmarks.memory_meanings import Vectors
from benchmarks.memory_rows import Rememberer

_WARM_UP = 8
# The question is turned into a vector once, not for each row.
_EXACT = """
    SELECT memory_id FROM memory_vectors WHERE user_id = $1
    ORDER BY embedding <=> (SELECT $2::real[]::halfvec(1536)) LIMIT $3
"""


class Questions:
    """An embedder that has been asked before: the number in a question's text says which vector is its own."""

    def __init__(self, vectors: Vectors) -> None:
        self.vectors = vectors

    def text(self, number: int) -> str:
        return f"Question {number}"

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        found: list[list[float]] = [self.vectors[int(text.rpartition(" ")[2])].tolist() for text in texts]
        return found


@dataclass(frozen=True)
class Answered:
    took_ms: list[float]
    recall: float  # share of the truly nearest that were found
    short: int  # questions with fewer answers than there should have been


class Asking:
    """Of one person. `ids`: those of all memories, by the numbers `Nearest` knows them by."""

    def __init__(self, person: Rememberer, questions: Questions, ids: Sequence[UUID]) -> None:
        assert person.nearest is not None
        self._person, self._questions = person, questions
        self._truth = [{ids[number] for number in names} for names in person.nearest.names()]

    async def gathering(self, memories: Memories, count: int) -> Answered:
        async def ask(number: int) -> set[UUID]:
            gathered = await memories.gather(self._person.id, self._questions.text(number))
            return {item.id for item in gathered.items if item.tier == "associative"}

        return await self._asked(ask, count)

    async def exactly(self, connection: Connection, count: int) -> Answered:
        rotated = self._person.rotation.rotated(self._questions.vectors).tolist()

        async def ask(number: int) -> set[UUID]:
            rows = await connection.fetch(_EXACT, self._person.id, rotated[number], MemoryLimits().near)
            return {UUID(bytes=row["memory_id"].bytes) for row in rows}

        return await self._asked(ask, count)

    async def _asked(self, ask: Callable[[int], Awaitable[set[UUID]]], count: int) -> Answered:
        for number in range(_WARM_UP):
            await ask(number)
        took_ms, found = [], []
        for number in range(count):
            before = time.perf_counter()
            found.append(await ask(number))
            took_ms.append((time.perf_counter() - before) * 1000)
        wanted = list(zip(found, self._truth[:count], strict=True))
        recall = sum(len(got & truth) for got, truth in wanted) / sum(len(truth) for _, truth in wanted)
        return Answered(took_ms, recall, sum(len(got) < len(truth) for got, truth in wanted))
