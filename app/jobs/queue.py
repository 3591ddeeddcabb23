"""Starting background work: a row, written in the transaction of its cause."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import DateTime, Integer, Text, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

QUEUE = "default"

_ENQUEUE = text(
    "SELECT enqueue_job(:queue, :task, :args, :lock, :once_while_waiting, :priority, :not_before)"
).bindparams(
    bindparam("queue", type_=Text()),
    bindparam("task", type_=Text()),
    bindparam("args", type_=JSONB()),
    bindparam("lock", type_=Text()),
    bindparam("once_while_waiting", type_=Text()),
    bindparam("priority", type_=Integer()),
    bindparam("not_before", type_=DateTime(timezone=True)),
)


async def enqueue(
    session: AsyncSession,
    task: str,
    args: Mapping[str, str | int],
    *,
    lock: str | None = None,
    once_while_waiting: str | None = None,
    not_before: datetime | None = None,
    priority: int = 0,
) -> int | None:
    """Add a job to the caller's transaction: it exists exactly when its cause does. Returns its id.

    `args` are ids and codes, never content and never secrets: they are kept in clear, in backups too. An argument
    named `user_id` makes the job part of that user's data, so that it is erased with them.

    Jobs with the same `lock` run one at a time and in the order they were added, in every process; one that waits (for
    `not_before`, or for its next attempt) holds up those behind it. A greater `priority` goes first.

    With `once_while_waiting` nothing is added, and None returned, when a job with that name already waits. That job
    then does not start before the caller's transaction has ended, so it sees what the caller wrote. While another
    transaction that added such a job is still open, this call waits for it (at most the lock timeout).
    """
    values = {
        "queue": QUEUE,
        "task": task,
        "args": dict(args),
        "lock": lock,
        "once_while_waiting": once_while_waiting,
        "priority": priority,
        "not_before": not_before,
    }
    job_id: int | None = await session.scalar(_ENQUEUE, values)
    return job_id
