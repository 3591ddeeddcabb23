"""Names that the database may know without learning what they stand for: keyed hashes, by the user's own data key."""

import hashlib
import hmac
import re
import unicodedata
from uuid import UUID

from app.kit.crypto import KeyRing
from app.memory.limits import MemoryLimits
from app.memory.records import Tier

_BYTES = 16
_UNREADABLE = "\ufffd"  # what servers make of bytes that are no UTF-8


def core_key(text: str) -> str:
    """A key as it is written: lower case, single spaces. Raises `ValueError`, with a sentence, for what cannot be one."""
    key = " ".join(unicodedata.normalize("NFC", text.lower()).split())
    if not key:
        raise ValueError("a key needs at least one character")
    if len(key) > MemoryLimits.key_characters:
        raise ValueError(f"a key has at most {MemoryLimits.key_characters} characters")
    if not key.isprintable() or _UNREADABLE in key:
        raise ValueError("only printable characters are allowed")
    return key


def normal(text: str) -> str:
    """Two spellings of one thing become the same: case, spaces, compatibility forms and the last full stop."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split()).rstrip(".!")


def slot_of(keys: KeyRing, tier: Tier, name: str) -> bytes:
    """Of what there is one memory: a core key, a session."""
    return _hashed(keys, f"{tier} {normal(name) if tier == 'core' else name}")


def name_of_tier(keys: KeyRing, tier: Tier) -> bytes:
    return _hashed(keys, f"tier {tier}")


def name_of_text(keys: KeyRing, text: str) -> bytes:
    """Of what a memory says, whichever its tier: the words count, not how they are spelled or set."""
    words = re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold())
    return _hashed(keys, f"text {' '.join(words)}")


def name_of_words(keys: KeyRing, words: frozenset[str]) -> bytes:
    """Of what a memory says, in whatever order (`app.memory.sayings`)."""
    return _hashed(keys, f"words {' '.join(sorted(words))}")


def name_of_turn(keys: KeyRing, run_id: UUID) -> bytes:
    """Of a turn nothing of which is to be remembered."""
    return _hashed(keys, f"turn {run_id}")


def _hashed(keys: KeyRing, name: str) -> bytes:
    return hmac.digest(keys.derived(b"memory names"), name.encode(errors="replace"), hashlib.sha256)[:_BYTES]
