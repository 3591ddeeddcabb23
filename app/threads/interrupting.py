"""Ending the turns that a process left behind when it died: plainly, and so that their threads can go on."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.kit.crypto import CannotOpen, KeyRing, Place
from app.kit.db import Database
from app.threads.content import from_json
from app.threads.finishing import finished
from app.threads.records import KeptEvent, Messages, OpenedRun, Outcome
from app.threads.tokens import tokens

INTERRUPTED = "interrupted"
TOLD = (
    "This turn was interrupted: the service stopped while it was working on the answer. What it had already changed on "
    "your device stays changed. Ask again to go on."
)
_SEEN_LATER = "(This turn was interrupted before it was answered. Some of its changes may have been made.)"

_ASKED = text("""
    SELECT runs.thread_id, runs.request_id, runs.attempt, event.id AS event_id, event.content
    FROM runs LEFT JOIN LATERAL (
        SELECT id, content FROM thread_events
        WHERE run_id = runs.id AND user_id = :user_id AND type = 'message' AND actor = 'user'
        ORDER BY position LIMIT 1
    ) event ON true
    WHERE runs.id = :run_id AND runs.user_id = :user_id AND runs.status = 'running' AND runs.lease_until < :now
""")


async def interrupted(db: Database, keys: KeyRing, user_id: UUID, run_id: UUID, now: datetime) -> bool:
    """False when the run went on, or somebody else ended it, meanwhile."""
    async with db.of(user_id) as session:
        row = (await session.execute(_ASKED, {"user_id": user_id, "run_id": run_id, "now": now})).one_or_none()
    if row is None:
        return False
    transcript: Messages = [*await _question(keys, row), {"role": "assistant", "content": _SEEN_LATER}]
    outcome = Outcome(
        status="failed",
        error_code=INTERRUPTED,
        transcript=transcript,
        transcript_tokens=tokens(transcript),
        events=[KeptEvent("message", "system", TOLD)],
    )
    run = OpenedRun(run_id, row.thread_id, user_id, row.request_id, row.attempt, is_new_thread=False)
    return await finished(db, keys, run, outcome, None, now)


async def _question(keys: KeyRing, row: Any) -> Messages:
    """The user's words. When they cannot be read any more, the turn must be ended all the same."""
    if row.content is None:
        return []
    try:
        words = from_json(await keys.open(Place("thread_events", "content", row.event_id), row.content))
    except CannotOpen:
        return []
    return [{"role": "user", "content": words}]
