"""Sockets whose session, key, account or device has been ended are closed, in whichever process that was done.

The database tells (triggers of migration 0003) when it is committed; this listens. Word can be lost only while the listening
connection is down, so whenever it comes up, and once a minute, all open sockets are looked up.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import text

from app.devices.closing import REVOKED, SESSION_ENDED, Close
from app.devices.connection import DeviceConnection
from app.devices.credentials import Credential
from app.devices.hub import LocalHub
from app.edge.problems import database_is_away
from app.kit.clock import Clock
from app.kit.db import APP_ROLE, Connection, connector
from app.kit.system_db import SystemDatabase

log = structlog.get_logger()

CHECK_EVERY_S = 2  # is the listening connection alive?
SWEEP_EVERY_S = 60
REMEMBERED = 10_000
_LIVE = text("""
    SELECT s.id FROM user_sessions s JOIN users u ON u.id = s.user_id
    WHERE s.id = ANY(:sessions) AND s.ended_at IS NULL AND u.disabled_at IS NULL AND u.email IS NOT NULL
    UNION ALL
    SELECT k.id FROM api_keys k JOIN users u ON u.id = k.user_id
    WHERE k.id = ANY(:keys) AND u.disabled_at IS NULL AND u.email IS NOT NULL
""")
_REVOKED = text("""
    SELECT d.user_id, d.device_id FROM devices d JOIN unnest(CAST(:users AS uuid[]), CAST(:devices AS text[]))
        AS open (user_id, device_id) ON d.user_id = open.user_id AND d.device_id = open.device_id
    WHERE d.revoked_at IS NOT NULL
""")


class EndedAccess:
    """What ended lately: a socket that is being greeted at this moment is not in the hub yet."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ended: dict[object, datetime] = {}  # sessions, keys, accounts, and devices by (user, device)

    def remember(self, ended: object) -> None:
        self._ended[ended] = self._clock.now()
        while len(self._ended) > REMEMBERED:
            del self._ended[next(iter(self._ended))]

    def includes(self, credential: Credential) -> bool:
        return self._any_of(credential, (credential.session_id, credential.api_key_id, credential.user_id))

    def includes_device(self, credential: Credential, device_id: str) -> bool:
        return self._any_of(credential, ((credential.user_id, device_id),))

    def _any_of(self, credential: Credential, named: tuple[object, ...]) -> bool:
        # An account may be enabled again, and its user sign in anew.
        times = [self._ended[each] for each in named if each is not None and each in self._ended]
        return any(credential.signed_in_at <= ended_at for ended_at in times)


class Revocation:
    def __init__(self, url: str, system: SystemDatabase, hub: LocalHub, ended: EndedAccess) -> None:
        self._connect = connector(url, APP_ROLE)  # to listen needs no right to anything
        self._system, self._hub, self._ended = system, hub, ended
        self._task: asyncio.Task[None] | None = None
        self.on_user_ended: list[Callable[[UUID], None]] = []  # an account was disabled or erased

    def start(self) -> None:
        self._task = asyncio.create_task(self._listen(), name="listen for ended access")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _listen(self) -> None:
        while True:
            try:
                connection = await self._connect()
                try:
                    await self._stay(connection)
                finally:
                    connection.terminate()
            except Exception as error:
                if database_is_away(error):
                    log.warning("revocation_not_listening", error=type(error).__name__)
                else:
                    log.exception("revocation_failed")
            await asyncio.sleep(CHECK_EVERY_S / 4)

    async def _stay(self, connection: Connection) -> None:
        await connection.add_listener("access_ended", self._told)
        while True:
            await self.sweep()
            for _ in range(SWEEP_EVERY_S // CHECK_EVERY_S):
                await asyncio.sleep(CHECK_EVERY_S)
                await connection.execute("SELECT 1", timeout=CHECK_EVERY_S)

    def _told(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        kind, _, rest = str(payload).partition(" ")
        if kind == "device":
            user_id, _, device_id = rest.partition(" ")
            self._ended.remember((UUID(user_id), device_id))
            self._hub.hang_up(UUID(user_id), device_id, Close.REVOKED, REVOKED)
            return
        ended = UUID(rest)
        self._ended.remember(ended)
        if kind == "user":
            _close(self._hub.connections_of(ended))
            for tell in self.on_user_ended:
                tell(ended)
        else:
            _close(each for each in self._hub.connections() if ended in each.credential.names)

    async def sweep(self) -> None:
        """Close every open socket that should not be."""
        open_now = list(self._hub.connections())
        if not open_now:
            return
        live, revoked = await self._looked_up(open_now)
        _close(each for each in open_now if (each.credential.session_id or each.credential.api_key_id) not in live)
        for user_id, device_id in revoked:
            self._hub.hang_up(user_id, device_id, Close.REVOKED, REVOKED)

    async def _looked_up(self, open_now: Sequence[DeviceConnection]) -> tuple[set[UUID], list[tuple[UUID, str]]]:
        credentials = [each.credential for each in open_now]
        asked = {
            "sessions": [each.session_id for each in credentials if each.session_id is not None],
            "keys": [each.api_key_id for each in credentials if each.api_key_id is not None],
        }
        mine = {"users": [each.user_id for each in open_now], "devices": [each.device_id for each in open_now]}
        async with self._system.begin() as session:
            live = {row.id for row in await session.execute(_LIVE, asked)}
            revoked = [(row.user_id, row.device_id) for row in await session.execute(_REVOKED, mine)]
        return live, revoked


def _close(connections: Iterable[DeviceConnection]) -> None:
    for each in list(connections):
        each.close(Close.NOT_AUTHENTICATED, SESSION_ENDED)
