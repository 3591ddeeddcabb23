"""Turns that have ended and are still to be remembered.

An entry is written in the transaction that ends its turn (`end_run`), and deleted in the one that writes what is
remembered of it: whatever dies between the two, it is remembered once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.crypto import KeyRing, Place
from app.memory.models import InboxEntry
from app.memory.ports import Forgot, Said, Touched
from app.threads.content import whole

MOST_OF_A_MESSAGE = 8_000  # characters; nobody tells of himself in more
MOST_RECALLED = 16_000  # characters, all texts together
MOST_TOUCHED = 20


async def sealed(keys: KeyRing, said: Said) -> bytes:
    """For `end_run`."""
    touched = [[each.entity_type, each.entity_id, each.name] for each in said.touched[:MOST_TOUCHED]]
    content = {
        "session": said.session,
        "at": said.at.isoformat(),
        "message": whole(said.message[:MOST_OF_A_MESSAGE]),
        "recalled": _bounded(said.recalled),
        "touched": [[whole(part) for part in each] for each in touched],
        "forgot": [[whole(each.key), whole(each.value)] for each in said.forgot],
    }
    return await keys.seal_bytes(Place(InboxEntry.__tablename__, "said", said.run_id), orjson.dumps(content))


def _bounded(texts: Sequence[str]) -> list[str]:
    kept, left = [], MOST_RECALLED
    for text in texts:
        kept.append(whole(text[:left]))
        left -= len(text)
        if left <= 0:
            break
    return kept


@dataclass(frozen=True)
class Waiting:
    said: Said
    created_at: datetime  # when its turn ended


async def first_of(session: AsyncSession, user_id: UUID) -> tuple[InboxEntry, int] | None:
    """The oldest, and how many there are."""
    mine = select(InboxEntry, func.count().over()).where(InboxEntry.user_id == user_id)
    row = (await session.execute(mine.order_by(InboxEntry.position).limit(1))).first()
    return (row[0], row[1]) if row is not None else None


async def opened(keys: KeyRing, entry: InboxEntry) -> Waiting:
    """Raises `CannotOpen`."""
    content = await keys.open_bytes(Place(InboxEntry.__tablename__, "said", entry.run_id), entry.said)
    return Waiting(_said(entry.run_id, orjson.loads(content)), entry.created_at)


def _said(run_id: UUID, content: dict[str, Any]) -> Said:
    return Said(
        run_id=run_id,
        session=content["session"],
        at=datetime.fromisoformat(content["at"]),
        message=content["message"],
        recalled=tuple(content["recalled"]),
        touched=tuple(Touched(entity_type=kind, entity_id=id_, name=name) for kind, id_, name in content["touched"]),
        forgot=tuple(Forgot(key, value) for key, value in content.get("forgot", ())),
    )


async def taken(session: AsyncSession, user_id: UUID, run_id: UUID) -> bool:
    """Take the entry out, under the writers' lock. False when it is not there any more: somebody else has remembered it, or
    its user wants it forgotten."""
    entry = delete(InboxEntry).where(InboxEntry.user_id == user_id, InboxEntry.run_id == run_id)
    return await session.scalar(entry.returning(InboxEntry.run_id)) is not None
