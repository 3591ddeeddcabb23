"""The summary of a session: one paragraph, which grows with its turns."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import DateTime, Select, bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.crypto import KeyRing
from app.memory import payloads
from app.memory.inbox import Waiting
from app.memory.models import Memory
from app.memory.names import slot_of
from app.memory.payloads import SessionNotes
from app.memory.ports import Note, Said, Summarizer
from app.memory.stores import Stores
from app.memory.vectors import Vector
from app.memory.writing import NewMemory, add, misplace, place

MOST_OF_A_NOTE = 300


class SessionChanged(Exception):
    """The session says something else than when its summary was drafted."""


@dataclass(frozen=True)
class SessionSeen:
    """What the session says so far."""

    slot: bytes
    row: Memory | None  # None: nothing


@dataclass(frozen=True)
class SessionDraft:
    seen: SessionSeen
    after: SessionNotes
    vector: Vector | None


async def seen(session: AsyncSession, keys: KeyRing, user_id: UUID, said: Said) -> SessionSeen:
    slot = slot_of(keys, "episodic", said.session)
    return SessionSeen(slot, await session.scalar(_of(user_id, slot)))


async def drafted(
    stores: Stores, keys: KeyRing, user_id: UUID, said: Said, note: str, so_far: SessionSeen, summarizer: Summarizer
) -> SessionDraft:
    """What the session will say with this turn. A model may be asked: never inside a transaction."""
    before = SessionNotes("", (), said.at)
    if so_far.row is not None:
        before = payloads.session_notes(await payloads.opened(keys, so_far.row.tier, so_far.row.id, so_far.row.payload))
    notes = (*before.notes, Note(said.run_id, note[:MOST_OF_A_NOTE]))[-stores.limits.notes_of_a_session :]
    summary = await summarizer.summary(user_id, before.summary, notes)
    after = SessionNotes(summary[: stores.limits.summary_characters], notes, before.began)
    (vector,) = await stores.vectors_of(keys, [after.summary])
    return SessionDraft(so_far, after, vector)


async def write_session(
    session: AsyncSession, keys: KeyRing, user_id: UUID, waiting: Waiting, draft: SessionDraft
) -> None:
    """Under the writers' lock. Raises `SessionChanged`."""
    if draft.seen.row is not None:
        await _go_on(session, keys, draft.seen.row, waiting, draft)
        return
    if await session.scalar(_of(user_id, draft.seen.slot)) is not None:
        raise SessionChanged
    await add(
        session,
        keys,
        NewMemory(
            user_id=user_id,
            tier="episodic",
            payload=payloads.episodic(draft.after),
            slot=draft.seen.slot,
            written_by="summary",
            at=waiting.created_at,
            vector=draft.vector,
            runs=(waiting.said.run_id,),
        ),
    )


_GO_ON = text("""
    WITH changed AS (
        UPDATE memories SET payload = :payload, size = :size, updated_at = :at, used_at = :at, mentions = mentions + 1
        WHERE id = :memory AND user_id = :whose AND payload = :seen
        RETURNING id, user_id
    ), said AS (
        INSERT INTO memory_turns (memory_id, run_id, user_id, at) SELECT id, :run, user_id, :at FROM changed
        ON CONFLICT DO NOTHING
    )
    SELECT id FROM changed
""").bindparams(bindparam("at", type_=DateTime(timezone=True)))


async def _go_on(session: AsyncSession, keys: KeyRing, row: Memory, waiting: Waiting, draft: SessionDraft) -> None:
    payload = payloads.episodic(draft.after)
    values = {
        "memory": row.id,
        "whose": row.user_id,
        "seen": row.payload,
        "payload": await payloads.sealed(keys, row.id, payload),
        "size": payloads.size_of("episodic", payload),
        "run": waiting.said.run_id,
        "at": waiting.created_at,
    }
    await session.flush()  # a fact of this turn may have changed the session
    if await session.scalar(_GO_ON, values) is None:
        raise SessionChanged
    if draft.vector is None:
        await misplace(session, row.user_id, [row.id])
    else:
        await place(session, row.user_id, row.id, "episodic", draft.vector)


def _of(user_id: UUID, slot: bytes) -> Select[Memory]:
    return select(Memory).where(Memory.user_id == user_id, Memory.tier == "episodic", Memory.slot == slot)
