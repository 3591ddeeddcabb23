"""A turn in which its user takes something back leaves none of its words."""

from dataclasses import replace

import pytest

from app.memory.ports import Fact, Forgot
from tests.factories.people import Person
from tests.memory.between import Diary
from tests.memory.nightly import Nights
from tests.memory.remembered import core, remembered, say, told
from tests.memory.test_twins import forget_core, pieces, read, told_the_tool


@pytest.fixture
async def diary(nights: Nights) -> Diary:
    return Diary(nights, await nights.user())


async def takes_back(diary: Diary, message: str, *found: Fact, key: str) -> None:
    """A turn whose tool forgets what is under the key; an extractor finds these facts in it all the same."""
    run = await diary.begins(message)
    said = diary.said(run, message, "monday")
    value = (await diary.core()).get(key, "")
    if value:
        await forget_core(diary, key)
    await diary.ends(run, replace(said, forgot=(Forgot(key, value),)))
    await read(diary, *found)


@pytest.mark.parametrize(
    ("kept", "taken_back", "question", "word"),
    [
        ("I prefer short answers", "Forget that I prefer short answers", "What do you know about me?", "short"),
        ("My manager is Eva", "Forget my manager", "Who is my manager?", "manager"),
    ],
)
async def test_the_wish_to_forget_is_not_remembered(
    grace: Person, kept: str, taken_back: str, question: str, word: str
) -> None:
    await say(grace, kept)
    await remembered(grace)
    assert await core(grace) != {}
    await say(grace, taken_back)
    await say(grace, "What is due today?")
    await remembered(grace)  # what is remembered of it comes after what is remembered of the others
    assert await core(grace) == {}
    assert word not in await told(grace, question)
    assert word not in (await say(grace, question))["response"].replace(question, "")


async def test_what_is_said_beside_it_is_learned(diary: Diary) -> None:
    await told_the_tool(diary, "I like tea.", tea="likes")
    cats = Fact(text="My wife likes cats.")
    await takes_back(diary, "Forget the tea. I like coffee, and my wife likes cats.", cats, key="tea")
    assert await diary.texts() == [cats.text]


@pytest.mark.parametrize(
    "found",
    [
        Fact(text="I live in Rome."),
        Fact(text="The user resides in Rome, Italy."),
        Fact(text="Rome", key="home"),
        Fact(text="Rome", key="town"),
    ],
)
async def test_what_is_taken_back_is_not_learned_from_that_very_turn(diary: Diary, found: Fact) -> None:
    await told_the_tool(diary, "I live in Rome.", home="Rome")
    await takes_back(diary, "Forget that I live in Rome", found, key="home")
    assert await diary.texts() == []


async def test_what_else_is_said_in_it_is_remembered(diary: Diary) -> None:
    await told_the_tool(diary, "I live in Rome.", home="Rome")
    facts = Fact(text="Eva", key="manager"), Fact(text="The Acme launch is on 3 March.")
    await takes_back(
        diary, "Forget that I live in Rome. My manager is Eva. The Acme launch is on 3 March.", *facts, key="home"
    )
    assert (await diary.core(), await pieces(diary)) == ({"manager": "Eva"}, ["The Acme launch is on 3 March."])
    assert await diary.mentions("Rome") == []


async def test_nor_does_it_leave_a_sentence_when_there_was_nothing_to_forget(diary: Diary) -> None:
    await takes_back(diary, "Forget my manager", key="manager")
    assert (await diary.texts(), await diary.waiting()) == ([], 0)


async def test_the_session_goes_on_with_the_next_turn(diary: Diary) -> None:
    await told_the_tool(diary, "I live in Rome.", home="Rome")
    await takes_back(diary, "Forget that I live in Rome", key="home")
    await diary.kept("List my clients")
    assert await diary.texts() == ["Asked to list my clients."]
