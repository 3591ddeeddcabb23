"""Master keys: `MASTER_KEYS="k2:<base64>,k1:<base64>"`. The first wraps, all unwrap."""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from app.kit.crypto import KEY_BYTES, CannotOpen, new_key, unwrap, wrap

_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")


class BadMasterKeys(ValueError):
    """What is wrong with MASTER_KEYS, in a sentence that never contains the key."""


@dataclass(frozen=True)
class WrappedKey:
    master_key_id: str
    wrapped: bytes


class MasterKeys:
    def __init__(self, keys: dict[str, bytes]) -> None:
        """`keys` by id, the one that wraps first."""
        self._keys = keys
        self.first_id = next(iter(keys))

    @classmethod
    def parse(cls, written: str) -> "MasterKeys":
        """Read the setting. Raises `BadMasterKeys`."""
        keys: dict[str, bytes] = {}
        for entry in written.split(","):
            key_id, colon, encoded = entry.strip().partition(":")
            if not colon or not _KEY_ID.fullmatch(key_id):
                raise BadMasterKeys(
                    "MASTER_KEYS is written id:base64,id:base64; ids are 1 to 32 letters, digits, - or _."
                )
            if key_id in keys:
                raise BadMasterKeys(f"MASTER_KEYS names the key {key_id} twice.")
            keys[key_id] = _decode(key_id, encoded)
        return cls(keys)

    @staticmethod
    def make(key_id: str = "k1") -> str:
        """One fresh entry, as it is written in the setting."""
        return f"{key_id}:{base64.b64encode(new_key()).decode()}"

    def wrap(self, user_id: UUID, version: int, data_key: bytes) -> WrappedKey:
        return WrappedKey(self.first_id, wrap(self._keys[self.first_id], data_key, _bound_to(user_id, version)))

    def unwrap(self, user_id: UUID, version: int, key: WrappedKey) -> bytes:
        """Raises `CannotOpen` when the master key is not configured or does not fit."""
        master_key = self._keys.get(key.master_key_id)
        if master_key is None:
            raise CannotOpen(f"Master key {key.master_key_id} is not in MASTER_KEYS.")
        return unwrap(master_key, key.wrapped, _bound_to(user_id, version))

    def missing_among(self, ids: Iterable[str]) -> list[str]:
        """Those of `ids` that this configuration cannot unwrap."""
        return sorted(set(ids) - self._keys.keys())

    def holds(self, secret: bytes) -> bool:
        """Is one of the keys this very secret? One secret must not do two jobs."""
        return secret in self._keys.values()


def _bound_to(user_id: UUID, version: int) -> bytes:
    return user_id.bytes + version.to_bytes(4, "big")


def _decode(key_id: str, encoded: str) -> bytes:
    try:
        key = base64.b64decode(encoded, validate=True)
    except ValueError:  # binascii.Error, or letters outside ASCII
        raise BadMasterKeys(f"MASTER_KEYS: the key {key_id} is not base64.") from None
    if len(key) != KEY_BYTES:
        raise BadMasterKeys(
            f"MASTER_KEYS: the key {key_id} has {len(key)} bytes; it must have {KEY_BYTES}. "
            "Make one with: python -m app keys new"
        )
    # 32 random bytes hold 30 different values on average; fewer than 16 has a chance of about 1 in 10^17.
    if len(set(key)) < KEY_BYTES // 2:
        raise BadMasterKeys(f"MASTER_KEYS: the key {key_id} is not random. Make one with: python -m app keys new")
    return key
