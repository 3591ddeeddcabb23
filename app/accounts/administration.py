"""What administrators may do with accounts: find them, change tier and rights, disable them. Never see content."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import User
from app.accounts.sessions import end_sessions
from app.audit.record import Kind, record
from app.billing.tiers import Tier
from app.errors import Conflict, Forbidden, NotFound
from app.kit.clock import Clock
from app.kit.system_db import SystemDatabase


class OwnAccount(Conflict):
    """Administrators cannot lock themselves out."""

    code = "own_account"


@dataclass(frozen=True)
class Change:
    """None leaves things as they are."""

    tier: Tier | None
    disabled: bool | None
    is_admin: bool | None


class Administration:
    def __init__(self, system: SystemDatabase, clock: Clock) -> None:
        self._system, self._clock = system, clock

    async def find(self, q: str, *, offset: int, limit: int) -> tuple[list[User], int]:
        """Accounts whose e-mail contains `q` (or whose id it is), newest first, and how many there are."""
        matching = select(User).where(User.email.is_not(None))
        if q:
            by_email = User.email.contains(q.lower(), autoescape=True)
            matching = matching.where(User.id == UUID(q) if _is_uuid(q) else by_email)
        async with self._system.begin() as session:
            total = await session.scalar(select(func.count()).select_from(matching.subquery())) or 0
            newest = matching.order_by(User.created_at.desc(), User.id).offset(offset).limit(limit)
            return list((await session.scalars(newest)).all()), total

    async def get(self, user_id: UUID) -> User:
        """Raises `NotFound`."""
        async with self._system.begin() as session:
            return await _existing(session, user_id)

    async def change(self, user_id: UUID, change: Change, *, by: UUID) -> User:
        """Apply a change; disabling signs the user out everywhere. Raises `NotFound`, `OwnAccount`."""
        if by == user_id and (change.disabled or change.is_admin is False):
            raise OwnAccount("You cannot disable yourself or give up your own rights; ask another administrator.")
        now = self._clock.now()
        async with self._system.begin() as session:
            await _still_administrator(session, by, user_id)
            user = await _existing(session, user_id)
            if change.tier is not None:
                user.tier = change.tier.value
            if change.is_admin is not None:
                user.is_admin = change.is_admin
            if change.disabled is not None:
                user.disabled_at = (user.disabled_at or now) if change.disabled else None
            if change.disabled:
                await end_sessions(session, user_id, now)
            facts = {name: value for name, value in vars(change).items() if value is not None}
            if facts:
                record(session, Kind.CHANGED_BY_ADMIN, user_id=user_id, at=now, actor_id=by, **facts)
            return user

    async def appoint(self, user_id: UUID) -> None:
        """Make an account an administrator's, from the command line."""
        async with self._system.begin() as session:
            user = await _existing(session, user_id)
            user.is_admin = True
            record(
                session,
                Kind.CHANGED_BY_ADMIN,
                user_id=user_id,
                at=self._clock.now(),
                actor_id=None,
                is_admin=True,
            )

    async def with_email(self, email: str) -> User | None:
        async with self._system.begin() as session:
            return await session.scalar(select(User).where(User.email == email))


async def _still_administrator(session: AsyncSession, by: UUID, other: UUID) -> None:
    """Lock both, always in the same order, and look again: of two administrators who remove each other, one does."""
    both = select(User).where(User.id.in_([by, other])).order_by(User.id).with_for_update(key_share=True)
    users = {user.id: user for user in await session.scalars(both.execution_options(populate_existing=True))}
    if by not in users or not users[by].is_admin or users[by].disabled_at is not None:
        raise Forbidden("You are not an administrator any more.")


async def _existing(session: AsyncSession, user_id: UUID) -> User:
    """The account, its row locked: but not against others that refer to it. A refresh holds the session's row and then
    refers to the user's; ending sessions takes the two the other way round, and each would wait for the other."""
    user = await session.get(User, user_id, with_for_update={"key_share": True})
    if user is None or user.email is None:
        raise NotFound("There is no such account.")
    return user


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
