"""Events, sealed one by one."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from app.kit.crypto import KeyRing, Place
from app.threads.content import to_json
from app.threads.records import KeptEvent


async def sealed(keys: KeyRing, events: Sequence[KeptEvent]) -> dict[str, Any]:
    """The events as parameters of `end_run`, and how many of them are messages."""
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
