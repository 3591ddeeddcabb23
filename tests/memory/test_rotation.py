"""The rotation of embeddings: what it keeps, what it hides, and that it never changes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kit.crypto import KeyRing
from app.memory.rotation import DIMENSIONS, Rotation
from app.memory.vectors import Vectors, space_of
from app.offline.embeddings import HashingEmbedder, vector_of

KEY = bytes(range(32))
PINNED = [0.572061, -0.838987, -0.618083, 0.324063, -0.24398, 0.011323, -0.014097, -0.744458]
SPACE = -1316109162
keys = st.binary(min_size=32, max_size=32)
seeds = st.integers(0, 2**32 - 1)


def some_vectors(seed: int, count: int = 4) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, DIMENSIONS)).astype(np.float32)


def cosines(vectors: np.ndarray) -> np.ndarray:
    units: np.ndarray = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    between: np.ndarray = units @ units.T
    return between


@settings(max_examples=25, deadline=None, database=None)
@given(key=keys, seed=seeds)
def test_lengths_and_cosines_stay(key: bytes, seed: int) -> None:
    vectors = some_vectors(seed)
    rotated = Rotation(key).rotated(vectors)
    assert rotated.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rotated, axis=1), np.linalg.norm(vectors, axis=1), rtol=1e-5)
    np.testing.assert_allclose(cosines(rotated), cosines(vectors), atol=1e-5)


@settings(max_examples=25, deadline=None, database=None)
@given(key=keys, other=keys, seed=seeds)
def test_another_key_gives_an_unrelated_vector(key: bytes, other: bytes, seed: int) -> None:
    vector = some_vectors(seed, 1)
    turned = np.concatenate([Rotation(key).rotated(vector), Rotation(other).rotated(vector), vector])
    between = cosines(turned)
    assert key == other or abs(between[0, 1]) < 0.2
    assert abs(between[0, 2]) < 0.2


def test_it_is_linear_and_every_number_that_comes_out_depends_on_those_that_went_in() -> None:
    matrix = Rotation(KEY).rotated(np.eye(DIMENSIONS))
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(DIMENSIONS), atol=1e-5)
    depends = np.abs(matrix) > 1e-7
    # A few of two million influences cancel out exactly, as sums of signs do.
    assert depends.mean() > 0.995
    assert depends.sum(axis=0).min() > 0.98 * DIMENSIONS
    assert np.abs(matrix).max() < 7 / np.sqrt(DIMENSIONS), "no number goes through nearly as it was"
    vectors = some_vectors(1)
    np.testing.assert_allclose(Rotation(KEY).rotated(vectors), vectors @ matrix, atol=1e-4)


def test_a_key_that_differs_in_one_bit_is_another_key() -> None:
    vector = some_vectors(2, 1)
    near = bytes([KEY[0] ^ 1]) + KEY[1:]
    turned = np.concatenate([Rotation(KEY).rotated(vector), Rotation(near).rotated(vector)])
    assert abs(cosines(turned)[0, 1]) < 0.2


@pytest.mark.parametrize("text", ["Milk", "I prefer short answers", "The Acme launch is on 3 March."])
def test_a_sparse_vector_comes_out_dense(text: str) -> None:
    sparse = np.array([vector_of(text)])
    assert np.count_nonzero(sparse) < 100
    dense = Rotation(KEY).rotated(sparse)[0]
    assert np.count_nonzero(dense) > 0.9 * DIMENSIONS
    assert np.abs(dense).max() < 6 / np.sqrt(DIMENSIONS)
    assert 0.45 < (dense > 0).mean() < 0.55, "as many numbers above zero as below"


def test_many_are_rotated_as_each_alone() -> None:
    vectors, rotation = some_vectors(3, 40), Rotation(KEY)
    each = np.concatenate([rotation.rotated(vector[None]) for vector in vectors])
    np.testing.assert_allclose(rotation.rotated(vectors), each, atol=1e-5)


def test_the_derivation_never_changes() -> None:
    """Stored vectors depend on it: should this fail, no memory of before is found any more."""
    vector = np.arange(DIMENSIONS) / DIMENSIONS
    rotated = Rotation(KEY).rotated([vector])[0]
    np.testing.assert_allclose(rotated[[0, 1, 2, 511, 512, 1024, 1534, 1535]], PINNED, atol=1e-5)


async def test_texts_become_rotated_embeddings() -> None:
    ring, texts = KeyRing({1: KEY}), ["Buy milk", "Call Ann about the contract"]
    vectors = Vectors(HashingEmbedder(), "offline/hashing")
    found = await vectors.of(ring, texts)
    rotated = vectors.rotation(ring).rotated([vector_of(text) for text in texts])
    np.testing.assert_allclose([each.numbers for each in found], rotated, atol=1e-6)
    assert rotated.shape == (2, DIMENSIONS)
    assert abs(np.dot(found[0].numbers, vector_of(texts[0]))) < 0.2, "it is not the embedding itself"


async def test_many_texts_become_the_same_vectors_as_few() -> None:
    ring, texts = KeyRing({1: KEY}), [f"Task number {number}" for number in range(20)]
    vectors = Vectors(HashingEmbedder(), "offline/hashing")
    at_once = [each.numbers for each in await vectors.of(ring, texts)]
    alone = [each.numbers for text in texts for each in await vectors.of(ring, [text])]
    np.testing.assert_allclose(at_once, alone, atol=1e-6)
    assert await vectors.of(ring, []) == []


async def test_a_later_version_of_the_data_key_finds_what_the_first_stored() -> None:
    vectors = Vectors(HashingEmbedder(), "offline/hashing")
    before, after = KeyRing({1: KEY}), KeyRing({2: bytes(32), 1: KEY})
    (then,), (now,) = await vectors.of(before, ["Buy milk"]), await vectors.of(after, ["Buy milk"])
    np.testing.assert_array_equal(then.numbers, now.numbers)


def test_a_rotation_is_kept_with_its_key_ring_and_goes_with_it() -> None:
    vectors, ring = Vectors(HashingEmbedder(), "offline/hashing"), KeyRing({1: KEY})
    kept = vectors.rotation(ring)
    assert vectors.rotation(ring) is kept
    assert vectors.held == 1
    del ring
    assert vectors.held == 0


def test_each_embedding_model_has_a_space_of_its_own() -> None:
    names = ["offline/hashing", "text-embedding-3-small", "text-embedding-ada-002"]
    spaces = [space_of(name) for name in names]
    assert len(set(spaces)) == len(names)
    assert all(-(2**31) <= space < 2**31 for space in spaces)
    assert spaces[0] == SPACE, "stored rows carry it"
