"""Keys for scripts: named, limited to scopes, shown once."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select

from app.accounts.models import ApiKey, User
from app.audit.record import Kind, record
from app.auth.scopes import Scope
from app.auth.secrets import API_KEY_PREFIX, digest, new_secret
from app.errors import Conflict, Invalid, NotFound
from app.keys.vault import KeyVault
from app.kit.clock import Clock
from app.kit.crypto import KeyRing, Place
from app.kit.db import Database

MOST_KEYS = 50


class TooManyKeys(Conflict):
    code = "too_many_api_keys"


@dataclass(frozen=True)
class NamedKey:
    id: UUID
    name: str
    scopes: list[str]
    hint: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class ApiKeys:
    def __init__(self, db: Database, vault: KeyVault, clock: Clock) -> None:
        self._db, self._vault, self._clock = db, vault, clock

    async def create(
        self, user_id: UUID, name: str, scopes: Collection[Scope], expires_at: datetime | None
    ) -> tuple[NamedKey, str]:
        """A new key and its secret, which is never shown again. Raises `Invalid`, `TooManyKeys`."""
        now = self._clock.now()
        if expires_at is not None and expires_at <= now:
            raise Invalid("The expiry must lie in the future.", field="expires_at")
        secret, key_id = new_secret(API_KEY_PREFIX), uuid4()
        async with self._db.of(user_id) as session:
            # Keys made at the same moment go one after the other, or each would count without the others.
            await session.execute(select(User.id).where(User.id == user_id).with_for_update(key_share=True))
            count = await session.scalar(select(func.count()).select_from(ApiKey).where(ApiKey.user_id == user_id))
            if (count or 0) >= MOST_KEYS:
                raise TooManyKeys(f"An account has at most {MOST_KEYS} API keys. Revoke one first.")
            keys = await self._vault.of(session, user_id)
            row = ApiKey(
                id=key_id,
                user_id=user_id,
                name=await keys.seal(Place("api_keys", "name", key_id), name),
                scopes=sorted(scope.value for scope in scopes),
                key_hash=digest(secret),
                hint=secret[-4:],
                created_at=now,
                expires_at=expires_at,
            )
            session.add(row)
            record(session, Kind.API_KEY_CREATED, user_id=user_id, at=now, actor_id=user_id, scopes=row.scopes)
        return await revealed(row, keys), secret

    async def all_of(self, user_id: UUID, *, offset: int, limit: int) -> tuple[list[NamedKey], int]:
        """The user's keys, newest first, and how many there are."""
        mine = select(ApiKey).where(ApiKey.user_id == user_id)
        async with self._db.of(user_id) as session:
            total = await session.scalar(select(func.count()).select_from(mine.subquery())) or 0
            rows = (
                await session.scalars(mine.order_by(ApiKey.created_at.desc(), ApiKey.id).offset(offset).limit(limit))
            ).all()
            keys = await self._vault.of(session, user_id)
        return [await revealed(row, keys) for row in rows], total

    async def revoke(self, user_id: UUID, key_id: UUID) -> None:
        """Raises `NotFound`."""
        async with self._db.of(user_id) as session:
            statement = delete(ApiKey).where(ApiKey.user_id == user_id, ApiKey.id == key_id).returning(ApiKey.id)
            if await session.scalar(statement) is None:
                raise NotFound("There is no such API key.")
            record(
                session,
                Kind.API_KEY_REVOKED,
                user_id=user_id,
                at=self._clock.now(),
                actor_id=user_id,
                key_id=str(key_id),
            )


async def revealed(row: ApiKey, keys: KeyRing) -> NamedKey:
    name = await keys.open(Place("api_keys", "name", row.id), row.name)
    return NamedKey(row.id, name, row.scopes, row.hint, row.created_at, row.expires_at, row.last_used_at)
