"""Whoever runs the job, however often, and wherever it breaks off: each turn is remembered once."""

import asyncio
from uuid import UUID

import psycopg
import pytest
from sqlalchemy.exc import IntegrityError

from app.errors import Overloaded
from app.llm.failures import ModelUnavailable
from app.memory.embedding import Embedding
from app.memory.records import TIERS
from tests.memory.between import MOMENTS, Diary, Moment
from tests.memory.nightly import Nights, job

LAUNCH = "The Acme launch is in the old harbour hall on 3 March."
each_moment = pytest.mark.parametrize("moment", MOMENTS)


class PowerCut(BaseException):
    """Nothing in the job may think it can go on."""


class Away:
    """An embedding model that cannot be reached."""

    async def embed(self, _texts: object) -> list[list[float]]:
        raise ModelUnavailable("The embedding model does not answer.")


@pytest.fixture
async def diary(nights: Nights) -> Diary:
    return Diary(nights, await nights.user())


async def remembered_once(diary: Diary, runs: list[UUID]) -> None:
    """Each of these turns is in one session; what was said in all of them is one memory with each as a source."""
    assert sorted(await diary.sources()) == sorted(runs)
    assert await diary.waiting() == 0
    facts = [each for each, _ in await diary.memories.everything(diary.user_id) if each.tier != "episodic"]
    assert sorted((each.tier, each.mentions) for each in facts) == [("associative", len(runs)), ("core", len(runs))]
    assert all(sorted(each.source.runs) == sorted(runs) for each in facts)


async def twice(diary: Diary) -> list[UUID]:
    return [(await diary.says(f"I live in Rome. {LAUNCH}", session)).id for session in ("monday", "monday")]


@each_moment
async def test_a_second_worker_on_the_same_turns_changes_nothing(diary: Diary, moment: Moment) -> None:
    runs = await twice(diary)
    await diary.remembers(diary.remembers, moment)
    await remembered_once(diary, runs)


async def test_three_workers_at_once_remember_each_turn_once(diary: Diary) -> None:
    """They meet: nobody writes before all have their answers."""
    runs = await twice(diary)
    barrier = asyncio.Barrier(3)
    await asyncio.gather(*(diary.remembers(barrier.wait, "summary") for _ in range(3)))
    await remembered_once(diary, runs)


@each_moment
async def test_killed_in_the_middle_the_next_attempt_remembers_it_once(diary: Diary, moment: Moment) -> None:
    runs = await twice(diary)

    async def cut() -> None:
        raise PowerCut

    with pytest.raises(PowerCut):
        await diary.remembers(cut, moment)
    assert await diary.texts() == []
    await diary.remembers(attempt=2)
    await remembered_once(diary, runs)


@each_moment
async def test_failed_after_the_model_has_answered_it_is_tried_again(diary: Diary, moment: Moment) -> None:
    runs = await twice(diary)

    async def fail() -> None:
        raise Overloaded("Enough for now.")

    with pytest.raises(Overloaded):
        await diary.remembers(fail, moment)
    await diary.remembers(attempt=2)
    await remembered_once(diary, runs)


@each_moment
async def test_when_the_model_fails_to_the_last_attempt_rules_remember_it_once(diary: Diary, moment: Moment) -> None:
    runs = await twice(diary)

    async def fail() -> None:
        raise Overloaded("Enough for now.")

    await diary.remembers(fail, moment, attempt=4)
    await remembered_once(diary, runs)


@pytest.mark.parametrize("table", ["memories", "memory_turns", "memory_vectors", "memory_bits"])
async def test_a_transaction_that_breaks_off_leaves_nothing_behind(diary: Diary, nights_url: str, table: str) -> None:
    """The database refuses a row of this table: all that was written with it goes, too."""
    runs = await twice(diary)
    refusal = f"refused_{diary.user_id.hex}"
    with psycopg.connect(nights_url, autocommit=True) as owner:
        owner.execute(f"ALTER TABLE {table} ADD CONSTRAINT {refusal} CHECK (user_id <> '{diary.user_id}') NOT VALID")
        with pytest.raises(IntegrityError, match=refusal):
            await diary.remembers()
        assert (await diary.texts(), await diary.waiting()) == ([], len(runs))
        owner.execute(f"ALTER TABLE {table} DROP CONSTRAINT {refusal}")
    await diary.remembers(attempt=2)
    await remembered_once(diary, runs)


# Without the embedding model


async def test_what_was_written_without_a_vector_is_found_once_it_has_one(diary: Diary, nights: Nights) -> None:
    embedder, nights.embedder = nights.embedder, Away()
    alone = Diary(nights, diary.user_id)
    kept = await alone.memories.put_core(diary.user_id, "manager", "Eva Berger", written_by="user")
    told = await alone.memories.gather(diary.user_id, "Who is Eva Berger?")
    assert [each.id for each in told.items] == [kept.id]
    with pytest.raises(ModelUnavailable):
        await Embedding(nights.stores, nights.system).one(job(), user_id=str(diary.user_id))
    nights.embedder = embedder
    assert await diary.memories.nearest(diary.user_id, "Eva Berger", tiers=TIERS) == []
    await Embedding(nights.stores, nights.system).one(job(), user_id=str(diary.user_id))
    (found,) = await diary.memories.nearest(diary.user_id, "Eva Berger", tiers=TIERS)
    assert found.id == kept.id


async def test_reworded_without_the_model_it_is_not_found_by_its_old_words(diary: Diary, nights: Nights) -> None:
    await diary.kept(LAUNCH)
    (piece,), _ = await diary.memories.page(diary.user_id, "associative", offset=0, limit=9)
    embedder, nights.embedder = nights.embedder, Away()
    await Diary(nights, diary.user_id).memories.correct(diary.user_id, "associative", piece.id, text="Globex has left.")
    nights.embedder = embedder
    assert await diary.memories.nearest(diary.user_id, "Acme launch in the harbour hall") == []
    await Embedding(nights.stores, nights.system).one(job(), user_id=str(diary.user_id))
    assert [each.id for each in await diary.memories.nearest(diary.user_id, "Globex")] == [piece.id]
