"""Opaque secrets we hand out: refresh tokens, one-time links, API keys.

Each is 256 random bits, so a plain SHA-256 is enough to store: there is nothing to guess (unlike a password).
"""

import hashlib
import secrets

API_KEY_PREFIX = "adiuva_"


def new_secret(prefix: str = "") -> str:
    return prefix + secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
