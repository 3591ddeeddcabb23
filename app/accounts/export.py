"""Everything the service holds of a user, decrypted, as a ZIP of JSON files.

It is driven by the tables themselves: every table with a `user_id` is exported, column by column, unless the column is
named in `LEFT_OUT` with a reason. A later feature's table is exported from the day it exists.
"""

import asyncio
import io
import zipfile
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import RowMapping, Table, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import User
from app.audit.record import Kind, record
from app.keys.models import Sealed
from app.keys.vault import KeyVault
from app.kit.clock import Clock, to_ms
from app.kit.crypto import KeyRing, Place
from app.kit.db import Base, Database

# What is the service's lock rather than the user's data: of no use to them, and dangerous in a file on a desktop.
LEFT_OUT = {
    "users.password_hash": "proves the password",
    "refresh_tokens": "hashes of the session's secrets; the sessions themselves are exported",
    "one_time_tokens.token_hash": "proves a mailed link",
    "api_keys.key_hash": "proves the key",
    "user_keys": "wrapped data keys; what they protect is exported in clear",
    "socket_tickets": "hashes of secrets that open the socket once, for half a minute",
    "runs.request_hash": "tells a repeated request from another; what was asked is exported in clear",
    "paused_turns": "how far a turn has come that waits for minutes; what was said and asked in it is exported in clear",
    "memories.slot": "a keyed hash by which a memory is found; what it stands for is exported in clear",
    "memory_vectors": "made from the memories' texts, which are exported in clear",
    "memory_bits": "made from the memories' texts, which are exported in clear",
    "memory_struck": "keyed hashes of what was forgotten, for a few days; the words are gone",
    "memory_inbox": "turns to be remembered, which takes seconds; what was said in them is exported in clear",
    "kept_answers": "repeats of answers the user has had, kept for a day",
}

OPENED_AT_ONCE = 100  # a few milliseconds; then others have their turn, however much there is to open
_AS_JSON = orjson.OPT_INDENT_2 | orjson.OPT_PASSTHROUGH_DATETIME
_WRITTEN_AT_ONCE = 500  # likewise: no other thread runs while JSON is made

_ABOUT = {
    "about": "This archive holds everything the service stores about you, decrypted: one file for each kind of record."
    " Times are in milliseconds since the Unix epoch. Your tasks, projects, notes, timelines and clients are not in it:"
    " they live on your own device and were never stored by the service."
}


class Export:
    def __init__(self, db: Database, vault: KeyVault, clock: Clock) -> None:
        self._db, self._vault, self._clock = db, vault, clock

    async def archive(self, user_id: UUID) -> bytes:
        """A ZIP file. Raises `KeysUnavailable`."""
        contents: dict[str, list[dict[str, Any]]] = {}
        async with self._db.of(user_id) as session:
            record(session, Kind.EXPORTED, user_id=user_id, at=self._clock.now(), actor_id=user_id)
            keys = await self._vault.of(session, user_id)
            for table in exported_tables():
                contents[table.name] = await _rows(session, table, user_id, keys)
        return await asyncio.to_thread(_zipped, contents)


def exported_tables() -> list[Table]:
    owned = [table for table in Base.metadata.sorted_tables if table.name == User.__tablename__ or "user_id" in table.c]
    return [table for table in owned if table.name not in LEFT_OUT]


async def _rows(session: AsyncSession, table: Table, user_id: UUID, keys: KeyRing) -> list[dict[str, Any]]:
    owner = table.c.id if table.name == User.__tablename__ else table.c.user_id
    columns = [column for column in table.c if f"{table.name}.{column.name}" not in LEFT_OUT]
    theirs = select(*columns).where(owner == user_id)
    result = await session.stream(theirs, execution_options={"yield_per": OPENED_AT_ONCE})
    rows = []
    async for some in result.mappings().partitions():
        await asyncio.sleep(0)
        rows += [await _revealed(table, row, keys) for row in some]
    return rows


async def _revealed(table: Table, row: RowMapping, keys: KeyRing) -> dict[str, Any]:
    record = {str(name): value for name, value in row.items()}
    for column in table.c:
        if isinstance(column.type, Sealed) and record.get(column.name) is not None:
            record[column.name] = await keys.open(Place(table.name, column.name, row["id"]), record[column.name])
    return record


def _as_json(value: object) -> str | int:
    """Times as everywhere in the API. asyncpg has a UUID class of its own, which orjson does not know."""
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return to_ms(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"A column of type {type(value).__name__} cannot be exported; say in LEFT_OUT why, or convert it.")


def _zipped(contents: dict[str, list[dict[str, Any]]]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("about.json", orjson.dumps(_ABOUT, option=orjson.OPT_INDENT_2))
        for name, rows in contents.items():
            with file.open(f"{name}.json", "w") as out:
                out.write(b"[")
                for start in range(0, len(rows), _WRITTEN_AT_ONCE):
                    some = orjson.dumps(rows[start : start + _WRITTEN_AT_ONCE], default=_as_json, option=_AS_JSON)
                    out.write(b"," if start else b"")
                    out.write(some.removeprefix(b"[").removesuffix(b"\n]"))
                out.write(b"\n]")
    return archive.getvalue()
