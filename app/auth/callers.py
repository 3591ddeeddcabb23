"""Who is calling: one round trip to the database, for every request, so that a revocation works at once."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import orjson
from sqlalchemy import text

from app.auth.access_tokens import AccessTokens
from app.auth.scopes import Scope
from app.auth.secrets import API_KEY_PREFIX, digest
from app.billing.tiers import Tier
from app.errors import NotAuthenticated
from app.kit.clock import Clock
from app.kit.db import Database

_IN_SESSION = "SELECT * FROM caller_in_session($1, $2, $3)"
_KEY_IS_THERE = text("""
    SELECT k.id FROM api_keys k JOIN users u ON u.id = k.user_id
    WHERE k.id = :id AND (k.expires_at IS NULL OR k.expires_at > :now) AND u.disabled_at IS NULL AND u.email IS NOT NULL
""")
_WITH_API_KEY = "SELECT * FROM caller_with_api_key($1, $2)"


@dataclass(frozen=True, slots=True)
class Caller:
    """The person behind a request, as the database knows them now (never as a token remembers them)."""

    user_id: UUID
    email: str
    tier: Tier
    is_admin: bool
    email_verified: bool
    created_at: datetime
    signed_in_at: datetime  # when the session was opened, or the key was made
    expires_at: datetime | None  # of the token or key that was shown
    session_id: UUID | None = None
    api_key_id: UUID | None = None
    scopes: frozenset[str] | None = None  # of an API key; None for a person who is signed in

    def may(self, scope: Scope) -> bool:
        return self.scopes is None or scope in self.scopes


class Callers:
    def __init__(self, db: Database, tokens: AccessTokens, clock: Clock) -> None:
        self._db, self._tokens, self._clock = db, tokens, clock

    async def of(self, bearer: str) -> Caller:
        """The caller a bearer token (access token or API key) stands for. Raises `NotAuthenticated`."""
        if bearer.startswith(API_KEY_PREFIX):
            return await self._with_api_key(bearer)
        return await self._in_session(bearer)

    async def are_still_in(self, user_id: UUID, session_id: UUID | None, api_key_id: UUID | None) -> bool:
        """Would what a caller showed a while ago still be accepted?"""
        if session_id is not None:
            return await self._db.hot_row(_IN_SESSION, session_id, user_id, self._clock.now()) is not None
        async with self._db.of(user_id) as session:
            found = await session.execute(_KEY_IS_THERE, {"id": api_key_id, "now": self._clock.now()})
            return found.one_or_none() is not None

    async def _in_session(self, token: str) -> Caller:
        claims = self._tokens.read(token)
        row = await self._db.hot_row(_IN_SESSION, claims.session_id, claims.user_id, self._clock.now())
        if row is None:
            raise NotAuthenticated("This session has ended. Sign in again.")
        return Caller(
            claims.user_id,
            row["email"],
            Tier(row["tier"]),
            row["is_admin"],
            row["email_verified"],
            row["created_at"],
            row["signed_in_at"],
            datetime.fromtimestamp(claims.expires_at, UTC),
            session_id=claims.session_id,
        )

    async def _with_api_key(self, key: str) -> Caller:
        row = await self._db.hot_row(_WITH_API_KEY, digest(key), self._clock.now())
        if row is None:
            raise NotAuthenticated("This API key is not valid.")
        return Caller(
            row["user_id"],
            row["email"],
            Tier(row["tier"]),
            row["is_admin"],
            row["email_verified"],
            row["created_at"],
            row["signed_in_at"],
            row["expires_at"],
            api_key_id=row["key_id"],
            scopes=frozenset(orjson.loads(row["scopes"])),
        )
