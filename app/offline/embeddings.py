"""Embeddings without a model: features of a text, hashed to 1536 signed places.

Words carry the most, pairs of words some, and pieces of words a little, so that "deploying" is near "deployment". Words
that are everywhere count little. The hash is fixed: the same text gives the same vector in every process, for ever, for
vectors are stored on devices.
"""

import asyncio
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING

from app.offline.words import stem

if TYPE_CHECKING:
    from numpy.typing import NDArray

DIMENSIONS = 1536
_MOST_CHARACTERS = 50_000  # of one text; what comes after does not count
_IN_LOOP_CHARACTERS = 2_000  # about 2 ms of work; more goes to a thread
_WORD_WEIGHT, _STEM_WEIGHT, _PAIR_WEIGHT, _PIECE_WEIGHT, _STOP_WEIGHT = 1.0, 1.0, 0.5, 0.25, 0.05
_STOPS = (
    "a about after all also am an and any are as at be been before but by can could did do does for from get had has"
    " have he her his how i if in into is it its just me my no not of on or our out she should so some than that the"
    " their them then there they this to up us was we were what when where which who why will with would you your"
)
_STOP_WORDS = frozenset(_STOPS.split(" "))


class HashingEmbedder:
    """The offline `Embedder`. A text without a word gives the first unit vector: defined, and like nothing else."""

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        if sum(min(len(each), _MOST_CHARACTERS) for each in texts) <= _IN_LOOP_CHARACTERS:
            return [vector_of(each) for each in texts]
        return [await asyncio.to_thread(vector_of, each) for each in texts]


def vector_of(text: str) -> list[float]:
    """1536 floats, unit length."""
    import numpy as np

    vector: NDArray[np.float64] = np.zeros(DIMENSIONS)
    for feature, (weight, count) in _features(text[:_MOST_CHARACTERS]).items():
        place, sign = _hashed(feature)
        vector[place] += sign * weight * (1 + math.log(count))
    length = float(np.linalg.norm(vector))
    if length == 0.0:
        vector[0] = length = 1.0
    return [float(each) for each in vector / length]


def _features(text: str) -> dict[str, tuple[float, int]]:
    """Feature → weight, how often."""
    words = _words(text)
    counts = Counter(feature for feature in _all_features(words))
    return {feature: (weight, count) for (feature, weight), count in counts.items()}


def _all_features(words: list[str]) -> Iterator[tuple[str, float]]:
    previous = ""
    for word in words:
        if word in _STOP_WORDS:
            yield f"w:{word}", _STOP_WEIGHT
            continue
        yield f"w:{word}", _WORD_WEIGHT
        yield f"s:{stem(word)}", _STEM_WEIGHT
        if previous:
            yield f"p:{previous} {stem(word)}", _PAIR_WEIGHT
        for piece in _pieces(word):
            yield f"c:{piece}", _PIECE_WEIGHT
        previous = stem(word)


def _words(text: str) -> list[str]:
    plain = "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))
    return re.findall(r"\w+", plain.casefold())


def _pieces(word: str) -> Iterator[str]:
    marked = f"<{word[:40]}>"
    for size in (3, 4):
        for start in range(len(marked) - size + 1):
            yield marked[start : start + size]


@lru_cache(maxsize=20_000)
def _hashed(feature: str) -> tuple[int, int]:
    """Place and sign of a feature, of a hash that does not change between processes."""
    number = int.from_bytes(blake2b(feature.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
    return number % DIMENSIONS, 1 if number >> 63 else -1
