"""One user's turns and the job that remembers them, without a service; and what is done while its models are asked."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID, uuid4

from app.memory.by_rules.extracting import RuleExtractor
from app.memory.by_rules.summing_up import RuleSummarizer
from app.memory.memories import Memories
from app.memory.ports import Fact, Known, Note, Said
from app.memory.remembering import Makers, Remembering
from app.threads.records import OpenedRun
from app.threads.runs import Runs
from tests.factories.threads import answered, new_run
from tests.memory.nightly import Nights, job

Moment = Literal["facts", "note", "summary"]
MOMENTS: tuple[Moment, ...] = ("facts", "summary")  # before the session is read, and after it
Meanwhile = Callable[[], Awaitable[object]]


@dataclass
class Interrupted:
    """Extractor and summarizer by rules, and what somebody does as soon as one of them has its answer: once."""

    moment: Moment
    meanwhile: Meanwhile
    asked: list[Moment] = field(default_factory=list)
    _extractor: RuleExtractor = field(default_factory=RuleExtractor)
    _summarizer: RuleSummarizer = field(default_factory=RuleSummarizer)

    async def facts(self, user_id: UUID, said: Said, known: Sequence[Known]) -> list[Fact]:
        facts = await self._extractor.facts(user_id, said, known)
        await self._answered("facts")
        return facts

    async def note(self, user_id: UUID, said: Said) -> str:
        note = await self._summarizer.note(user_id, said)
        await self._answered("note")
        return note

    async def summary(self, user_id: UUID, earlier: str, notes: Sequence[Note]) -> str:
        summary = await self._summarizer.summary(user_id, earlier, notes)
        await self._answered("summary")
        return summary

    async def _answered(self, moment: Moment) -> None:
        is_first = moment not in self.asked
        self.asked.append(moment)
        if moment == self.moment and is_first:
            await self.meanwhile()


class Diary:
    def __init__(self, nights: Nights, user_id: UUID) -> None:
        self.nights, self.user_id = nights, user_id
        self.runs = Runs(nights.db, nights.vault, nights.clock, owner=uuid4())
        self.memories = Memories(nights.stores)

    async def begins(self, message: str) -> OpenedRun:
        """A turn that is under way."""
        return await self.runs.open(new_run(self.user_id, message))

    async def ends(self, run: OpenedRun, said: Said) -> None:
        """The turn ends, and what is to be remembered of it is kept in the same transaction."""
        outcome = answered(said.message, "Noted.", to_remember=await self.memories.sealed(self.user_id, said))
        assert await self.runs.finish(run, outcome)

    def said(self, run: OpenedRun, message: str, session: str) -> Said:
        at = self.nights.clock.now()
        return Said(run_id=run.id, session=session, at=at, message=message)

    async def says(self, message: str, session: str = "monday") -> OpenedRun:
        """A turn that has ended and waits to be remembered."""
        run = await self.begins(message)
        await self.ends(run, self.said(run, message, session))
        return run

    async def remembers(
        self, meanwhile: Meanwhile | None = None, moment: Moment = "note", *, attempt: int = 1
    ) -> Interrupted:
        """The job, run by a worker of its own; `meanwhile` happens once, when its maker has answered at this moment."""
        maker = Interrupted(moment, meanwhile or _nothing)
        rules = Makers(RuleExtractor(), RuleSummarizer())
        remembering = Remembering(self.nights.stores, Makers(maker, maker), rules)
        await remembering.remember(job(attempt), user_id=str(self.user_id))
        return maker

    async def kept(self, message: str, session: str = "monday") -> OpenedRun:
        run = await self.says(message, session)
        await self.remembers()
        return run

    # What is there

    async def core(self) -> dict[str | None, str]:
        return {each.key: each.text for each, _ in await self.memories.everything(self.user_id) if each.tier == "core"}

    async def texts(self) -> list[str]:
        """Whatever any memory says or has said."""
        everything = await self.memories.everything(self.user_id)
        earlier = [version.text for _, versions in everything for version in versions]
        return [each.text for each, _ in everything] + earlier

    async def mentions(self, word: str) -> list[str]:
        return [text for text in await self.texts() if word in text]

    async def sources(self) -> list[UUID]:
        """The turns of all sessions."""
        page, _ = await self.memories.page(self.user_id, "episodic", offset=0, limit=100)
        return [run for each in page for run in each.source.runs]

    async def waiting(self) -> int:
        rows = await self.nights.rows("SELECT run_id FROM memory_inbox WHERE user_id = :id", id=self.user_id)
        return len(rows)

    async def id_of(self, word: str) -> UUID:
        (found,) = [each.id for each, _ in await self.memories.everything(self.user_id) if word in each.text]
        return found


async def _nothing() -> None: ...
