"""The summary of a session: one paragraph, which grows with its turns."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.crypto import KeyRing
from app.memory import payloads
from app.memory.inbox import Waiting
from app.memory.models import Memory
from app.memory.names import slot_of
from app.memory.payloads import SessionNotes
from app.memory.ports import Note, Said, Summarizer
from app.memory.stores import Stores
from app.memory.writing import NewMemory, Vector, add, put, say_again

MOST_OF_A_NOTE = 300


class SessionChanged(Exception):
    """The session says something else than when its summary was drafted."""


@dataclass(frozen=True)
class SessionDraft:
    slot: bytes
    seen: bytes | None  # the sealed payload it was drafted from; None: there was none
    after: SessionNotes
    vector: Vector | None


async def drafted(
    stores: Stores, keys: KeyRing, user_id: UUID, said: Said, note: str, summarizer: Summarizer
) -> SessionDraft:
    """What the session will say with this turn. A model may be asked: no transaction is open meanwhile."""
    slot = slot_of(keys, "episodic", said.session)
    async with stores.db.of(user_id) as session:
        row = await session.scalar(_of(user_id, slot))
    before = SessionNotes("", ())
    if row is not None:
        before = payloads.session_notes(await payloads.opened(keys, row.id, row.payload))
    notes = (*before.notes, Note(said.run_id, note[:MOST_OF_A_NOTE]))[-stores.limits.notes_of_a_session :]
    summary = await summarizer.summary(user_id, before.summary, notes)
    after = SessionNotes(summary[: stores.limits.summary_characters], notes)
    (vector,) = await stores.vectors_of(keys, [after.summary])
    return SessionDraft(slot, row.payload if row is not None else None, after, vector)


async def write_session(
    session: AsyncSession, keys: KeyRing, user_id: UUID, waiting: Waiting, draft: SessionDraft
) -> None:
    """Under the writers' lock. Raises `SessionChanged`."""
    row = await session.scalar(_of(user_id, draft.slot))
    if (row.payload if row is not None else None) != draft.seen:
        raise SessionChanged
    payload, runs = payloads.episodic(draft.after), (waiting.said.run_id,)
    if row is not None:
        await put(session, keys, row, payload, at=waiting.created_at, vector=draft.vector)
        row.mentions += 1
        await say_again(session, user_id, row.id, runs, waiting.created_at)
        return
    await add(
        session,
        keys,
        NewMemory(
            user_id=user_id,
            tier="episodic",
            payload=payload,
            slot=draft.slot,
            written_by="summary",
            at=waiting.created_at,
            vector=draft.vector,
            runs=runs,
        ),
    )


def _of(user_id: UUID, slot: bytes) -> Select[Memory]:
    return select(Memory).where(Memory.user_id == user_id, Memory.tier == "episodic", Memory.slot == slot)
