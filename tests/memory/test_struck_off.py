"""What was forgotten or corrected does not come back with a turn that was said before: neither with one that waits to be
remembered, nor with one that is still under way."""

from collections.abc import Sequence

import pytest

from app.llm.failures import ModelUnavailable
from tests.memory.between import Diary
from tests.memory.nightly import Nights

HARBOUR = "The Acme launch is in the old harbour hall on 3 March."


@pytest.fixture
async def diary(nights: Nights) -> Diary:
    return Diary(nights, await nights.user())


async def forget(diary: Diary, key: str = "home") -> None:
    await diary.memories.forget(diary.user_id, "core", await diary.memories.core_id(diary.user_id, key))


async def forget_pieces(diary: Diary) -> None:
    pieces, _ = await diary.memories.page(diary.user_id, "associative", offset=0, limit=9)
    for piece in pieces:
        await diary.memories.forget(diary.user_id, "associative", piece.id)


async def test_nor_does_its_sentence_come_into_the_summary(diary: Diary) -> None:
    await diary.kept("I live in Rome.", "sunday")
    await diary.says("I live in Rome.")
    await forget(diary)
    await diary.remembers()
    assert await diary.mentions("Rome") == []


async def test_a_forgotten_tier_takes_the_sentences_of_its_facts_along(diary: Diary) -> None:
    await diary.kept("I live in Rome.", "sunday")
    await diary.says("I live in Rome.")
    await diary.memories.forget_all(diary.user_id, "core")
    await diary.remembers()
    assert await diary.mentions("Rome") == []


async def test_what_is_forgotten_while_a_turn_is_under_way_is_not_remembered_of_it(diary: Diary) -> None:
    await diary.kept("I live in Rome.", "sunday")
    run = await diary.begins("I live in Rome.")
    said = diary.said(run, "I live in Rome.", "monday")
    await diary.memories.forget_all(diary.user_id)
    await diary.ends(run, said)
    await diary.remembers()
    assert await diary.texts() == []


async def test_said_again_later_it_is_remembered(diary: Diary, nights: Nights) -> None:
    await diary.kept("I live in Rome.", "sunday")
    await diary.memories.forget_all(diary.user_id)
    nights.clock.move(seconds=1)
    await diary.kept("I live in Rome.", "monday")
    assert await diary.core() == {"home": "Rome"}


async def test_what_the_assistant_wrote_and_the_user_forgot_is_not_found_again_under_another_key(diary: Diary) -> None:
    run = await diary.begins("Remember that I prefer short answers")
    said = diary.said(run, "Remember that I prefer short answers", "monday")
    await diary.memories.put_core(diary.user_id, "answer length", "short", written_by="assistant", run_id=run.id)
    await diary.ends(run, said)
    await forget(diary, "answer length")
    await diary.remembers()
    assert await diary.texts() == []


async def test_what_was_corrected_meanwhile_leaves_no_sentence(diary: Diary) -> None:
    await diary.says("I live in Rome.")
    await diary.memories.put_core(diary.user_id, "home", "Oslo", written_by="user")
    await diary.remembers()
    assert await diary.mentions("Rome") == []
    assert await diary.core() == {"home": "Oslo"}


@pytest.mark.parametrize("again", [HARBOUR.replace(" on 3", ", on 3"), HARBOUR.upper()])
async def test_another_comma_or_capital_does_not_bring_it_back(diary: Diary, again: str) -> None:
    await diary.kept(HARBOUR, "sunday")
    await diary.says(again)
    await forget_pieces(diary)
    await diary.remembers()
    assert await diary.mentions("harbour") == []


async def test_nor_does_what_it_said_before(diary: Diary) -> None:
    await diary.kept(HARBOUR, "sunday")
    await diary.kept(HARBOUR.replace("3 March", "10 March"), "sunday")
    await diary.says(HARBOUR)
    await forget_pieces(diary)
    await diary.remembers()
    assert await diary.mentions("harbour") == []


class _Away:
    async def embed(self, _texts: Sequence[str]) -> list[list[float]]:
        raise ModelUnavailable("The embedding model does not answer.")


async def test_without_an_embedding_model_turns_are_remembered_all_the_same(diary: Diary, nights: Nights) -> None:
    nights.embedder = _Away()
    await diary.says("I live in Rome.")
    await diary.remembers()
    assert (await diary.core(), await diary.waiting()) == ({"home": "Rome"}, 0)
