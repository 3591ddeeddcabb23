"""What a memory says: the JSON that is sealed in its row, by tier (`app.memory.models.Memory`).

It names its tier itself: a row whose tier was changed beside it does not open.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import structlog

from app.kit.crypto import CannotOpen, KeyRing, Place
from app.memory.ports import Note
from app.memory.records import Tier

TABLE, VERSIONS = "memories", "memory_versions"
Payload = dict[str, Any]

log = structlog.stdlib.get_logger()


def core(key: str, value: str) -> Payload:
    return {"tier": "core", "key": key, "value": value}


def associative(content: str, entity_type: str | None = None, entity_id: str | None = None) -> Payload:
    return {"tier": "associative", "content": content, "entity_type": entity_type, "entity_id": entity_id}


def proactive(content: str, grounds: str) -> Payload:
    return {"tier": "proactive", "content": content, "source": grounds}


@dataclass(frozen=True)
class SessionNotes:
    """The paragraph of a session and what it was made from. A note without a run is what the user wrote over it. `began`:
    where the user was, so with an offset from UTC: habits go by local weekdays."""

    summary: str
    notes: tuple[Note, ...]
    began: datetime | None = None


def episodic(session: SessionNotes) -> Payload:
    notes = [{"run_id": str(note.run_id) if note.run_id else None, "text": note.text} for note in session.notes]
    began = session.began and session.began.isoformat()
    return {"tier": "episodic", "summary": session.summary, "notes": notes, "began": began}


def session_notes(payload: Payload) -> SessionNotes:
    notes = (Note(UUID(each["run_id"]) if each["run_id"] else None, each["text"]) for each in payload["notes"])
    began = payload["began"]
    return SessionNotes(payload["summary"], tuple(notes), datetime.fromisoformat(began) if began else None)


_TEXT: dict[Tier, str] = {"core": "value", "associative": "content", "episodic": "summary", "proactive": "content"}


def text_of(tier: Tier, payload: Payload) -> str:
    return str(payload[_TEXT[tier]])


def with_text(tier: Tier, payload: Payload, text: str) -> Payload:
    """The same memory, in words of the user's own."""
    if tier == "episodic":
        return episodic(replace(session_notes(payload), summary=text, notes=(Note(None, text),)))
    return payload | {_TEXT[tier]: text}


def meaning_of(tier: Tier, payload: Payload) -> str:
    """The text whose embedding finds the memory."""
    text = text_of(tier, payload)
    return f"{payload['key']}: {text}" if tier == "core" else text


def size_of(tier: Tier, payload: Payload) -> int:
    """Bytes of the line that tells a turn of it."""
    return len(f"- {meaning_of(tier, payload)}\n".encode())


async def sealed(keys: KeyRing, memory_id: UUID, payload: Payload) -> bytes:
    return await keys.seal_bytes(Place(TABLE, "payload", memory_id), orjson.dumps(payload))


async def opened(keys: KeyRing, tier: str, memory_id: UUID, sealed: bytes) -> Payload:
    """Raises `CannotOpen`, also for what was sealed in another tier."""
    return _of_tier(tier, await keys.open_bytes(Place(TABLE, "payload", memory_id), sealed))


async def readable(keys: KeyRing, tier: str, memory_id: UUID, sealed: bytes) -> Payload | None:
    """None, and an error in the log, when it does not open: the others are told, compared and exported all the same."""
    try:
        return await opened(keys, tier, memory_id, sealed)
    except CannotOpen:
        log.exception("memory_unreadable", memory_id=str(memory_id))
        return None


async def readable_version(keys: KeyRing, tier: str, version_id: UUID, sealed: bytes) -> Payload | None:
    """Likewise."""
    try:
        return await opened_version(keys, tier, version_id, sealed)
    except CannotOpen:
        log.exception("memory_version_unreadable", version_id=str(version_id))
        return None


async def sealed_version(keys: KeyRing, version_id: UUID, payload: Payload) -> bytes:
    return await keys.seal_bytes(Place(VERSIONS, "payload", version_id), orjson.dumps(payload))


async def opened_version(keys: KeyRing, tier: str, version_id: UUID, sealed: bytes) -> Payload:
    """`tier`: of the memory whose history it is. Raises `CannotOpen` likewise."""
    return _of_tier(tier, await keys.open_bytes(Place(VERSIONS, "payload", version_id), sealed))


def _of_tier(tier: str, opened: bytes) -> Payload:
    payload: Payload = orjson.loads(opened)
    if payload.get("tier", tier) != tier:
        raise CannotOpen("The memory was sealed in another tier.")
    return payload
