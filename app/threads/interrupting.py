"""Ending the turns that a process left behind when it died: plainly, and so that their threads can go on."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.crypto import CannotOpen, KeyRing, Place
from app.threads.content import from_json
from app.threads.finishing import ENDING, ending
from app.threads.records import KeptEvent, Messages, Outcome
from app.threads.tokens import tokens

INTERRUPTED = "interrupted"
TOLD = (
    "This turn was interrupted: the service stopped while it was working on the answer. What it had already changed on "
    "your device stays changed. Ask again to go on."
)
_SEEN_LATER = "(This turn was interrupted before it was answered. Some of its changes may have been made.)"

_ASKED = text("""
    SELECT runs.thread_id, event.id AS event_id, event.content
    FROM runs LEFT JOIN LATERAL (
        SELECT id, content FROM thread_events
        WHERE run_id = runs.id AND user_id = :user_id AND type = 'message' AND actor = 'user'
        ORDER BY position LIMIT 1
    ) event ON true
    WHERE runs.id = :run_id AND runs.user_id = :user_id AND runs.status = 'running' AND runs.lease_until < :now
""")
_INTERRUPT = text(ENDING.format(fence="status = 'running' AND lease_until < :now"))


async def interrupted(session: AsyncSession, keys: KeyRing, user_id: UUID, run_id: UUID, now: datetime) -> bool:
    """False when the run went on, or somebody else ended it, meanwhile."""
    values: dict[str, Any] = {"user_id": user_id, "run_id": run_id, "now": now}
    row = (await session.execute(_ASKED, values)).one_or_none()
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
    values |= await ending(keys, run_id, row.thread_id, outcome, now)
    return (await session.execute(_INTERRUPT, values)).one_or_none() is not None


async def _question(keys: KeyRing, row: Any) -> Messages:
    """The user's words. When they cannot be read any more, the turn must be ended all the same."""
    if row.content is None:
        return []
    try:
        words = from_json(await keys.open(Place("thread_events", "content", row.event_id), row.content))
    except CannotOpen:
        return []
    return [{"role": "user", "content": words}]
