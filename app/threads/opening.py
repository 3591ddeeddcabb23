"""The first half of a turn's bookkeeping: its thread, its row and the user's words, in one round trip."""

from datetime import datetime
from uuid import UUID, uuid4

import asyncpg

from app.errors import NotAuthenticated, NotFound
from app.kit.crypto import KeyRing
from app.kit.db import Database
from app.threads.events import sealed
from app.threads.leases import LEASE
from app.threads.records import KeptEvent, NewRun, OpenedRun, RunExists

# In the migrations: it names the user and writes behind row-level security, all or nothing.
_OPEN = "SELECT * FROM open_run($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"


async def opened(db: Database, keys: KeyRing, new: NewRun, owner: UUID, now: datetime) -> OpenedRun:
    """Raises `RunExists`, `NotFound` when the thread is not the user's, `NotAuthenticated` when the account is gone."""
    is_new = new.thread_id is None
    run = OpenedRun(uuid4(), new.thread_id or uuid4(), new.user_id, new.request_id, attempt=1, is_new_thread=is_new)
    said = await sealed(keys, [KeptEvent("message", "user", new.message)])
    asked = (new.request_id, new.kind, new.request_hash, new.device_id, new.session_id)
    message = (*said["event_ids"], *said["contents"])
    try:
        row = await db.hot_row(
            _OPEN, run.user_id, run.id, run.thread_id, is_new, *asked, owner, now + LEASE, *message, now
        )
    except asyncpg.ForeignKeyViolationError as error:
        if str(error.constraint_name).endswith("_user_id_users"):
            raise NotAuthenticated("This account no longer exists.") from None
        raise
    assert row is not None
    if row["is_open"]:
        return run
    if row["existing_id"] is not None:
        raise RunExists(row["existing_id"], row["existing_hash"])
    raise NotFound("There is no such thread.")
