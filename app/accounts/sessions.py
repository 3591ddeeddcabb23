"""Where a user is signed in, and signing out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import UserSession
from app.audit.record import Kind, record
from app.auth.secrets import digest
from app.errors import NotFound
from app.keys.vault import KeyVault
from app.kit.clock import Clock
from app.kit.crypto import KeyRing, Place
from app.kit.db import Database


@dataclass(frozen=True)
class OpenSession:
    id: UUID
    client: str
    address: str
    created_at: datetime
    last_used_at: datetime


class Sessions:
    def __init__(self, db: Database, vault: KeyVault, clock: Clock) -> None:
        self._db, self._vault, self._clock = db, vault, clock

    async def open_ones(self, user_id: UUID, *, offset: int, limit: int) -> tuple[list[OpenSession], int]:
        """The user's open sessions, last used first, and how many there are."""
        mine = select(UserSession).where(UserSession.user_id == user_id, UserSession.ended_at.is_(None))
        async with self._db.of(user_id) as session:
            total = await session.scalar(select(func.count()).select_from(mine.subquery())) or 0
            newest_first = mine.order_by(UserSession.last_used_at.desc(), UserSession.id)
            rows = (await session.scalars(newest_first.offset(offset).limit(limit))).all()
            keys = await self._vault.of(session, user_id)
        return [await revealed(row, keys) for row in rows], total

    async def sign_out(self, user_id: UUID, refresh_token: str) -> None:
        """End the session a refresh token belongs to. A token that is not the user's changes nothing and looks alike."""
        async with self._db.of(user_id) as session:
            found = (
                await session.execute(text("SELECT * FROM find_refresh_token(:hash)"), {"hash": digest(refresh_token)})
            ).one_or_none()
            if found is not None and found.user_id == user_id:
                await self._end(session, user_id, Kind.SIGNED_OUT, UserSession.id == found.session_id)

    async def end(self, user_id: UUID, session_id: UUID) -> None:
        """Sign one session out. Raises `NotFound`."""
        async with self._db.of(user_id) as session:
            if not await self._end(session, user_id, Kind.SESSION_ENDED, UserSession.id == session_id):
                raise NotFound("There is no such session.")

    async def _end(self, session: AsyncSession, user_id: UUID, kind: Kind, which: ColumnElement[bool]) -> bool:
        ended = await end_sessions(session, user_id, self._clock.now(), which)
        for session_id in ended:
            record(
                session,
                kind,
                user_id=user_id,
                at=self._clock.now(),
                actor_id=user_id,
                session_id=str(session_id),
            )
        return bool(ended)


async def end_sessions(
    session: AsyncSession, user_id: UUID, at: datetime, *which: ColumnElement[bool]
) -> Sequence[UUID]:
    """End the user's open sessions that meet the conditions; their access and refresh tokens stop working at once."""
    statement = (
        update(UserSession)
        .where(UserSession.user_id == user_id, UserSession.ended_at.is_(None), *which)
        .values(ended_at=at)
        .returning(UserSession.id)
    )
    return (await session.scalars(statement)).all()


async def revealed(row: UserSession, keys: KeyRing) -> OpenSession:
    return OpenSession(
        row.id,
        await keys.open(Place("user_sessions", "client", row.id), row.client),
        await keys.open(Place("user_sessions", "address", row.id), row.address),
        row.created_at,
        row.last_used_at,
    )
