"""Whatever its user does while the job has its answers and has not written them yet: the user's will is what holds."""

import pytest

from app.memory.limits import MemoryLimits
from app.memory.records import TIERS, Tier
from app.threads.conversations import Conversations
from tests.memory.between import MOMENTS, Diary, Moment
from tests.memory.nightly import Nights

LAUNCH = "The Acme launch is in the old harbour hall on 3 March."
each_moment = pytest.mark.parametrize("moment", MOMENTS)


@pytest.fixture
async def diary(nights: Nights) -> Diary:
    return Diary(nights, await nights.user())


# Forgotten


@each_moment
async def test_a_fact_forgotten_meanwhile_does_not_come_back(diary: Diary, moment: Moment) -> None:
    await diary.kept("I live in Rome.", "sunday")
    await diary.says("I live in Rome. My manager is Eva.")

    async def forget() -> None:
        await diary.memories.forget(diary.user_id, "core", await diary.memories.core_id(diary.user_id, "home"))

    await diary.remembers(forget, moment)
    assert await diary.core() == {"manager": "Eva"}


@each_moment
async def test_a_piece_forgotten_meanwhile_does_not_come_back(diary: Diary, moment: Moment) -> None:
    await diary.kept(LAUNCH, "sunday")
    await diary.says(LAUNCH)
    (piece,), _ = await diary.memories.page(diary.user_id, "associative", offset=0, limit=9)
    await diary.remembers(lambda: diary.memories.forget(diary.user_id, "associative", piece.id), moment)
    assert await diary.memories.page(diary.user_id, "associative", offset=0, limit=9) == ([], 0)


@each_moment
async def test_the_summary_does_not_say_what_was_forgotten_meanwhile(diary: Diary, moment: Moment) -> None:
    await diary.kept("I live in Rome.")
    await diary.kept("What is due today?")
    await diary.says("List my clients")

    async def forget() -> None:
        await diary.memories.forget(diary.user_id, "core", await diary.memories.core_id(diary.user_id, "home"))

    await diary.remembers(forget, moment)
    assert await diary.mentions("Rome") == []
    assert len(await diary.mentions("clients")) == 1


@each_moment
async def test_a_session_forgotten_meanwhile_begins_anew(diary: Diary, moment: Moment) -> None:
    await diary.kept("What is due today?")
    episode = await diary.id_of("due today")
    run = await diary.says("List my clients")
    await diary.remembers(lambda: diary.memories.forget(diary.user_id, "episodic", episode), moment)
    assert await diary.mentions("due today") == []
    assert set(await diary.sources()) <= {run.id}


@each_moment
async def test_when_everything_is_forgotten_meanwhile_nothing_is_left(diary: Diary, moment: Moment) -> None:
    await diary.kept("I live in Rome.")
    await diary.says(LAUNCH)
    await diary.says("My manager is Eva.", "tuesday")
    await diary.remembers(lambda: diary.memories.forget_all(diary.user_id), moment)
    assert (await diary.texts(), await diary.waiting()) == ([], 0)


@each_moment
@pytest.mark.parametrize("tier", TIERS)
async def test_a_tier_forgotten_meanwhile_stays_empty(diary: Diary, tier: Tier, moment: Moment) -> None:
    await diary.kept("I live in Rome.")
    await diary.says(f"{LAUNCH} My manager is Eva.")
    await diary.remembers(lambda: diary.memories.forget_all(diary.user_id, tier), moment)
    left = {each.tier for each, _ in await diary.memories.everything(diary.user_id)}
    assert tier not in left
    assert await diary.waiting() == 0


# Corrected


@each_moment
async def test_a_correction_made_meanwhile_stands(diary: Diary, moment: Moment) -> None:
    await diary.kept("I live in Rome.")
    await diary.says("I moved to Milan last week.")
    correct = diary.memories.put_core(diary.user_id, "home", "Oslo", written_by="user")
    await diary.remembers(lambda: correct, moment)
    assert (await diary.core())["home"] == "Oslo"


@each_moment
async def test_a_piece_corrected_meanwhile_stays_corrected(diary: Diary, moment: Moment) -> None:
    await diary.kept(LAUNCH, "sunday")
    await diary.says(LAUNCH)
    (piece,), _ = await diary.memories.page(diary.user_id, "associative", offset=0, limit=9)
    right = LAUNCH.replace("3 March", "10 April")
    correct = diary.memories.correct(diary.user_id, "associative", piece.id, text=right)
    await diary.remembers(lambda: correct, moment)
    (piece,), _ = await diary.memories.page(diary.user_id, "associative", offset=0, limit=9)
    assert piece.text == right


