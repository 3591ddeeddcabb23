"""Refresh tokens: each is used once, and a copy that turns up later ends the session (RFC 9700, section 4.14.2).

One exception keeps honest clients signed in: an answer that got lost, or a double click. Within 30 seconds of its use,
and as long as nothing it led to has been used, a spent token gives another pair of the same session. As soon as one of
such siblings is used, the others are dead.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import RefreshToken, User, UserSession
from app.accounts.sign_in import SessionOpener, TokenPair
from app.audit.record import Kind, record
from app.auth.secrets import digest
from app.errors import NotAuthenticated
from app.kit.clock import Clock
from app.kit.db import Database

GRACE = timedelta(seconds=30)


class TokenInvalid(NotAuthenticated):
    code = "invalid_token"


class TokenReused(NotAuthenticated):
    """A dead refresh token was used: somebody has a copy. Its whole family is signed out."""

    code = "token_reused"


class Refresh:
    def __init__(self, db: Database, opener: SessionOpener, clock: Clock) -> None:
        self._db, self._opener, self._clock = db, opener, clock

    async def exchange(self, refresh_token: str) -> TokenPair:
        """A new pair for a refresh token. Raises `TokenInvalid`, `TokenReused`."""
        async with self._db.of_nobody() as session:
            found = (
                await session.execute(text("SELECT * FROM find_refresh_token(:hash)"), {"hash": digest(refresh_token)})
            ).one_or_none()
        if found is None:
            raise TokenInvalid("The refresh token is not valid. Sign in again.")
        async with self._db.of(found.user_id) as session:
            pair = await self._advance(session, found.user_id, found.session_id, found.id)
        if pair is None:  # outside the block: the family's end must be committed before the error leaves
            raise TokenReused("This refresh token was used before. Its session has been signed out; sign in again.")
        return pair

    async def _advance(
        self, session: AsyncSession, user_id: UUID, session_id: UUID, token_id: UUID
    ) -> TokenPair | None:
        """The next pair, or None when the token was dead and its family has been ended."""
        now = self._clock.now()
        family = await self._lock_family(session, session_id)
        token = await session.get(RefreshToken, token_id)
        if family is None or token is None:
            raise TokenInvalid("The session of this refresh token has ended. Sign in again.")
        if token.expires_at <= now:
            raise TokenInvalid("The refresh token has expired. Sign in again.")
        if token.spent_at is not None and not await self._is_forgivable(session, token, now):
            family.ended_at = now
            record(session, Kind.TOKEN_REUSED, user_id=user_id, at=now, actor_id=None, session_id=str(session_id))
            return None
        if token.spent_at is None:
            await self._spend(session, token, now)
        family.last_used_at = now
        return self._opener.next_pair(session, user_id, session_id, parent_id=token.id)

    async def _lock_family(self, session: AsyncSession, session_id: UUID) -> UserSession | None:
        """The session's row, locked: parallel uses of one family go one after the other. None when it has ended."""
        enabled = select(User.id).where(User.id == UserSession.user_id, User.disabled_at.is_(None)).exists()
        return await session.scalar(
            select(UserSession)
            .where(UserSession.id == session_id, UserSession.ended_at.is_(None), enabled)
            .with_for_update()
        )

    async def _is_forgivable(self, session: AsyncSession, token: RefreshToken, now: datetime) -> bool:
        """Used a moment ago, by someone who has not used what they got for it."""
        assert token.spent_at is not None
        children = (await session.scalars(select(RefreshToken).where(RefreshToken.parent_id == token.id))).all()
        return bool(children) and now - token.spent_at <= GRACE and all(child.spent_at is None for child in children)

    async def _spend(self, session: AsyncSession, token: RefreshToken, now: datetime) -> None:
        """Use the token up, and with it the siblings the grace may have given it."""
        mine = RefreshToken.id == token.id
        # A session's first token has no parent, and so no siblings: the other tokens without one are other sessions'.
        if token.parent_id is not None:
            mine |= (RefreshToken.parent_id == token.parent_id) & RefreshToken.spent_at.is_(None)
        await session.execute(update(RefreshToken).where(mine).values(spent_at=now))
