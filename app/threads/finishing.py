"""The second half of a turn's bookkeeping: how it ended, what was said and done, in one statement behind the fence."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.jobs.queue import enqueue
from app.kit.crypto import KeyRing, Place
from app.threads.content import to_json, whole
from app.threads.events import INSERT_EVENTS, sealed
from app.threads.leases import fence
from app.threads.records import OpenedRun, Outcome

TITLE_TASK = "threads.title"

# The thread is locked before the run, the order in which deleting a thread goes: the other way round the two could wait
# for each other.
ENDING = f"""
    WITH held AS (SELECT id FROM threads WHERE id = :thread_id AND user_id = :user_id FOR NO KEY UPDATE),
    thread_of_run AS (
        UPDATE runs SET status = :status, error_code = :error_code, response = :response, mutations = :mutations,
            transcript = :transcript, transcript_tokens = :transcript_tokens, input_tokens = :input_tokens,
            output_tokens = :output_tokens, reserved_tokens = 0, lease_until = NULL, ended_at = :now
        FROM held
        WHERE runs.id = :run_id AND runs.user_id = :user_id AND runs.thread_id = held.id AND {{fence}}
        RETURNING held.id
    ), event AS ({INSERT_EVENTS})
    UPDATE threads SET updated_at = :now, message_count = message_count + :messages
    FROM thread_of_run WHERE threads.id = thread_of_run.id AND threads.user_id = :user_id
    RETURNING title IS NULL AS untitled
"""  # noqa: S608 - built from constants

_FINISH = text(ENDING.format(fence="owner = :owner AND attempt = :attempt AND status IN ('running', 'waiting')"))


async def finished(
    session: AsyncSession, keys: KeyRing, run: OpenedRun, outcome: Outcome, owner: UUID, now: datetime
) -> bool:
    """False, and nothing is written, when the run is not this owner's any more, has ended, or is gone."""
    values = fence(run, owner) | await ending(keys, run.id, run.thread_id, outcome, now)
    row = (await session.execute(_FINISH, values)).one_or_none()
    if row is None:
        return False
    if row.untitled and outcome.status == "completed" and outcome.response.strip():
        await _ask_for_title(session, run)
    return True


async def ending(keys: KeyRing, run_id: UUID, thread_id: UUID, outcome: Outcome, now: datetime) -> dict[str, Any]:
    """The outcome as parameters of `ENDING`."""
    return {
        "thread_id": thread_id,
        "status": outcome.status,
        "error_code": outcome.error_code,
        "response": await keys.seal(Place("runs", "response", run_id), whole(outcome.response)),
        "mutations": await keys.seal(Place("runs", "mutations", run_id), to_json(outcome.mutations)),
        "transcript": await keys.seal(Place("runs", "transcript", run_id), to_json(outcome.transcript)),
        "transcript_tokens": outcome.transcript_tokens,
        "input_tokens": outcome.input_tokens,
        "output_tokens": outcome.output_tokens,
        "now": now,
        **await sealed(keys, outcome.events),
    }


async def _ask_for_title(session: AsyncSession, run: OpenedRun) -> None:
    name = f"{TITLE_TASK}:{run.thread_id}"
    args: dict[str, str | int] = {"user_id": str(run.user_id), "thread_id": str(run.thread_id)}
    await enqueue(session, TITLE_TASK, args, lock=name, once_while_waiting=name)
