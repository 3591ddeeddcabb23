import base64
import hashlib
import secrets

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.keys.master_keys import BadMasterKeys, MasterKeys
from app.kit.crypto import KEY_BYTES

ONE, OTHER = (hashlib.sha256(name.encode()).digest() for name in ("one", "other"))


def b64(key: bytes) -> str:
    return base64.b64encode(key).decode()


def test_the_first_wraps_and_all_unwrap() -> None:
    keys = MasterKeys.parse(f" k2:{b64(OTHER)} , k1:{b64(ONE)} ")
    assert keys.first_id == "k2"
    assert keys.missing_among(["k1", "k2", "k3", "k0"]) == ["k0", "k3"]
    assert keys.holds(ONE)
    assert not keys.holds(secrets.token_bytes(KEY_BYTES))


def test_a_made_entry_can_be_used() -> None:
    assert MasterKeys.parse(f"{MasterKeys.make('k9')},{MasterKeys.make('k8')}").first_id == "k9"


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("", "written id:base64"),
        (",", "written id:base64"),
        (b64(ONE), "written id:base64"),
        (f"k1:{b64(ONE)},", "written id:base64"),
        (f"k 1:{b64(ONE)}", "written id:base64"),
        (f":{b64(ONE)}", "written id:base64"),
        (f"{'k' * 33}:{b64(ONE)}", "written id:base64"),
        (f"k1:{b64(ONE)},k1:{b64(OTHER)}", "names the key k1 twice"),
        ("k1:", "has 0 bytes"),
        ("k1:not base64!", "is not base64"),
        ("k1:" + "é" * 44, "is not base64"),
        (f"k1:{b64(ONE)[:-2]}", "is not base64"),
        (f"k1:{b64(ONE[:16])}", "has 16 bytes; it must have 32"),
        (f"k1:{b64(ONE + b'x')}", "has 33 bytes"),
        (f"k1:{b64(bytes(32))}", "is not random"),
        (f"k1:{b64(b'0123456789' * 3 + b'01')}", "is not random"),
        (f"k1:{b64(ONE)}:{b64(OTHER)}", "is not base64"),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence_without_the_key(written: str, told: str) -> None:
    with pytest.raises(BadMasterKeys, match=told) as refused:
        MasterKeys.parse(written)
    for key in (b64(ONE), b64(OTHER), b64(ONE)[:-2]):
        assert key not in str(refused.value)


@settings(max_examples=200, deadline=None, database=None)
@given(st.text(max_size=100))
def test_nothing_written_there_is_anything_but_keys_or_a_sentence(written: str) -> None:
    try:
        MasterKeys.parse(written)
    except BadMasterKeys as refused:
        assert "MASTER_KEYS" in str(refused)  # noqa: PT017 - either outcome is fine
