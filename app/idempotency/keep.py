"""`Idempotency-Key`: the same key and request within 24 hours get the same answer, and run once.

The key's row is written in the transaction of the write itself. A second request with the same key waits on that row
(a unique index makes it), then finds the first one's answer; if the first failed, its row is gone and the second runs.
"""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.auth.secrets import digest
from app.errors import AdiuvaError
from app.idempotency.models import KeptAnswer
from app.keys.vault import KeyVault
from app.kit.clock import Clock
from app.kit.crypto import Place

KEPT_FOR = timedelta(days=1)

AnswerT = TypeVar("AnswerT", bound=BaseModel)


class KeyReused(AdiuvaError):
    status = 422
    code = "idempotency_key_reused"


class Idempotency:
    def __init__(self, vault: KeyVault, clock: Clock) -> None:
        self._vault, self._clock = vault, clock

    async def once(
        self,
        session: AsyncSession,
        user_id: UUID,
        key: str | None,
        request: str,
        answer: type[AnswerT],
        write: Callable[[], Awaitable[AnswerT]],
    ) -> AnswerT:
        """Run `write` and keep its answer, or return the one kept for this key.

        `request` tells what was asked (method, path, body); the same key for something else raises `KeyReused`.
        """
        if key is None:
            return await write()
        kept = await self._claim(session, user_id, digest(key), hashlib.sha256(request.encode()).digest())
        ring = await self._vault.of(session, user_id)
        place = Place("kept_answers", "body", kept.key_hash.hex())
        if kept.body is not None:
            return answer.model_validate_json(await ring.open(place, kept.body))
        result = await write()
        kept.body = await ring.seal(place, result.model_dump_json())
        return result

    async def _claim(self, session: AsyncSession, user_id: UUID, key_hash: bytes, request_hash: bytes) -> KeptAnswer:
        now = self._clock.now()
        fresh = {"request_hash": request_hash, "created_at": now, "body": None}
        statement = insert(KeptAnswer).values(user_id=user_id, key_hash=key_hash, **fresh)
        await session.execute(
            statement.on_conflict_do_update(  # a key that has expired starts anew
                index_elements=["user_id", "key_hash"],
                set_=fresh,
                where=KeptAnswer.created_at < now - KEPT_FOR,
            )
        )
        kept = await session.get_one(KeptAnswer, (user_id, key_hash), with_for_update=True)
        if kept.request_hash != request_hash:
            raise KeyReused("This Idempotency-Key was used for another request.")
        return kept
