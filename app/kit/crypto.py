"""Sealing: authenticated encryption that also says where the plaintext belongs.

A sealed value is `version (4 bytes, big-endian) || Fernet token (raw bytes)`. Fernet (AES-128-CBC + HMAC-SHA256,
https://github.com/fernet/spec) encrypts `tag length (2 bytes) || tag || text`, where the tag names table, column and row:
a ciphertext copied to another row, column or user does not open.

Data keys are wrapped with AES-256-GCM (NIST SP 800-38D): `nonce (12 bytes) || ciphertext and tag (48 bytes)`.
"""

import asyncio
import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
THREAD_FROM_BYTES = 256 * 1024  # sealing this much takes about a millisecond; more would hold up the event loop
_VERSION_BYTES = 4
_TAG_LENGTH_BYTES = 2
_NONCE_BYTES = 12


class CannotOpen(Exception):
    """The key does not fit, the bytes were changed, or the value was moved from where it was sealed."""


@dataclass(frozen=True)
class Place:
    """Where a sealed value stands: part of what is sealed, checked when it is opened."""

    table: str
    column: str
    row_id: UUID | str

    def tag(self) -> bytes:
        return f"{self.table}.{self.column}:{self.row_id}".encode()


def new_key() -> bytes:
    return secrets.token_bytes(KEY_BYTES)


def wrap(wrapping_key: bytes, key: bytes, bound_to: bytes) -> bytes:
    """Encrypt a key under another; `bound_to` must be given again to unwrap it."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(wrapping_key).encrypt(nonce, key, bound_to)


def unwrap(wrapping_key: bytes, wrapped: bytes, bound_to: bytes) -> bytes:
    """Raises `CannotOpen` for the wrong wrapping key, changed bytes or another `bound_to`."""
    try:
        return AESGCM(wrapping_key).decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], bound_to)
    except (InvalidTag, ValueError):
        raise CannotOpen("The key could not be unwrapped.") from None


def fernet_for(purpose: bytes, secret: str) -> Fernet:
    """A cipher for one purpose, from a secret of the service. `purpose`: at most 16 bytes; another one, another key."""
    key = hashlib.blake2b(secret.encode(), digest_size=KEY_BYTES, person=purpose).digest()
    return Fernet(base64.urlsafe_b64encode(key))


class KeyRing:
    """One user's data keys by version: the newest seals, all open, and the oldest is what other secrets derive from."""

    def __init__(self, keys: Mapping[int, bytes]) -> None:
        self._fernets = {version: Fernet(base64.urlsafe_b64encode(key)) for version, key in keys.items()}
        self._newest = max(keys)
        self._oldest_key = keys[min(keys)]
        self._derived: dict[bytes, bytes] = {}

    def derived(self, purpose: bytes) -> bytes:
        """A secret of the user's for one purpose (32 bytes), the same for ever: a new version of the data key does not
        change it. It tells nothing about the data key, nor about the secret for another purpose (HKDF-SHA256, RFC 5869).
        """
        if purpose not in self._derived:
            hkdf = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose)
            self._derived[purpose] = hkdf.derive(self._oldest_key)
        return self._derived[purpose]

    async def seal(self, place: Place, text: str) -> bytes:
        return await self.seal_bytes(place, text.encode())

    async def open(self, place: Place, sealed: bytes) -> str:
        """The text that was sealed at this place. Raises `CannotOpen`."""
        return (await self.open_bytes(place, sealed)).decode()

    async def seal_bytes(self, place: Place, payload: bytes) -> bytes:
        if len(payload) >= THREAD_FROM_BYTES:
            return await asyncio.to_thread(self._seal, place, payload)
        return self._seal(place, payload)

    async def open_bytes(self, place: Place, sealed: bytes) -> bytes:
        """The bytes that were sealed at this place. Raises `CannotOpen`."""
        if len(sealed) >= THREAD_FROM_BYTES:
            return await asyncio.to_thread(self._open, place, sealed)
        return self._open(place, sealed)

    def _seal(self, place: Place, payload: bytes) -> bytes:
        tag = place.tag()
        token = self._fernets[self._newest].encrypt(len(tag).to_bytes(_TAG_LENGTH_BYTES, "big") + tag + payload)
        return self._newest.to_bytes(_VERSION_BYTES, "big") + base64.urlsafe_b64decode(token)

    def _open(self, place: Place, sealed: bytes) -> bytes:
        fernet = self._fernets.get(int.from_bytes(sealed[:_VERSION_BYTES], "big"))
        if fernet is None:
            raise CannotOpen("The value was sealed with a key version this user does not have.")
        try:
            plain = fernet.decrypt(base64.urlsafe_b64encode(sealed[_VERSION_BYTES:]))
        except InvalidToken:
            raise CannotOpen("The value was sealed with another key, or its bytes were changed.") from None
        start = _TAG_LENGTH_BYTES + int.from_bytes(plain[:_TAG_LENGTH_BYTES], "big")
        if plain[_TAG_LENGTH_BYTES:start] != place.tag():
            raise CannotOpen("The value was sealed for another place.")
        return plain[start:]
