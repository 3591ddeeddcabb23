"""Embeddings as texts have them: some subjects, topics within them, and memories and questions around the topics."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.memory.rotation import DIMENSIONS

SUBJECTS, TOPICS = 100, 5_000
# What a vector is made of: what all texts have in common, its subject, its topic, and what is its own
_COMMON, _SUBJECT, _TOPIC, _OWN = 0.5, 0.6, 0.6, 0.6

Vectors = NDArray[np.float32]


class Meanings:
    """The same seed, the same vectors in the same order."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._common = self._directions(1)
        self._subjects, self._topics = self._directions(SUBJECTS), self._directions(TOPICS)

    def draw(self, count: int) -> Vectors:
        """`count` x 1536, unit length."""
        topics = self._random.integers(0, TOPICS, count)
        around = _COMMON * self._common + _SUBJECT * self._subjects[topics % SUBJECTS] + _TOPIC * self._topics[topics]
        return _units(around + _OWN * self._directions(count))

    def _directions(self, count: int) -> Vectors:
        return _units(self._random.standard_normal((count, DIMENSIONS), dtype=np.float32))


@dataclass
class Nearest:
    """The eight that are truly nearest to each of some questions, by exact cosine, of all memories shown so far."""

    questions: Vectors
    most: int = 8

    def __post_init__(self) -> None:
        self._scores = np.full((len(self.questions), 0), 0, dtype=np.float32)
        self._names = np.zeros((len(self.questions), 0), dtype=np.int64)

    def show(self, memories: Vectors, names: NDArray[np.int64]) -> None:
        """`names`: a number for each of the memories."""
        scores = np.concatenate([self._scores, self.questions @ memories.T], axis=1)
        everybody = np.concatenate([self._names, np.broadcast_to(names, (len(self.questions), len(names)))], axis=1)
        best = np.argsort(-scores, axis=1, kind="stable")[:, : self.most]
        self._scores = np.take_along_axis(scores, best, axis=1)
        self._names = np.take_along_axis(everybody, best, axis=1)

    def names(self) -> list[set[int]]:
        return [set(row.tolist()) for row in self._names]


def _units(vectors: Vectors) -> Vectors:
    units: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return units
