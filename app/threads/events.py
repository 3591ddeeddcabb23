"""Writing events down: sealed one by one, kept in one statement."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from app.kit.crypto import KeyRing, Place
from app.threads.content import to_json
from app.threads.records import KeptEvent

# Part of a statement whose CTE `thread_of_run(id)` holds the thread, when there is one to write to. The rows of one
# statement get their positions in the order of the list.
INSERT_EVENTS = """
    INSERT INTO thread_events (id, user_id, thread_id, run_id, type, actor, content, created_at)
    SELECT event.id, :user_id, thread_of_run.id, :run_id, event.type, event.actor, event.content, :now
    FROM thread_of_run, unnest(CAST(:event_ids AS uuid[]), CAST(:types AS text[]), CAST(:actors AS text[]),
                               CAST(:contents AS bytea[])) WITH ORDINALITY AS event (id, type, actor, content, nth)
    ORDER BY event.nth
"""


async def sealed(keys: KeyRing, events: Sequence[KeptEvent]) -> dict[str, Any]:
    """The events as parameters of `INSERT_EVENTS`, and how many of them are messages."""
    ids = [uuid4() for _ in events]
    contents = [
        await keys.seal(Place("thread_events", "content", event_id), to_json(event.content))
        for event_id, event in zip(ids, events, strict=True)
    ]
    return {
        "event_ids": ids,
        "types": [event.type for event in events],
        "actors": [event.actor for event in events],
        "contents": contents,
        "messages": sum(event.type == "message" for event in events),
    }
