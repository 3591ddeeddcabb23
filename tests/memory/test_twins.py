"""One thing said once may be kept twice: by the tool in core memory, by the job beside it. It is forgotten and corrected
in both."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import pytest

from app.memory.by_rules.summing_up import RuleSummarizer
from app.memory.ports import Fact, Known, Said
from app.memory.remembering import Makers, Remembering
from app.threads.records import OpenedRun
from tests.factories.people import Person
from tests.memory.between import Diary
from tests.memory.nightly import Nights, job
from tests.memory.remembered import core, items, remembered, say, told

BIRD = "The project code name is Bluebird."
REMEMBER_BIRD = "Remember that the project code name is Bluebird"
BIRD_KEY = "project code name"


@pytest.fixture
async def diary(nights: Nights) -> Diary:
    return Diary(nights, await nights.user())


@dataclass
class _Reads:
    """An extractor that finds these facts in whatever is said."""

    found: Sequence[Fact]

    async def facts(self, _user_id: UUID, _said: Said, _known: Sequence[Known]) -> list[Fact]:
        return list(self.found)


async def under_way(diary: Diary, message: str, **kept: str) -> tuple[OpenedRun, Said]:
    """A turn whose tool has written these core memories."""
    run = await diary.begins(message)
    for key, value in kept.items():
        await diary.memories.put_core(
            diary.user_id, key.replace("_", " "), value, written_by="assistant", run_id=run.id
        )
    return run, diary.said(run, message, "monday")


async def told_the_tool(diary: Diary, message: str, *found: Fact, **kept: str) -> OpenedRun:
    """The same, ended and remembered: an extractor has found these facts in it, too."""
    run, said = await under_way(diary, message, **kept)
    await diary.ends(run, said)
    await read(diary, *found)
    return run


async def read(diary: Diary, *found: Fact) -> None:
    makers = Makers(_Reads(found), RuleSummarizer())
    await Remembering(diary.nights.stores, makers, makers).remember(job(), user_id=str(diary.user_id))


async def pieces(diary: Diary) -> list[str]:
    found, _ = await diary.memories.page(diary.user_id, "associative", offset=0, limit=50)
    return sorted(each.text for each in found)


async def forget_core(diary: Diary, key: str) -> None:
    await diary.memories.forget(diary.user_id, "core", await diary.memories.core_id(diary.user_id, key))


async def forget_piece(diary: Diary, word: str) -> None:
    found, _ = await diary.memories.page(diary.user_id, "associative", offset=0, limit=50)
    (wanted,) = [each.id for each in found if word in each.text]
    await diary.memories.forget(diary.user_id, "associative", wanted)


# Over HTTP, with the offline model


ASKED = [
    (REMEMBER_BIRD, "Bluebird", "What is the project code name?"),
    ("Please note that I'm on vacation from 1 to 14 August", "August", "When am I on vacation?"),
    ("For future reference, our budget is 40,000 euros", "40,000", "What is our budget?"),
]


@pytest.mark.parametrize(("asked", "word", "question"), ASKED)
async def test_what_is_forgotten_is_told_in_no_tier(grace: Person, asked: str, word: str, question: str) -> None:
    await say(grace, asked)
    await remembered(grace)
    for key in [key for key, value in (await core(grace)).items() if word in value]:
        assert (await grace.delete(f"/memory/core/{key}")).status_code == 204
        assert word not in await told(grace, question)
    for item in await items(grace, "associative"):
        assert (await grace.delete(f"/memory/associative/{item['id']}")).status_code == 204
    assert word not in await told(grace, question)


@pytest.mark.parametrize(("asked", "word", "question"), ASKED)
async def test_what_is_corrected_is_told_in_no_tier(grace: Person, asked: str, word: str, question: str) -> None:
    await say(grace, asked)
    await remembered(grace)
    for key in [key for key, value in (await core(grace)).items() if word in value]:
        answer = await grace.request("PUT", f"/memory/core/{key}", json={"value": "something else"})
        assert answer.status_code == 200
        assert word not in await told(grace, question)


# One memory, not two


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("project code name", "Bluebird"),
        ("project", "The project code name is Bluebird"),
        ("the project code name is", "the project code name is BLUEBIRD"),
        ("project code name", "now Bluebird"),
    ],
)
async def test_what_core_memory_says_is_not_kept_beside_it(diary: Diary, key: str, value: str) -> None:
    await told_the_tool(diary, REMEMBER_BIRD, Fact(text=BIRD), **{key.replace(" ", "_"): value})
    assert (await diary.core(), await pieces(diary)) == ({key: value}, [])


async def test_said_again_in_a_later_turn_it_is_a_mention_of_the_core_memory(diary: Diary) -> None:
    first = await told_the_tool(diary, REMEMBER_BIRD, project_code_name="Bluebird")
    later = await told_the_tool(diary, BIRD, Fact(text=BIRD))
    (found,), _ = await diary.memories.page(diary.user_id, "core", offset=0, limit=9)
    assert await pieces(diary) == []
    assert (found.mentions, found.source.runs) == (2, (first.id, later.id))


async def test_of_a_key_and_a_sentence_of_one_turn_the_key_is_kept(diary: Diary) -> None:
    await told_the_tool(diary, "I live in Rome.", Fact(text="I live in Rome."), Fact(text="Rome", key="home"))
    assert (await diary.core(), await pieces(diary)) == ({"home": "Rome"}, [])


async def test_a_sentence_that_says_more_is_kept(diary: Diary) -> None:
    doctor = "My wife Anna is a doctor."
    await told_the_tool(diary, doctor, Fact(text=doctor), wife="Anna")
    assert (await diary.core(), await pieces(diary)) == ({"wife": "Anna"}, [doctor])


# Forgotten


async def test_a_piece_from_an_earlier_turn_goes_with_the_core_memory_that_says_it(diary: Diary) -> None:
    await told_the_tool(diary, BIRD, Fact(text=BIRD))
    await told_the_tool(diary, REMEMBER_BIRD, project_code_name="Bluebird")
    assert await pieces(diary) == [BIRD]
    await forget_core(diary, BIRD_KEY)
    assert await diary.mentions("Bluebird") == []


async def test_the_core_memory_goes_with_the_piece_that_says_it(diary: Diary) -> None:
    await told_the_tool(diary, BIRD, Fact(text=BIRD))
    await told_the_tool(diary, REMEMBER_BIRD, project_code_name="Bluebird")
    await forget_piece(diary, "Bluebird")
    assert await diary.mentions("Bluebird") == []


async def test_in_other_words_it_goes_when_it_is_of_the_same_turn(diary: Diary) -> None:
    named = "The project is called Bluebird."
    await told_the_tool(diary, REMEMBER_BIRD, Fact(text=named), project_code_name="Bluebird")
    assert await pieces(diary) == [named]
    await forget_core(diary, BIRD_KEY)
    assert await diary.mentions("Bluebird") == []


@pytest.mark.parametrize(
    ("message", "kept", "by_key"),
    [
        ("My wife Anna is a doctor.", ["My wife Anna is a doctor."], {"wife": "Anna"}),
        ("My dog is Rex. My dog Rex is allergic to chicken.", ["My dog Rex is allergic to chicken."], {"dog": "Rex"}),
        (
            "My birthday is 3 May. My sister has her birthday on 3 May too.",
            ["My sister has her birthday on 3 May too."],
            {"birthday": "3 May"},
        ),
    ],
)
async def test_a_sentence_that_says_more_stays(
    diary: Diary, message: str, kept: list[str], by_key: dict[str, str]
) -> None:
    for is_forgotten in (False, True):
        await told_the_tool(diary, message, *[Fact(text=each) for each in kept], **by_key)
        (key,) = by_key
        if is_forgotten:
            await forget_core(diary, key)
        else:
            await diary.memories.put_core(diary.user_id, key, "someone else", written_by="user")
        assert await pieces(diary) == kept


async def test_what_is_no_word_is_no_part_of_everything(diary: Diary) -> None:
    await told_the_tool(diary, "I like tea. Lisbon is warm.", Fact(text="Lisbon is warm."), tea="likes")
    (piece,), _ = await diary.memories.page(diary.user_id, "associative", offset=0, limit=9)
    for text in ("🙂", "🙃"):
        await diary.memories.correct(diary.user_id, "associative", piece.id, text=text)
    assert (await diary.core(), await pieces(diary)) == ({"tea": "likes"}, ["🙃"])


async def test_what_its_user_has_written_stays_when_something_else_is_corrected(diary: Diary) -> None:
    await diary.memories.put_core(diary.user_id, BIRD_KEY, "Bluebird", written_by="user")
    await told_the_tool(diary, "We met.", Fact(text="Birds were seen."))
    (piece,), _ = await diary.memories.page(diary.user_id, "associative", offset=0, limit=9)
    await diary.memories.correct(diary.user_id, "associative", piece.id, text=BIRD)
    await diary.memories.correct(diary.user_id, "associative", piece.id, text="The project code name is Redwing.")
    assert await diary.core() == {BIRD_KEY: "Bluebird"}


async def test_another_key_for_the_same_goes_too(diary: Diary) -> None:
    await told_the_tool(
        diary, "Remember I prefer short answers", Fact(text="short", key="answers"), answer_length="short"
    )
    await forget_core(diary, "answer length")
    assert await diary.core() == {}


async def test_its_history_goes_with_it(diary: Diary, nights: Nights) -> None:
    await told_the_tool(diary, "Hello", Fact(text="The Acme launch in the old harbour hall is on 3 March."))
    moved = "The Acme launch in the old harbour hall is on 10 March."
    (old,), _ = await diary.memories.page(diary.user_id, "associative", offset=0, limit=9)
    await told_the_tool(diary, "Hello", Fact(text=moved, replaces=(old.id,)))
    await told_the_tool(diary, "Hello", acme_launch=moved)
    await forget_core(diary, "acme launch")
    assert await diary.texts() == [each for each in await diary.texts() if "Acme" not in each]
    versions = await nights.rows("SELECT id FROM memory_versions WHERE user_id = :id", id=diary.user_id)
    assert versions == []


@pytest.mark.parametrize(
    ("message", "other"),
    [
        ("We deploy on Tuesdays. I have therapy on Tuesdays.", "We deploy on Tuesdays."),
        ("My manager is Eva. Eva likes tea.", "Eva likes tea."),
    ],
)
async def test_what_is_about_something_else_stays(diary: Diary, message: str, other: str) -> None:
    await told_the_tool(diary, message, Fact(text=other), have_therapy="on Tuesdays", manager="Eva")
    for key in ("have therapy", "manager"):
        await forget_core(diary, key)
    assert await pieces(diary) == [other]


async def test_two_that_share_a_value_are_two(diary: Diary) -> None:
    await told_the_tool(diary, "I'm allergic to nuts and eggs", nut_allergy="allergic", egg_allergy="allergic")
    await forget_core(diary, "nut allergy")
    assert await diary.core() == {"egg allergy": "allergic"}


async def test_what_its_user_has_pinned_stays(diary: Diary) -> None:
    await told_the_tool(diary, BIRD, Fact(text=BIRD))
    await told_the_tool(diary, REMEMBER_BIRD, project_code_name="Bluebird")
    memory_id = await diary.memories.core_id(diary.user_id, BIRD_KEY)
    await diary.memories.correct(diary.user_id, "core", memory_id, pinned=True)
    await forget_piece(diary, "Bluebird")
    assert await diary.core() == {BIRD_KEY: "Bluebird"}


async def test_nobody_elses_goes_with_it(diary: Diary, nights: Nights) -> None:
    other = Diary(nights, await nights.user())
    for each in (diary, other):
        await told_the_tool(each, BIRD, Fact(text=BIRD))
    await told_the_tool(diary, REMEMBER_BIRD, project_code_name="Bluebird")
    await forget_core(diary, BIRD_KEY)
    assert (await pieces(diary), await pieces(other)) == ([], [BIRD])


async def test_a_turn_that_wrote_it_and_is_still_under_way_does_not_bring_it_back(diary: Diary) -> None:
    run, said = await under_way(diary, REMEMBER_BIRD, project_code_name="Bluebird")
    await forget_core(diary, BIRD_KEY)
    await diary.ends(run, said)
    await read(diary, Fact(text=BIRD), Fact(text="Bluebird is what we call it."))
    assert await diary.texts() == []


async def test_a_waiting_turn_does_not_bring_it_back_in_the_other_tier(diary: Diary) -> None:
    await told_the_tool(diary, "I live in Rome.", Fact(text="Rome", key="home"))
    await diary.says("I live in Rome.")
    await forget_core(diary, "home")
    await read(diary, Fact(text="I live in Rome."))
    assert await diary.texts() == []


# Corrected


async def test_a_correction_of_the_core_memory_takes_the_piece_along(diary: Diary) -> None:
    await told_the_tool(diary, BIRD, Fact(text=BIRD))
    await told_the_tool(diary, REMEMBER_BIRD, project_code_name="Bluebird")
    await diary.memories.put_core(diary.user_id, BIRD_KEY, "Redwing", written_by="user")
    assert (await diary.core(), await pieces(diary)) == ({BIRD_KEY: "Redwing"}, [])


async def test_a_correction_by_id_does_so_too(diary: Diary) -> None:
    await told_the_tool(diary, BIRD, Fact(text=BIRD))
    await told_the_tool(diary, REMEMBER_BIRD, project_code_name="Bluebird")
    memory_id = await diary.memories.core_id(diary.user_id, BIRD_KEY)
    await diary.memories.correct(diary.user_id, "core", memory_id, text="Redwing")
    assert (await diary.core(), await pieces(diary)) == ({BIRD_KEY: "Redwing"}, [])


async def test_a_correction_of_the_piece_takes_the_core_memory_along(diary: Diary) -> None:
    await told_the_tool(diary, BIRD, Fact(text=BIRD))
    await told_the_tool(diary, REMEMBER_BIRD, project_code_name="Bluebird")
    (piece,), _ = await diary.memories.page(diary.user_id, "associative", offset=0, limit=9)
    await diary.memories.correct(diary.user_id, "associative", piece.id, text="The project code name is Redwing.")
    assert (await diary.core(), await pieces(diary)) == ({}, ["The project code name is Redwing."])


async def test_a_waiting_turn_does_not_bring_back_what_was_corrected(diary: Diary) -> None:
    run, said = await under_way(diary, REMEMBER_BIRD, project_code_name="Bluebird")
    await diary.ends(run, said)
    await diary.memories.put_core(diary.user_id, BIRD_KEY, "Redwing", written_by="user")
    await read(diary, Fact(text=BIRD))
    (found,), _ = await diary.memories.page(diary.user_id, "core", offset=0, limit=9)
    _, versions = await diary.memories.get(diary.user_id, "core", found.id)
    assert [each.text for each in versions] == ["Bluebird"]
    assert await diary.mentions("Bluebird") == ["Bluebird"]


async def test_a_waiting_turn_that_says_it_by_key_leaves_no_sentence(diary: Diary) -> None:
    run, said = await under_way(diary, "I live in Rome.", home="Rome")
    await diary.ends(run, said)
    await diary.memories.put_core(diary.user_id, "home", "Oslo", written_by="user")
    await diary.remembers()
    assert await diary.core() == {"home": "Oslo"}
    assert await diary.mentions("Rome") == ["Rome"]  # in the history
