"""Secrets for other purposes, derived from a user's data key."""

from hypothesis import given, settings
from hypothesis import strategies as st

from app.kit.crypto import KEY_BYTES, KeyRing, new_key

KEY = bytes(range(KEY_BYTES))
DERIVED = "1424d0f742e3a99ee776da30cc08a7b5fefd4b434522dd9e771c548f9c529f16"
keys = st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES)


def test_the_derivation_never_changes() -> None:
    """What was stored under such a secret depends on it."""
    assert KeyRing({1: KEY}).derived(b"a purpose").hex() == DERIVED


@settings(max_examples=50, deadline=None, database=None)
@given(key=keys, purpose=st.binary(max_size=40), other=st.binary(max_size=40))
def test_each_purpose_has_a_secret_of_its_own(key: bytes, purpose: bytes, other: bytes) -> None:
    ring = KeyRing({1: key})
    assert len(ring.derived(purpose)) == KEY_BYTES
    assert ring.derived(purpose) == ring.derived(purpose)
    assert ring.derived(purpose) != key
    assert (ring.derived(purpose) == ring.derived(other)) == (purpose == other)


def test_newer_versions_of_the_data_key_do_not_change_it() -> None:
    first, second = new_key(), new_key()
    assert KeyRing({2: second, 1: first}).derived(b"p") == KeyRing({1: first}).derived(b"p")
    assert KeyRing({2: second}).derived(b"p") != KeyRing({1: first}).derived(b"p")
