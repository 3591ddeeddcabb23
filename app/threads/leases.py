"""Who runs what: leases, and the fence around them.

A process takes part under an id of its own, its *owner* id. A run that is `running` has an owner and a lease; the owner
renews the leases of all its runs in one statement. Whoever writes to a run names owner and attempt in the statement, so a
process that was taken for dead finds its fence closed.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.threads.records import OpenedRun

LEASE = timedelta(seconds=30)
RENEW_EVERY_S = 10.0

_RENEW = text("SELECT run_id, cancel_requested FROM renew_runs(:owner, :until, CAST(:held AS uuid[]))")
_ABANDONED = text("SELECT user_id, run_id FROM abandoned_runs(:now)")
_WAITING = text("SELECT user_id, run_id FROM waiting_runs()")

_WAIT = text("""
    UPDATE runs SET status = 'waiting', lease_until = NULL
    WHERE id = :run_id AND user_id = :user_id AND owner = :owner AND attempt = :attempt AND status = 'running'
    RETURNING id
""")
_CLAIM = text("""
    UPDATE runs SET status = 'running', owner = :owner, lease_until = :lease_until, attempt = attempt + 1
    WHERE id = :run_id AND user_id = :user_id AND status = 'waiting'
    RETURNING id, thread_id, user_id, request_id, attempt
""")
_REQUEST_CANCEL = text("""
    UPDATE runs SET cancel_requested = true
    WHERE user_id = :user_id AND request_id = :request_id AND status IN ('running', 'waiting')
    RETURNING id
""")


def fence(run: OpenedRun, owner: UUID) -> dict[str, Any]:
    """What a statement about a run names, so that nobody but its present owner writes to it."""
    return {"run_id": run.id, "user_id": run.user_id, "owner": owner, "attempt": run.attempt}


async def put_to_wait(session: AsyncSession, run: OpenedRun, owner: UUID) -> bool:
    return await session.scalar(_WAIT, fence(run, owner)) is not None


async def claimed(session: AsyncSession, user_id: UUID, run_id: UUID, owner: UUID, now: datetime) -> OpenedRun | None:
    """The waiting run, now this owner's; None when somebody else was faster or it has ended."""
    values = {"run_id": run_id, "user_id": user_id, "owner": owner, "lease_until": now + LEASE}
    row = (await session.execute(_CLAIM, values)).one_or_none()
    if row is None:
        return None
    return OpenedRun(row.id, row.thread_id, row.user_id, row.request_id, row.attempt, is_new_thread=False)


async def cancel_requested(session: AsyncSession, user_id: UUID, request_id: str) -> bool:
    return await session.scalar(_REQUEST_CANCEL, {"user_id": user_id, "request_id": request_id}) is not None


async def renewed(session: AsyncSession, owner: UUID, held: Iterable[UUID], now: datetime) -> dict[UUID, bool]:
    """Those of the held runs that are the owner's and live, and of each whether its cancel was requested.

    A run that was written down while nobody here heard of it (a connection that broke at the commit, a request that was
    cancelled) is not held: its lease runs out, and it is ended like any other that was abandoned.
    """
    rows = await session.execute(_RENEW, {"owner": owner, "until": now + LEASE, "held": list(held)})
    return {row.run_id: row.cancel_requested for row in rows}


async def abandoned(session: AsyncSession, now: datetime) -> Sequence[tuple[UUID, UUID]]:
    """(user, run) of those whose lease is over, whoever held it."""
    return [(row.user_id, row.run_id) for row in await session.execute(_ABANDONED, {"now": now})]


async def waiting(session: AsyncSession) -> Sequence[tuple[UUID, UUID]]:
    return [(row.user_id, row.run_id) for row in await session.execute(_WAITING)]