@each_moment
async def test_a_summary_corrected_meanwhile_keeps_the_users_words(diary: Diary, moment: Moment) -> None:
    await diary.kept("What is due today?")
    episode = await diary.id_of("due today")
    run = await diary.says("List my clients")
    correct = diary.memories.correct(diary.user_id, "episodic", episode, text="Mostly talked of nothing.")
    await diary.remembers(lambda: correct, moment)
    found, versions = await diary.memories.get(diary.user_id, "episodic", episode)
    assert "Mostly talked of nothing." in found.text
    assert "due today" not in found.text
    assert run.id in found.source.runs
    assert [version.why for version in versions] == ["corrected"]


# Switched off, deleted


@each_moment
async def test_switched_off_meanwhile_nothing_more_is_remembered(diary: Diary, moment: Moment) -> None:
    await diary.kept("I live in Rome.")
    before = await diary.memories.everything(diary.user_id)
    await diary.says(f"{LAUNCH} My manager is Eva.")
    await diary.says("My name is Ada.", "tuesday")
    await diary.remembers(lambda: diary.memories.switch(diary.user_id, enabled=False), moment)
    assert (await diary.memories.everything(diary.user_id), await diary.waiting()) == (before, 0)
    await diary.memories.switch(diary.user_id, enabled=True)
    await diary.remembers()
    assert await diary.memories.everything(diary.user_id) == before


@each_moment
async def test_of_a_thread_deleted_meanwhile_nothing_is_remembered(
    diary: Diary, nights: Nights, moment: Moment
) -> None:
    run = await diary.says(f"{LAUNCH} My manager is Eva.")
    conversations = Conversations(nights.db, nights.vault)
    await diary.remembers(lambda: conversations.delete(diary.user_id, run.thread_id), moment)
    assert (await diary.texts(), await diary.waiting()) == ([], 0)


# Before the job begins


async def test_a_correction_stands_that_only_confirms_what_was_there(diary: Diary) -> None:
    for _ in range(2):
        await diary.memories.put_core(diary.user_id, "home", "Rome", written_by="user")
        await diary.says("I moved to Milan.")
    await diary.memories.put_core(diary.user_id, "home", "Rome", written_by="user")
    await diary.remembers()
    assert await diary.core() == {"home": "Rome"}


async def test_a_correction_stands_that_was_made_while_the_turn_was_under_way(diary: Diary) -> None:
    """It may have waited an hour for an approval: what counts is when it was said."""
    run = await diary.begins("I live in Rome.")
    said = diary.said(run, "I live in Rome.", "monday")
    await diary.memories.put_core(diary.user_id, "home", "Oslo", written_by="user")
    await diary.ends(run, said)
    await diary.remembers()
    assert await diary.core() == {"home": "Oslo"}


async def test_a_piece_corrected_beyond_recognition_does_not_come_back_beside_it(diary: Diary) -> None:
    await diary.kept(LAUNCH, "sunday")
    await diary.says(LAUNCH)
    (piece,), _ = await diary.memories.page(diary.user_id, "associative", offset=0, limit=9)
    await diary.memories.correct(diary.user_id, "associative", piece.id, text="Globex has cancelled everything.")
    await diary.remembers()
    found, _ = await diary.memories.page(diary.user_id, "associative", offset=0, limit=9)
    assert [each.text for each in found] == ["Globex has cancelled everything."]


async def test_a_piece_does_not_come_back_in_words_it_had_before(diary: Diary) -> None:
    later = LAUNCH.replace("3 March", "10 March")
    for wording in (LAUNCH, later):
        await diary.kept(wording, "sunday")
    (piece,), _ = await diary.memories.page(diary.user_id, "associative", offset=0, limit=9)
    assert piece.text == later
    await diary.says(LAUNCH)
    await diary.memories.forget(diary.user_id, "associative", piece.id)
    await diary.remembers()
    assert await diary.memories.page(diary.user_id, "associative", offset=0, limit=9) == ([], 0)


async def test_a_forgotten_session_is_not_begun_again_by_turns_from_before(diary: Diary) -> None:
    await diary.kept("What is due today?")
    await diary.says("List my clients")
    await diary.memories.forget(diary.user_id, "episodic", await diary.id_of("due today"))
    await diary.remembers()
    assert await diary.texts() == []
    run = await diary.kept("List my projects")
    assert await diary.sources() == [run.id]


async def test_a_summary_loses_a_sentence_whose_note_has_made_way(diary: Diary, nights: Nights) -> None:
    nights.limits = MemoryLimits(notes_of_a_session=2)
    short = Diary(nights, diary.user_id)
    for message in ("I live in Rome.", "What is due today?", "List my clients", "List my projects"):
        await short.kept(message)
    assert "Rome" in " ".join(await short.mentions("clients"))
    await short.memories.forget(short.user_id, "core", await short.memories.core_id(short.user_id, "home"))
    assert await short.mentions("Rome") == []
    assert len(await short.mentions("projects")) == 1
