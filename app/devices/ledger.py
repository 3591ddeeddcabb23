"""The ledger of changes: committed before the frame leaves, closed by the first result.

Both steps are one round trip (`open_tool_call`, `close_tool_call` in the migrations: they name the user and touch the row in
one transaction, behind row-level security like any other statement). Closing does not wait for the disk: should that
commit be lost in a crash, the call is sent again and the device's journal gives the same answer.
"""

from collections.abc import Sequence
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.devices.frames import ToolCall, ToolResult
from app.devices.limits import SocketLimits
from app.errors import NotAuthenticated
from app.keys.vault import KeyVault
from app.kit.clock import Clock
from app.kit.crypto import KeyRing, Place
from app.kit.db import Database

_OPEN = "SELECT open_tool_call($1, $2, $3, $4, $5, $6)"
_CLOSE = "SELECT close_tool_call($1, $2, $3, $4, $5, $6) AS taken"
_VOID = "SELECT void_tool_call($1, $2)"
# The attempt is counted in the statement that reads it: two connections of a device never send the same one.
_UNANSWERED = text("""
    UPDATE tool_calls SET attempts = attempts + 1
    WHERE user_id = :user_id AND id IN (
        SELECT id FROM tool_calls
        WHERE user_id = :user_id AND device_id = :device_id AND state = 'pending' AND created_at > :since
        ORDER BY created_at LIMIT :most
    )
    RETURNING id, arguments, attempts, created_at
""")
MOST_AT_A_HELLO = 100  # a device that owes more never answers; it gets the rest another time
_FRAME = msgspec.json.Decoder(ToolCall)


class Ledger:
    def __init__(self, db: Database, vault: KeyVault, clock: Clock, limits: SocketLimits) -> None:
        self._db, self._vault, self._clock = db, vault, clock
        self._resend_for = limits.resend_for

    async def open(self, user_id: UUID, device_id: str, frame: ToolCall) -> None:
        """Write down what is about to be asked. Raises `KeysUnavailable`, `NotAuthenticated` when the account is gone."""
        keys = await self._keys(user_id)
        sealed = await keys.seal(Place("tool_calls", "arguments", frame.id), msgspec.json.encode(frame).decode())
        call_id, now = UUID(frame.id), self._clock.now()
        try:
            await self._db.hot_row(_OPEN, user_id, call_id, device_id, frame.action, sealed, now)
        except asyncpg.ForeignKeyViolationError:
            raise NotAuthenticated("This account no longer exists.") from None

    async def close(self, user_id: UUID, device_id: str, state: str, result: ToolResult) -> bool:
        """Take the first result of a call; False when it has one already."""
        keys = await self._keys(user_id)
        sealed = await keys.seal(Place("tool_calls", "result", result.id), msgspec.json.encode(result).decode())
        call_id, now = UUID(result.id), self._clock.now()
        row = await self._db.hot_row(_CLOSE, user_id, device_id, call_id, state, sealed, now)
        return row is not None and bool(row["taken"])

    async def void(self, user_id: UUID, call_id: UUID) -> None:
        """Take back a call that was never sent."""
        await self._db.hot_row(_VOID, user_id, call_id)

    async def unanswered(self, session: AsyncSession, user_id: UUID, device_id: str) -> Sequence[ToolCall]:
        """What the device still owes an answer to, oldest first, ready to be sent once more."""
        since = self._clock.now() - self._resend_for
        given = {"user_id": user_id, "device_id": device_id, "since": since, "most": MOST_AT_A_HELLO}
        rows = sorted(await session.execute(_UNANSWERED, given), key=lambda row: row.created_at)
        if not rows:
            return []
        keys = await self._vault.of(session, user_id)
        return [await _frame(keys, row.id, row.arguments, row.attempts) for row in rows]

    async def _keys(self, user_id: UUID) -> KeyRing:
        kept = self._vault.kept(user_id)
        if kept is not None:
            return kept
        async with self._db.of(user_id) as session:
            return await self._vault.of(session, user_id)


async def _frame(keys: KeyRing, call_id: UUID, sealed: bytes, attempts: int) -> ToolCall:
    frame = _FRAME.decode(await keys.open(Place("tool_calls", "arguments", call_id), sealed))
    return msgspec.structs.replace(frame, attempt=attempts)
