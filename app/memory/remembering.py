"""The job that remembers: what a turn's user said that is worth keeping, and what their session was about.

Models are asked and texts embedded first; then one transaction writes all of it and takes the turn out of the inbox.
"""

from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.edge.problems import database_is_away
from app.errors import AdiuvaError
from app.jobs.tasks import JobInfo, Retry
from app.kit.crypto import CannotOpen, KeyRing
from app.memory import inbox
from app.memory.embedding import embed_later
from app.memory.fact_writing import FactWriter
from app.memory.facts import FactToWrite, known_near, to_write
from app.memory.inbox import Waiting
from app.memory.names import name_of_tier, name_of_turn
from app.memory.payloads import meaning_of
from app.memory.ports import Extractor, Fact, Said, Summarizer
from app.memory.sessions import SessionChanged, SessionDraft, SessionSeen, drafted, seen, write_session
from app.memory.stores import Stores
from app.memory.striking import struck_since
from app.memory.writing import writers_lock

log = structlog.stdlib.get_logger()

REMEMBER_RETRY = Retry(attempts=4)  # over about two minutes; then rules do what the model would not
_REDRAFTS = 5


@dataclass(frozen=True)
class Makers:
    extractor: Extractor
    summarizer: Summarizer


@dataclass(frozen=True)
class _Next:
    waiting: Waiting
    so_far: SessionSeen
    behind: int  # turns that wait, too


class Remembering:
    def __init__(self, stores: Stores, makers: Makers, by_rules: Makers) -> None:
        """`by_rules`: who does it when no model answers to the last attempt."""
        self._stores, self._makers, self._by_rules = stores, makers, by_rules

    async def remember(self, job: JobInfo, *, user_id: str) -> None:
        """All turns of the user that have ended. Raises the errors of `app.llm.failures`: the job is tried again."""
        owner = UUID(user_id)
        left = 1
        while left and (found := await self._next(owner)):
            left = found.behind
            try:
                await self._one(owner, found, self._makers)
            except Exception as error:
                if job.attempt < REMEMBER_RETRY.attempts or database_is_away(error):
                    raise
                code = error.code if isinstance(error, AdiuvaError) else type(error).__name__
                log.warning("turn_remembered_by_rules", run_id=str(found.waiting.said.run_id), code=code)
                await self._at_last(owner, found)

    async def _at_last(self, user_id: UUID, found: "_Next") -> None:
        """By rules; and if that fails as well, not at all: those that wait behind it are not to wait for ever."""
        try:
            await self._one(user_id, found, self._by_rules)
        except Exception as error:
            if database_is_away(error):
                raise
            log.exception("turn_not_remembered", run_id=str(found.waiting.said.run_id))
            async with self._stores.db.of(user_id) as session:
                await inbox.taken(session, user_id, found.waiting.said.run_id)

    async def _next(self, user_id: UUID) -> "_Next | None":
        """A turn that ends from now on has a job of its own."""
        async with self._stores.db.of(user_id) as session:
            keys = await self._stores.vault.of(session, user_id)
            while first := await inbox.first_of(session, user_id):
                entry, there = first
                try:
                    waiting = await inbox.opened(keys, entry)
                except CannotOpen:  # for good: those behind it would wait for ever
                    log.exception("turn_unreadable", run_id=str(entry.run_id))
                    await session.delete(entry)
                    await session.flush()
                    continue
                return _Next(waiting, await seen(session, keys, user_id, waiting.said), there - 1)
            return None

    async def _one(self, user_id: UUID, found: "_Next", makers: Makers) -> None:
        stores, waiting, so_far = self._stores, found.waiting, found.so_far
        keys = await stores.keys(user_id)
        facts = await self._embedded(keys, await self._facts(user_id, keys, waiting.said, makers))
        note = await makers.summarizer.note(user_id, waiting.said)
        for _ in range(_REDRAFTS):
            draft = await drafted(stores, keys, user_id, waiting.said, note, so_far, makers.summarizer)
            try:
                await self._write(user_id, keys, waiting, facts, draft)
            except SessionChanged:  # while the model was asked: its user has forgotten or corrected something
                async with stores.db.of(user_id) as session:
                    so_far = await seen(session, keys, user_id, waiting.said)
                continue
            return
        raise SessionChanged

    async def _facts(self, user_id: UUID, keys: KeyRing, said: Said, makers: Makers) -> list[Fact]:
        """Most turns hold none. Rules tell so at once: then nothing is looked up to compare them with."""
        extractor = makers.extractor
        if not said.message.strip() or (makers is self._by_rules and not await extractor.facts(user_id, said, [])):
            return []
        return await extractor.facts(user_id, said, await known_near(self._stores, user_id, keys, said.message))

    async def _embedded(self, keys: KeyRing, facts: list[Fact]) -> list[FactToWrite]:
        made = to_write(facts, self._stores.limits)
        vectors = await self._stores.vectors_of(keys, [meaning_of(each.tier, each.payload) for each in made])
        return [each.at(vector) for each, vector in zip(made, vectors, strict=True)]

    async def _write(
        self, user_id: UUID, keys: KeyRing, waiting: Waiting, facts: list[FactToWrite], draft: SessionDraft
    ) -> None:
        said = waiting.said
        async with self._stores.db.of(user_id) as session:
            is_on = await writers_lock(session, user_id)
            if not await inbox.taken(session, user_id, said.run_id) or not is_on:
                return
            struck = await struck_since(session, user_id, said.at)
            if name_of_turn(keys, said.run_id) in struck:
                return
            writer = FactWriter(session, keys, self._stores.limits, user_id, waiting, struck)
            wanted = [await writer.write(fact) for fact in facts]
            # Its sentence in the session would tell what the user does not want remembered.
            is_told = all(wanted) and not said.forgot
            if is_told and struck.isdisjoint((name_of_tier(keys, "episodic"), draft.seen.slot)):
                await write_session(session, keys, user_id, waiting, draft)
            await self._complete(session, user_id, facts, draft)
        log.info("turn_remembered", run_id=str(said.run_id), facts=len(facts))

    async def _complete(
        self, session: AsyncSession, user_id: UUID, facts: list[FactToWrite], draft: SessionDraft
    ) -> None:
        if draft.vector is None or any(fact.vector is None for fact in facts):
            await session.flush()
            await embed_later(session, user_id)
