"""What was made from a memory goes with it: the sentence in its session's summary, and the patterns seen in that session."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, delete, literal, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.kit.crypto import KeyRing
from app.memory import payloads
from app.memory.limits import MemoryLimits
from app.memory.models import Memory, MemoryEvidence, MemoryTurn
from app.memory.ports import Note
from app.memory.writing import misplace

OPENED_AT_ONCE = 100  # a few milliseconds; then others have their turn


async def drop_derived(session: AsyncSession, keys: KeyRing, user_id: UUID, ids: Sequence[UUID]) -> None:
    """To be called while the memories `ids` are still there: they are about to be forgotten, or to say something else.

    The same few statements for one memory and for a hundred thousand.
    """
    runs = select(MemoryTurn.run_id).join(Memory, Memory.id == MemoryTurn.memory_id)
    of_facts = runs.where(MemoryTurn.user_id == user_id, Memory.tier.in_(("core", "associative")))
    said_in = set((await session.scalars(of_facts.where(_among(MemoryTurn.memory_id, ids)))).all())
    sessions = await _sessions(session, user_id, said_in, set(ids)) if said_in else []
    reworded: list[UUID] = []
    gone: list[UUID] = []
    for number, row in enumerate(sessions):
        if number % OPENED_AT_ONCE == 0:
            await asyncio.sleep(0)
        left = await _without(keys, row, said_in)
        if left is not None:
            (reworded if left else gone).append(row.id)
    await session.flush()
    await _drop_patterns(session, user_id, [*ids, *reworded, *gone])
    await session.execute(delete(Memory).where(Memory.user_id == user_id, _among(Memory.id, gone)))
    await misplace(session, user_id, reworded)
    sources = delete(MemoryTurn).where(MemoryTurn.user_id == user_id, _among(MemoryTurn.memory_id, reworded))
    await session.execute(sources.where(_among(MemoryTurn.run_id, said_in)))


async def _sessions(
    session: AsyncSession, user_id: UUID, said_in: Collection[UUID], but: Collection[UUID]
) -> Sequence[Memory]:
    """Those in which these turns were, but for those that go anyway."""
    theirs = select(MemoryTurn.memory_id).where(MemoryTurn.user_id == user_id, _among(MemoryTurn.run_id, said_in))
    mine = select(Memory).where(Memory.user_id == user_id, Memory.tier == "episodic", Memory.id.in_(theirs))
    found = (await session.scalars(mine.order_by(Memory.id).with_for_update())).all()
    return [row for row in found if row.id not in but]


async def _without(keys: KeyRing, row: Memory, said_in: Collection[UUID]) -> bool | None:
    """Make the paragraph anew from the sentences that are left, at once: no model is asked while somebody waits. It may
    hold what a sentence said that has made way for newer ones. Is anything left? None: nothing has changed."""
    payload = await payloads.readable(keys, row.tier, row.id, row.payload)
    if payload is None:  # nobody can tell whether it holds it
        return False
    before = payloads.session_notes(payload)
    left = tuple(note for note in before.notes if note.run_id not in said_in)
    summary = _joined(left)
    if left and summary == before.summary:
        return None
    if left:
        after = payloads.episodic(replace(before, summary=summary, notes=left))
        row.payload = await payloads.sealed(keys, row.id, after)
        row.size = payloads.size_of("episodic", after)
    return bool(left)


def _joined(notes: Sequence[Note]) -> str:
    """The newest sentences that a paragraph has room for."""
    kept: list[str] = []
    left = MemoryLimits.summary_characters
    for note in reversed(notes):
        left -= len(note.text) + 1
        if left < 0:
            break
        kept.insert(0, note.text)
    return " ".join(kept)


async def _drop_patterns(session: AsyncSession, user_id: UUID, ids: Sequence[UUID]) -> None:
    seen_in = select(MemoryEvidence.memory_id).where(
        MemoryEvidence.user_id == user_id, _among(MemoryEvidence.evidence_id, ids)
    )
    await session.execute(delete(Memory).where(Memory.user_id == user_id, Memory.id.in_(seen_in)))


def _among(column: InstrumentedAttribute[UUID], ids: Collection[UUID]) -> ColumnElement[bool]:
    """One parameter however many there are."""
    return column == any_(literal(list(ids), ARRAY(Uuid())))
