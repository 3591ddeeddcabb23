"""The job that remembers: what a turn's user said that is worth keeping, and what their session was about.

Models are asked and texts embedded first; then one transaction writes all of it and takes the turn out of the inbox.
"""

from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import AdiuvaError
from app.jobs.tasks import JobInfo, Retry
from app.kit.crypto import KeyRing
from app.memory import inbox
from app.memory.embedding import embed_later
from app.memory.facts import FactToWrite, write_fact
from app.memory.inbox import Waiting
from app.memory.listing import nearest
from app.memory.payloads import meaning_of
from app.memory.ports import Extractor, Fact, Known, Said, Summarizer
from app.memory.sessions import SessionChanged, SessionDraft, drafted, write_session
from app.memory.stores import Stores
from app.memory.writing import writers_lock

log = structlog.stdlib.get_logger()

REMEMBER_RETRY = Retry(attempts=4)  # over about two minutes; then rules do what the model would not
_REDRAFTS = 5
_KNOWN = 12  # memories an extractor compares a turn with


@dataclass(frozen=True)
class Makers:
    extractor: Extractor
    summarizer: Summarizer


class Remembering:
    def __init__(self, stores: Stores, makers: Makers, by_rules: Makers) -> None:
        """`by_rules`: who does it when no model answers to the last attempt."""
        self._stores, self._makers, self._by_rules = stores, makers, by_rules

    async def remember(self, job: JobInfo, *, user_id: str) -> None:
        """All turns of the user that have ended. Raises the errors of `app.llm.failures`: the job is tried again."""
        owner = UUID(user_id)
        while waiting := await inbox.next_of(self._stores, owner):
            try:
                await self._one(owner, waiting, self._makers)
            except AdiuvaError as error:
                if job.attempt < REMEMBER_RETRY.attempts:
                    raise
                log.warning("turn_remembered_by_rules", run_id=str(waiting.said.run_id), code=error.code)
                await self._one(owner, waiting, self._by_rules)

    async def _one(self, user_id: UUID, waiting: Waiting, makers: Makers) -> None:
        stores, said = self._stores, waiting.said
        keys = await stores.keys(user_id)
        facts = await makers.extractor.facts(user_id, said, await self._known(user_id, said))
        to_write = await self._embedded(keys, facts)
        note = await makers.summarizer.note(user_id, said)
        for _ in range(_REDRAFTS):
            draft = await drafted(stores, keys, user_id, said, note, makers.summarizer)
            try:
                await self._write(user_id, keys, waiting, to_write, draft)
            except SessionChanged:  # while the model was asked: its user has forgotten or corrected something
                continue
            return
        raise SessionChanged

    async def _known(self, user_id: UUID, said: Said) -> list[Known]:
        if not said.message.strip():
            return []
        found = await nearest(self._stores, user_id, said.message, tiers=("core", "associative"), limit=_KNOWN)
        return [Known(each.id, each.tier, each.key, each.text) for each in found]

    async def _embedded(self, keys: KeyRing, facts: list[Fact]) -> list[FactToWrite]:
        made = [FactToWrite.of(fact, self._stores.limits) for fact in facts]
        vectors = await self._stores.vectors_of(keys, [meaning_of(each.tier, each.payload) for each in made])
        return [each.at(vector) for each, vector in zip(made, vectors, strict=True)]

    async def _write(
        self, user_id: UUID, keys: KeyRing, waiting: Waiting, facts: list[FactToWrite], draft: SessionDraft
    ) -> None:
        async with self._stores.db.of(user_id) as session:
            is_on = await writers_lock(session, user_id)
            without = await inbox.taken(session, user_id, waiting.said.run_id)
            if without is None or not is_on:
                return
            for fact in facts:
                await write_fact(self._stores, session, keys, user_id, waiting, fact, without)
            if "episodic" not in without:
                await write_session(session, keys, user_id, waiting, draft)
            await self._complete(session, user_id, facts, draft)
        log.info("turn_remembered", run_id=str(waiting.said.run_id), facts=len(facts))

    async def _complete(
        self, session: AsyncSession, user_id: UUID, facts: list[FactToWrite], draft: SessionDraft
    ) -> None:
        if draft.vector is None or any(fact.vector is None for fact in facts):
            await session.flush()
            await embed_later(session, user_id)
