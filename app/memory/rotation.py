"""A secret rotation of embeddings: what is near stays near, and only its key tells what it was.

A vector of 1536 numbers goes through rounds of: its numbers in a secret order, each with a secret sign, then three
orthonormal Hadamard transforms over 512 numbers each. The first round spreads a number over a third of the vector, the
second over all of it, the third evens that out. Every step keeps lengths and angles, so the whole does; and whatever went
in, the numbers that come out are alike in size, which is what comparing by sign bits wants.

Stored vectors can be compared only with vectors that were turned the same way, so the derivation from the key must never
change: it is ChaCha20's key stream and a stable sort, not a library's random generator.
"""

import math
from functools import cache
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

DIMENSIONS = 1536
_ROUNDS = 3
_BLOCKS, _ROWS, _COLUMNS = 3, 16, 32  # 3 x 512; a transform over 16 x 32 numbers is one over rows and one over columns
_SIGN_BYTES, _ORDER_BYTES = DIMENSIONS // 8, DIMENSIONS * 8


class Rotation:
    """One user's. Holds 14 KB; rotates a vector in some 50 µs, many at once in less each."""

    def __init__(self, key: bytes) -> None:
        """`key`: 32 secret bytes."""
        stream = _key_stream(key, _ROUNDS * (_SIGN_BYTES + _ORDER_BYTES))
        size = _SIGN_BYTES + _ORDER_BYTES
        self._rounds = [_round(stream[start : start + size]) for start in range(0, len(stream), size)]

    def rotated(self, vectors: "ArrayLike") -> "NDArray[np.float32]":
        """`vectors`: n x 1536, any numbers. As many, in float32: lengths and cosines are kept to about 1e-6."""
        import numpy as np

        turned: NDArray[np.float32] = np.asarray(vectors, dtype=np.float32)
        over_columns, over_rows = _hadamard(_COLUMNS), _hadamard(_ROWS)
        for order, signs in self._rounds:
            signed = np.multiply(turned[:, order], signs, dtype=np.float32)
            mixed = signed.reshape(-1, _COLUMNS) @ over_columns
            turned = (over_rows @ mixed.reshape(-1, _ROWS, _COLUMNS)).reshape(-1, DIMENSIONS)
        return turned


def _key_stream(key: bytes, length: int) -> bytes:
    return Cipher(algorithms.ChaCha20(key, bytes(16)), mode=None).encryptor().update(bytes(length))


def _round(stream: bytes) -> "tuple[NDArray[np.uint16], NDArray[np.int8]]":
    """A secret order and secret signs (-1 or 1)."""
    import numpy as np

    bits = np.unpackbits(np.frombuffer(stream[:_SIGN_BYTES], dtype=np.uint8))
    numbers = np.frombuffer(stream[_SIGN_BYTES:], dtype="<u8")
    return np.argsort(numbers, kind="stable").astype(np.uint16), (1 - 2 * bits.astype(np.int8)).astype(np.int8)


@cache
def _hadamard(size: int) -> "NDArray[np.float32]":
    """The orthonormal one of a power of two (Sylvester's)."""
    import numpy as np

    matrix = np.ones((1, 1))
    while len(matrix) < size:
        matrix = np.block([[matrix, matrix], [matrix, -matrix]])
    return (matrix / math.sqrt(size)).astype(np.float32)
