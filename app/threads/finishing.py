"""The second half of a turn's bookkeeping: how it ended, what was said and done, in one round trip behind the fence."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.billing.token_budget import Spent
from app.jobs.queue import QUEUE
from app.kit.crypto import KeyRing, Place
from app.kit.db import Database
from app.threads.content import to_json, whole
from app.threads.events import sealed
from app.threads.records import OpenedRun, Outcome

TITLE_TASK = "threads.title"
REMEMBER_TASK = "memory.remember"

# The parameters of `end_run` in the migrations: it names the user and writes behind row-level security, all or nothing.
_OF_RUN = ("whose", "run", "thread", "process", "nth")
_OF_OUTCOME = (
    "ended_as", "failure", "answer", "changes", "seen_later", "seen_tokens", "tokens_in", "tokens_out",
)  # fmt: skip
_OF_EVENTS = ("event_ids", "types", "actors", "contents", "messages")
_BESIDE = ("job_queue", "title_task", "in_month", "paid_in", "paid_out", "to_remember", "memory_task", "at")
_PARAMETERS = (*_OF_RUN, *_OF_OUTCOME, *_OF_EVENTS, *_BESIDE)
_END = f"SELECT end_run({', '.join(f'{name} => ${nth}' for nth, name in enumerate(_PARAMETERS, 1))})"


async def finished(
    db: Database,
    keys: KeyRing,
    run: OpenedRun,
    outcome: Outcome,
    owner: UUID | None,
    now: datetime,
    spent: Spent | None = None,
) -> bool:
    """False, and nothing is written, when the run is not this owner's any more, has ended, or is gone. Without an owner:
    when its lease is not over. What the turn has spent is counted with it."""
    has_answer = outcome.status == "completed" and outcome.response.strip() != ""
    values = {
        "whose": run.user_id,
        "run": run.id,
        "thread": run.thread_id,
        "process": owner,
        "nth": run.attempt,
        **await _ending(keys, run.id, outcome),
        **await sealed(keys, outcome.events),
        "job_queue": QUEUE,
        "title_task": TITLE_TASK if has_answer else None,
        "in_month": spent and spent.month,
        "paid_in": spent and spent.input_tokens,
        "paid_out": spent and spent.output_tokens,
        "to_remember": outcome.to_remember,
        "memory_task": REMEMBER_TASK,
        "at": now,
    }
    row = await db.hot_row(_END, *(values[name] for name in _PARAMETERS))
    return row is not None and bool(row["end_run"])


async def _ending(keys: KeyRing, run_id: UUID, outcome: Outcome) -> dict[str, Any]:
    return {
        "ended_as": outcome.status,
        "failure": outcome.error_code,
        "answer": await keys.seal(Place("runs", "response", run_id), whole(outcome.response)),
        "changes": await keys.seal(Place("runs", "mutations", run_id), to_json(outcome.mutations)),
        "seen_later": await keys.seal(Place("runs", "transcript", run_id), to_json(outcome.transcript)),
        "seen_tokens": outcome.transcript_tokens,
        "tokens_in": outcome.input_tokens,
        "tokens_out": outcome.output_tokens,
    }
