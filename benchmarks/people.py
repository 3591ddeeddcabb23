"""Accounts put into the database directly: registering thousands over HTTP would take minutes of hashing."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg

from app.auth.access_tokens import AccessTokens
from app.auth.passwords import PasswordHasher
from app.keys.master_keys import MasterKeys
from app.kit.clock import SystemClock
from app.kit.crypto import new_key
from benchmarks.ground import BenchmarkDatabase

PASSWORD = "a long and unusual password"
_SWITCH_OFF = "INSERT INTO memory_settings (user_id, enabled) SELECT unnest(%s::uuid[]), false"


@dataclass(frozen=True)
class Someone:
    id: UUID
    session_id: UUID
    email: str


def populate(database: BenchmarkDatabase, count: int, master_keys: str) -> list[Someone]:
    """`count` people of the tier with the most requests a minute, each with a data key and an open session."""
    people = [Someone(uuid4(), uuid4(), f"someone-{number}@example.com") for number in range(count)]
    keys, now, password_hash = MasterKeys.parse(master_keys), datetime.now(UTC), _hashed(PASSWORD)
    with psycopg.connect(database.superuser_url) as connection, connection.cursor() as cursor:
        with cursor.copy("COPY users (id, email, password_hash, tier, created_at) FROM STDIN") as users:
            for each in people:
                users.write_row((each.id, each.email, password_hash, "team", now))
        with cursor.copy(
            "COPY user_keys (user_id, version, master_key_id, wrapped_key, created_at) FROM STDIN"
        ) as user_keys:
            for each in people:
                wrapped = keys.wrap(each.id, 1, new_key())
                user_keys.write_row((each.id, 1, wrapped.master_key_id, wrapped.wrapped, now))
        # "Last used" moves once a minute and person. A run packs hours of one person's requests into seconds, so that
        # write would come up far too often or not at all; it is left out by a time that does not need to move.
        later = now + timedelta(days=1)
        with cursor.copy(
            "COPY user_sessions (id, user_id, client, address, created_at, last_used_at) FROM STDIN"
        ) as sessions:
            for each in people:
                sessions.write_row((each.session_id, each.id, b"", b"", now, later))
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return people


def without_memory(database: BenchmarkDatabase, people: Sequence[Someone]) -> None:
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute(_SWITCH_OFF, ([each.id for each in people],))


def access_tokens(people: list[Someone], secret: str) -> list[str]:
    tokens = AccessTokens(secret, SystemClock())
    return [tokens.issue(each.id, each.session_id)[0] for each in people]


def _hashed(password: str) -> str:
    hasher = PasswordHasher()
    try:
        return asyncio.run(hasher.hash(password))
    finally:
        hasher.close()
