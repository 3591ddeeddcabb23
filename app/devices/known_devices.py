"""The devices a user has: remembered from their hellos, renamed, revoked."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import orjson
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.audit.record import Kind, record
from app.devices.closing import REVOKED, Close, SocketClosed
from app.devices.credentials import Credential
from app.devices.frames import DeviceHello, ToolCall
from app.devices.hub import Hub
from app.devices.introductions import client_of, name_of, timezone_of
from app.devices.ledger import Ledger
from app.devices.models import Device
from app.errors import NotFound
from app.keys.vault import KeyVault
from app.kit.clock import Clock
from app.kit.crypto import KeyRing, Place
from app.kit.db import Database

MOST_KNOWN = 100  # devices of a user
MOST_AT_ONCE = 4  # of the ten connections of the pool

# A device that was revoked comes back when its user has signed in since. One statement: a revocation and a hello that meet
# go one after the other, and so do two hellos of a new device.
_SEEN = text("""
    INSERT INTO devices AS known (id, user_id, device_id, about, first_seen_at, last_seen_at)
    VALUES (:id, :user_id, :device_id, :about, :now, :now)
    ON CONFLICT (user_id, device_id) DO UPDATE SET about = :about, last_seen_at = :now, revoked_at = NULL
    WHERE known.revoked_at IS NULL OR known.revoked_at < :signed_in_at
    RETURNING xmax = 0 AS is_new
""")
# Ids are the client's choice, and cost it nothing: the longest unseen make room. One that was revoked is not forgotten.
_MAKE_ROOM = text("""
    DELETE FROM devices WHERE user_id = :user_id AND id IN (
        SELECT id FROM devices WHERE user_id = :user_id AND revoked_at IS NULL ORDER BY last_seen_at DESC OFFSET :most
    )
""")


@dataclass(frozen=True)
class KnownDevice:
    id: str
    name: str
    online: bool
    last_seen_at: datetime
    client: dict[str, str]
    timezone: str | None


class KnownDevices:
    def __init__(self, db: Database, vault: KeyVault, ledger: Ledger, hub: Hub, clock: Clock) -> None:
        self._db, self._vault, self._ledger, self._hub, self._clock = db, vault, ledger, hub, clock
        # When all devices come or go at once, they wait for each other, and leave the rest of the pool to requests.
        self._coming, self._going = asyncio.Semaphore(MOST_AT_ONCE), asyncio.Semaphore(1)

    async def greet(self, credential: Credential, hello: DeviceHello) -> Sequence[ToolCall]:
        """Remember the device; what it still owes an answer to. Raises `SocketClosed` when it is revoked."""
        async with self._coming, self._db.of(credential.user_id) as session:
            await self._remember(session, credential, hello)
            return await self._ledger.unanswered(session, credential.user_id, hello.device_id)

    async def _remember(self, session: AsyncSession, credential: Credential, hello: DeviceHello) -> None:
        user_id = credential.user_id
        # Always the same for this user and name: what is sealed can be sealed for its row before the row is looked for.
        row_id = uuid5(user_id, hello.device_id)
        keys = await self._vault.of(session, user_id)
        seen = {
            "id": row_id,
            "user_id": user_id,
            "device_id": hello.device_id,
            "about": await keys.seal(Place("devices", "about", row_id), _about(hello)),
            "now": self._clock.now(),
            "signed_in_at": credential.signed_in_at,
        }
        known = (await session.execute(_SEEN, seen)).one_or_none()
        if known is None:
            raise SocketClosed(Close.REVOKED, REVOKED)
        if known.is_new:
            await session.execute(_MAKE_ROOM, {"user_id": user_id, "most": MOST_KNOWN})

    async def left(self, user_id: UUID, device_id: str) -> None:
        """The device's socket has ended."""
        mine = (Device.user_id == user_id) & (Device.device_id == device_id)
        async with self._going, self._db.of(user_id) as session:
            await session.execute(update(Device).where(mine).values(last_seen_at=self._clock.now()))

    async def page(self, user_id: UUID, *, offset: int, limit: int) -> tuple[list[KnownDevice], int]:
        """The user's devices, last seen first, and how many there are."""
        mine = select(Device).where(Device.user_id == user_id, Device.revoked_at.is_(None))
        async with self._db.of(user_id) as session:
            total = await session.scalar(select(func.count()).select_from(mine.subquery())) or 0
            order = mine.order_by(Device.last_seen_at.desc(), Device.id)
            rows = (await session.scalars(order.offset(offset).limit(limit))).all()
            keys = await self._vault.of(session, user_id)
        online = self._hub.online(user_id)
        return [await self._revealed(row, keys, online) for row in rows], total

    async def get(self, user_id: UUID, device_id: str) -> KnownDevice:
        """Raises `NotFound`."""
        async with self._db.of(user_id) as session:
            row = await self._row(session, user_id, device_id)
            keys = await self._vault.of(session, user_id)
        return await self._revealed(row, keys, self._hub.online(user_id))

    async def rename(self, user_id: UUID, device_id: str, name: str) -> KnownDevice:
        """Raises `NotFound`."""
        async with self._db.of(user_id) as session:
            row = await self._row(session, user_id, device_id)
            keys = await self._vault.of(session, user_id)
            row.name = await keys.seal(Place("devices", "name", row.id), name)
        return await self._revealed(row, keys, self._hub.online(user_id))

    async def revoke(self, user_id: UUID, device_id: str) -> None:
        """Close the device's socket, and refuse it to every session that is open now. Raises `NotFound`."""
        now = self._clock.now()
        async with self._db.of(user_id) as session:
            row = await self._row(session, user_id, device_id)
            row.revoked_at = now
            record(session, Kind.DEVICE_REVOKED, user_id=user_id, at=now, actor_id=user_id, device=str(row.id))
        self._hub.hang_up(user_id, device_id, Close.REVOKED, REVOKED)

    async def _row(self, session: AsyncSession, user_id: UUID, device_id: str) -> Device:
        mine = select(Device).where(
            Device.user_id == user_id, Device.device_id == device_id, Device.revoked_at.is_(None)
        )
        row = await session.scalar(mine)
        if row is None:
            raise NotFound("There is no such device.")
        return row

    async def _revealed(self, row: Device, keys: KeyRing, online: set[str]) -> KnownDevice:
        about: dict[str, Any] = orjson.loads(await keys.open(Place("devices", "about", row.id), row.about))
        given = await keys.open(Place("devices", "name", row.id), row.name) if row.name is not None else None
        is_online = row.device_id in online
        return KnownDevice(
            row.device_id,
            given or about.get("name") or row.device_id,
            is_online,
            self._clock.now() if is_online else row.last_seen_at,
            about.get("client") or {},
            about.get("timezone"),
        )


def _about(hello: DeviceHello) -> str:
    about: dict[str, Any] = {"name": name_of(hello), "timezone": timezone_of(hello)}
    if hello.client is not None:
        about["client"] = client_of(hello.client)
    return orjson.dumps(about).decode()
