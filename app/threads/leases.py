"""Who runs what: leases, and the fence around them.

A process takes part under an id of its own, its *owner* id. A run that is `running` has an owner and a lease; the owner
renews the leases of all its runs in one statement. Whoever writes to a run names owner and attempt in the statement, so a
process that was taken for dead finds its fence closed.

Of a run that is `waiting` several processes may have a copy. One of them has its lease as a rule: without one, somebody
takes it over. Whoever goes on with it names the attempt of the copy it has: an older copy finds its fence closed, too.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.threads.records import OpenedRun, WaitingRun

Copy = OpenedRun | WaitingRun
"""A waiting run as it was when it was read."""

LEASE = timedelta(seconds=30)
RENEW_EVERY_S = 10.0

_RENEW = text(
    "SELECT run_id, cancel_requested FROM renew_runs(:owner, CAST(:until AS timestamptz), CAST(:held AS uuid[]))"
)
_ABANDONED = text("SELECT user_id, run_id FROM abandoned_runs(:now)")
_WAITING = text(
    "SELECT user_id, run_id, attempt, cancel_requested FROM waiting_runs(CAST(:without_lease_at AS timestamptz))"
)

_WAIT = text("""
    UPDATE runs SET status = 'waiting', lease_until = :lease_until
    WHERE id = :run_id AND user_id = :user_id AND owner = :owner AND attempt = :attempt AND status = 'running'
    RETURNING id
""")
_CLAIM = text("""
    UPDATE runs SET status = 'running', owner = :owner, lease_until = :lease_until, attempt = attempt + 1
    WHERE id = :run_id AND user_id = :user_id AND status = 'waiting' AND attempt = :attempt
    RETURNING id, thread_id, user_id, request_id, attempt
""")
_ADOPT = text("""
    UPDATE runs SET owner = :owner, lease_until = :lease_until, attempt = attempt + 1
    WHERE id = :run_id AND user_id = :user_id AND status = 'waiting' AND attempt = :attempt
      AND (lease_until IS NULL OR lease_until < :now)
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


async def put_to_wait(session: AsyncSession, run: OpenedRun, owner: UUID, now: datetime) -> bool:
    return await session.scalar(_WAIT, fence(run, owner) | {"lease_until": now + LEASE}) is not None


async def claimed(session: AsyncSession, copy: Copy, owner: UUID, now: datetime) -> OpenedRun | None:
    """The waiting run, now this owner's and running; None when somebody else was faster or it has ended."""
    return await _taken(session, _CLAIM, copy, owner, now)


async def adopted(session: AsyncSession, copy: Copy, owner: UUID, now: datetime) -> OpenedRun | None:
    """The waiting run, now this owner's and waiting still; None also when somebody alive waits for it. The attempt counts
    up: whoever waited for it before, and was taken for dead, has an old copy from here on."""
    return await _taken(session, _ADOPT, copy, owner, now)


async def _taken(
    session: AsyncSession, statement: TextClause, copy: Copy, owner: UUID, now: datetime
) -> OpenedRun | None:
    which = {"run_id": copy.id, "user_id": copy.user_id, "attempt": copy.attempt}
    values = which | {"owner": owner, "lease_until": now + LEASE}
    row = (await session.execute(statement, values | ({"now": now} if statement is _ADOPT else {}))).one_or_none()
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


async def released(session: AsyncSession, owner: UUID, held: Iterable[UUID]) -> None:
    """Those of the owner's runs that wait have no lease from here on: the next process need not wait for its end."""
    await session.execute(_RENEW, {"owner": owner, "until": None, "held": list(held)})


async def waiting(session: AsyncSession, without_lease_at: datetime | None) -> list[WaitingRun]:
    """All that wait, oldest first; or those that nobody alive waits for."""
    rows = await session.execute(_WAITING, {"without_lease_at": without_lease_at})
    return [WaitingRun(row.user_id, row.run_id, row.attempt, row.cancel_requested) for row in rows]
