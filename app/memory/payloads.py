"""What a memory says: the JSON that is sealed in its row, by tier (`app.memory.models.Memory`)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from app.kit.crypto import KeyRing, Place
from app.memory.ports import Note
from app.memory.records import Tier

TABLE = "memories"
Payload = dict[str, Any]


def core(key: str, value: str) -> Payload:
    return {"key": key, "value": value}


def associative(content: str, entity_type: str | None = None, entity_id: str | None = None) -> Payload:
    return {"content": content, "entity_type": entity_type, "entity_id": entity_id}


def proactive(content: str, grounds: str) -> Payload:
    return {"content": content, "source": grounds}


@dataclass(frozen=True)
class SessionNotes:
    """The paragraph of a session and what it was made from. A note without a run is what the user wrote over it. `began`:
    where the user was, so with an offset from UTC: habits go by local weekdays."""

    summary: str
    notes: tuple[Note, ...]
    began: datetime | None = None


def episodic(session: SessionNotes) -> Payload:
    notes = [{"run_id": str(note.run_id) if note.run_id else None, "text": note.text} for note in session.notes]
    return {"summary": session.summary, "notes": notes, "began": session.began and session.began.isoformat()}


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


async def opened(keys: KeyRing, memory_id: UUID, sealed: bytes) -> Payload:
    """Raises `CannotOpen`."""
    return from_bytes(await keys.open_bytes(Place(TABLE, "payload", memory_id), sealed))


def from_bytes(opened: bytes) -> Payload:
    payload: Payload = orjson.loads(opened)
    return payload
