"""The first half of a turn's bookkeeping: its thread, its row and the user's words, in one statement."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import NotFound
from app.kit.crypto import KeyRing
from app.threads.events import INSERT_EVENTS, sealed
from app.threads.leases import LEASE
from app.threads.records import KeptEvent, NewRun, OpenedRun, RunExists

# What is said in an archived thread brings it back.
_OLD_THREAD = """
    UPDATE threads SET updated_at = :now, message_count = message_count + :messages, archived = false
    WHERE id = :thread_id AND user_id = :user_id RETURNING id
"""
_NEW_THREAD = """
    INSERT INTO threads (id, user_id, created_at, updated_at, message_count)
    VALUES (:thread_id, :user_id, :now, :now, :messages) RETURNING id
"""


def _open_in(thread: str) -> str:
    """No row comes back when there is no such thread, or there is such a run: then nothing may be committed."""
    return f"""
    WITH thread AS ({thread}), run AS (
        INSERT INTO runs (id, user_id, thread_id, request_id, kind, request_hash, device_id, session_id, owner,
                          lease_until, created_at)
        SELECT :run_id, :user_id, thread.id, :request_id, :kind, :request_hash, :device_id, :session_id, :owner,
               :lease_until, :now
        FROM thread
        ON CONFLICT (user_id, request_id) DO NOTHING
        RETURNING thread_id
    ), thread_of_run AS (SELECT thread_id AS id FROM run), event AS ({INSERT_EVENTS})
    SELECT id FROM thread_of_run
    """  # noqa: S608 - built from constants


_IN_NEW_THREAD, _IN_OLD_THREAD = text(_open_in(_NEW_THREAD)), text(_open_in(_OLD_THREAD))
_EXISTING = text("SELECT id, request_hash FROM runs WHERE user_id = :user_id AND request_id = :request_id")


async def opened(session: AsyncSession, keys: KeyRing, new: NewRun, owner: UUID, now: datetime) -> OpenedRun:
    """Raises `RunExists`, `NotFound` when the thread is not the user's."""
    run_id, thread_id = uuid4(), new.thread_id or uuid4()
    values: dict[str, Any] = {
        "run_id": run_id,
        "user_id": new.user_id,
        "thread_id": thread_id,
        "request_id": new.request_id,
        "kind": new.kind,
        "request_hash": new.request_hash,
        "device_id": new.device_id,
        "session_id": new.session_id,
        "owner": owner,
        "lease_until": now + LEASE,
        "now": now,
        **await sealed(keys, [KeptEvent("message", "user", new.message)]),
    }
    is_new = new.thread_id is None
    if await session.scalar(_IN_NEW_THREAD if is_new else _IN_OLD_THREAD, values) is None:
        existing = (await session.execute(_EXISTING, values)).one_or_none()
        if existing is not None:
            raise RunExists(existing.id, existing.request_hash)
        raise NotFound("There is no such thread.")
    return OpenedRun(run_id, thread_id, new.user_id, new.request_id, attempt=1, is_new_thread=is_new)
