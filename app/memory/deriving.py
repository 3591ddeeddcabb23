"""What was made from a memory goes with it: the sentence in its session's summary, and the patterns seen in that session."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, delete, literal, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.kit.crypto import KeyRing
from app.memory import payloads
from app.memory.models import Memory, MemoryEvidence, MemoryTurn
from app.memory.writing import put


async def drop_derived(session: AsyncSession, keys: KeyRing, user_id: UUID, ids: Sequence[UUID]) -> None:
    """To be called while the memories `ids` are still there: they are about to be forgotten, or to say something else."""
    await _drop_patterns(session, user_id, ids)
    runs = select(MemoryTurn.run_id).join(Memory, Memory.id == MemoryTurn.memory_id)
    of_facts = runs.where(MemoryTurn.user_id == user_id, Memory.tier.in_(("core", "associative")))
    said_in = set((await session.scalars(of_facts.where(_among(MemoryTurn.memory_id, ids)))).all())
    if not said_in:
        return
    sessions = select(MemoryTurn.memory_id).where(MemoryTurn.user_id == user_id, _among(MemoryTurn.run_id, said_in))
    theirs = select(Memory).where(Memory.user_id == user_id, Memory.tier == "episodic", Memory.id.in_(sessions))
    for row in (await session.scalars(theirs.with_for_update())).all():
        await _drop_notes(session, keys, row, said_in)


async def _drop_notes(session: AsyncSession, keys: KeyRing, row: Memory, said_in: set[UUID]) -> None:
    """The paragraph is made anew from the sentences that are left, at once: no model is asked while somebody waits. It may
    hold what a sentence said that has made way for newer ones."""
    before = payloads.session_notes(await payloads.opened(keys, row.id, row.payload))
    left = tuple(note for note in before.notes if note.run_id not in said_in)
    summary = " ".join(note.text for note in left)
    if left and summary == before.summary:
        return
    await _drop_patterns(session, row.user_id, [row.id])
    if not left:
        await session.delete(row)
        return
    after = payloads.episodic(replace(before, summary=summary, notes=left))
    await put(session, keys, row, after, at=row.updated_at, vector=None)
    gone = delete(MemoryTurn).where(MemoryTurn.user_id == row.user_id, MemoryTurn.memory_id == row.id)
    await session.execute(gone.where(_among(MemoryTurn.run_id, said_in)))


async def _drop_patterns(session: AsyncSession, user_id: UUID, ids: Sequence[UUID]) -> None:
    seen_in = select(MemoryEvidence.memory_id).where(
        MemoryEvidence.user_id == user_id, _among(MemoryEvidence.evidence_id, ids)
    )
    await session.execute(delete(Memory).where(Memory.user_id == user_id, Memory.id.in_(seen_in)))


def _among(column: InstrumentedAttribute[UUID], ids: Collection[UUID]) -> ColumnElement[bool]:
    """One parameter however many there are."""
    return column == any_(literal(list(ids), ARRAY(Uuid())))
