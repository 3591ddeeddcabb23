"""Naming a thread after its first turn."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.keys.vault import KeyVault
from app.kit.crypto import KeyRing, Place
from app.kit.db import Database
from app.threads.content import from_json, whole
from app.threads.models import Run, Thread, ThreadEvent

MOST_CHARACTERS = 80
_QUOTES = "\"'`“”‘’„‚«»‹›「」『』"

AskTitle = Callable[[UUID, str, str], Awaitable[str]]
"""(user, the thread's first message, its answer) → a title. Raises an `AdiuvaError` when no model answers now."""


async def first_words(_user_id: UUID, message: str, _answer: str) -> str:
    """The title where there is no model to ask: what the user began with."""
    return message


def tidy(title: str) -> str:
    """One line of at most 80 characters, without quotes or marks around it; empty when nothing is left."""
    lines = (_without_marks(line) for line in title.splitlines())
    line = next((line for line in lines if line), "")
    if len(line) <= MOST_CHARACTERS:
        return line
    words, space, _ = line[:MOST_CHARACTERS].rpartition(" ")
    kept = words if space and len(words) > MOST_CHARACTERS // 2 else line[: MOST_CHARACTERS - 1]
    return kept.rstrip(" ,;:.-–—") + "…"


def _without_marks(line: str) -> str:
    """Without control characters, and without the quotes, heading marks and emphasis that models like to add."""
    printable = "".join(character if character.isprintable() else " " for character in line)
    return re.sub(r"\s+", " ", printable).strip(f" #*_{_QUOTES}")


@dataclass(frozen=True)
class FirstTurn:
    message: str
    answer: str


class Titles:
    def __init__(self, db: Database, vault: KeyVault, ask: AskTitle) -> None:
        self._db, self._vault, self._ask = db, vault, ask

    async def give(self, user_id: UUID, thread_id: UUID, *, ask: AskTitle | None = None) -> None:
        """Name the thread, unless it has a title or is gone. A title the user sets meanwhile stays."""
        first = await self._first_turn(user_id, thread_id)
        if first is None:
            return
        asked = await (ask or self._ask)(user_id, first.message, first.answer)
        title = tidy(whole(asked)) or tidy(first.message)
        if title:
            await self._keep(user_id, thread_id, title)

    async def _first_turn(self, user_id: UUID, thread_id: UUID) -> FirstTurn | None:
        """The question and the answer of the thread's first completed turn; None when it needs no title."""
        async with self._db.of(user_id) as session:
            run_id = await session.scalar(
                select(Run.id)
                .join(Thread, Thread.id == Run.thread_id)
                .where(Thread.user_id == user_id, Thread.id == thread_id, Thread.title.is_(None))
                .where(Run.user_id == user_id, Run.status == "completed")
                .order_by(Run.position)
                .limit(1)
            )
            if run_id is None:
                return None
            keys = await self._vault.of(session, user_id)
            return FirstTurn(
                await _said(session, keys, user_id, run_id, "user"),
                await _said(session, keys, user_id, run_id, "assistant"),
            )

    async def _keep(self, user_id: UUID, thread_id: UUID, title: str) -> None:
        async with self._db.of(user_id) as session:
            keys = await self._vault.of(session, user_id)
            sealed = await keys.seal(Place("threads", "title", thread_id), title)
            unnamed = (Thread.user_id == user_id) & (Thread.id == thread_id) & Thread.title.is_(None)
            await session.execute(update(Thread).where(unnamed).values(title=sealed))


async def _said(session: AsyncSession, keys: KeyRing, user_id: UUID, run_id: UUID, actor: str) -> str:
    """The first message of a turn by this actor."""
    row = await session.scalar(
        select(ThreadEvent)
        .where(ThreadEvent.user_id == user_id, ThreadEvent.run_id == run_id)
        .where(ThreadEvent.type == "message", ThreadEvent.actor == actor)
        .order_by(ThreadEvent.position)
        .limit(1)
    )
    if row is None:
        return ""
    return str(from_json(await keys.open(Place("thread_events", "content", row.id), row.content)))
