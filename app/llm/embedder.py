"""An embedder one can rely on: waits, asks again, and checks what comes back. One model, no fallbacks: vectors of two models
cannot be compared."""

import asyncio
import math
from collections.abc import Sequence

from app.llm.limits import ModelLimits
from app.llm.measures import ATTEMPTS, TOKENS
from app.llm.provider import AttemptFailed, EmbeddingProvider
from app.llm.tries import Tries

DIMENSIONS = 1536
BATCH = 128  # texts in one request


class ResilientEmbedder:
    def __init__(self, provider: EmbeddingProvider, limits: ModelLimits | None = None) -> None:
        self._provider = provider
        self._limits = limits or ModelLimits()

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Unit vectors in the order of the texts. Raises the errors of `app.llm.failures`."""
        found: list[list[float]] = []
        for start in range(0, len(texts), BATCH):
            found += await self._embed(texts[start : start + BATCH])
        return found

    async def _embed(self, texts: Sequence[str]) -> list[list[float]]:
        tries = Tries((self._provider,), self._limits)
        # Providers refuse a text that is empty.
        asked = [text or " " for text in texts]
        while True:
            try:
                return await self._attempt(asked, tries.seconds_left)
            except asyncio.CancelledError:
                ATTEMPTS.labels(self._provider.name, "cancelled").inc()
                raise
            except AttemptFailed as failure:
                tries.record(failure)
                await tries.after(failure)

    async def _attempt(self, texts: list[str], seconds_left: float) -> list[list[float]]:
        """All of the answer comes at once, so the time to the first token is the time for all of it."""
        try:
            async with asyncio.timeout(min(self._limits.first_token_s, seconds_left)):
                vectors, tokens = await self._provider.vectors(texts)
        except TimeoutError:
            raise AttemptFailed("timeout") from None
        if len(vectors) != len(texts):
            raise AttemptFailed("broken")
        units = [unit(vector) for vector in vectors]
        ATTEMPTS.labels(self._provider.name, "answered").inc()
        TOKENS.labels(self._provider.name, "input").inc(tokens)
        return units


def unit(vector: list[float]) -> list[float]:
    """The same direction with length 1. Raises `AttemptFailed` for a vector of another size, or of no direction."""
    if len(vector) != DIMENSIONS:
        raise AttemptFailed("refused", code="embedding_dimensions")
    length = math.hypot(*vector)
    if not (math.isfinite(length) and length > 0):
        raise AttemptFailed("broken", code="embedding_numbers")
    return vector if abs(length - 1) < 1e-6 else [number / length for number in vector]
