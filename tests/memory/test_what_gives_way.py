"""What holds, what it replaces, what there is room for, and turns that cannot be remembered."""

from collections.abc import Sequence
from uuid import UUID

import pytest

from app.memory.limits import MemoryLimits
from app.memory.ports import Fact, Known, Note, Said
from app.memory.remembering import REMEMBER_RETRY, Makers, Remembering
from tests.memory.between import Diary
from tests.memory.nightly import Nights, job

OFFICE = "The office is in Rome."


@pytest.fixture
async def diary(nights: Nights) -> Diary:
    return Diary(nights, await nights.user())


class Told:
    """Reads these facts out of every turn, and says that they replace whatever is known."""

    def __init__(self, *facts: Fact) -> None:
        self.facts_to_find = facts

    async def facts(self, _user_id: UUID, _said: Said, known: Sequence[Known]) -> list[Fact]:
        replaced = tuple(each.id for each in known)
        return [Fact(text=each.text, key=each.key, replaces=replaced) for each in self.facts_to_find]

    async def note(self, _user_id: UUID, said: Said) -> str:
        return f"Said {said.message}"

    async def summary(self, _user_id: UUID, earlier: str, notes: Sequence[Note]) -> str:
        return f"{earlier} {notes[-1].text}".strip()


class Broken(Told):
    async def note(self, _user_id: UUID, _said: Said) -> str:
        raise RuntimeError("a bug")


async def remembers(diary: Diary, makers: Told, by_rules: Told | None = None, *, attempt: int = 1) -> None:
    at_last = by_rules or makers
    remembering = Remembering(diary.nights.stores, Makers(makers, makers), Makers(at_last, at_last))
    await remembering.remember(job(attempt), user_id=str(diary.user_id))


@pytest.mark.parametrize("key", [None, "office"])
async def test_what_is_replaced_is_in_the_history_of_what_holds_and_nowhere_else(diary: Diary, key: str | None) -> None:
    await diary.says("Our office")
    await remembers(diary, Told(Fact(text=OFFICE), Fact(text="The office has a parrot.")))
    await diary.says("Our office has moved, and the parrot is gone")
    await remembers(diary, Told(Fact(text="The office is in Milan.", key=key)))
    everything = await diary.memories.everything(diary.user_id)
    ((holds, versions),) = [each for each in everything if each[0].tier != "episodic"]
    assert (holds.text, holds.key) == ("The office is in Milan.", key)
    assert sorted(version.text for version in versions) == ["The office has a parrot.", OFFICE]


async def test_a_key_that_cannot_be_one_costs_its_fact_only(diary: Diary) -> None:
    await diary.says("Something odd")
    await remembers(
        diary, Told(Fact(text="x", key="c\ufffdrt"), Fact(text="Rome", key="home"), Fact(text="y", key="k" * 65))
    )
    assert (await diary.core(), await diary.waiting()) == ({"home": "Rome"}, 0)


async def test_a_turn_that_cannot_be_remembered_is_left_out_in_the_end(diary: Diary) -> None:
    await diary.says("Something odd")
    with pytest.raises(RuntimeError):
        await remembers(diary, Broken())
    assert await diary.waiting() == 1
    await remembers(diary, Broken(), attempt=REMEMBER_RETRY.attempts)
    assert await diary.waiting() == 0


async def test_when_the_model_fails_to_the_last_rules_remember_it(diary: Diary) -> None:
    run = await diary.says("I live in Rome.")
    await remembers(diary, Broken(), Told(Fact(text="Rome", key="home")), attempt=REMEMBER_RETRY.attempts)
    assert (await diary.core(), await diary.sources()) == ({"home": "Rome"}, [run.id])


async def test_a_summary_stays_a_paragraph_however_many_sentences_are_left(diary: Diary) -> None:
    turns = [f"Turn {number} " + "was about this and that and the other " * 6 for number in range(12)]
    for turn in turns:
        await diary.says(turn)
        await remembers(diary, Told(*([Fact(text="Rome", key="home")] if turn is turns[3] else [])))
    await diary.memories.forget(diary.user_id, "core", await diary.memories.core_id(diary.user_id, "home"))
    ((session, _),) = await diary.memories.everything(diary.user_id)
    assert len(session.text) <= MemoryLimits.summary_characters
    assert "Turn 11" in session.text
    assert "Turn 3 " not in session.text
    assert len(session.source.runs) == 11


async def test_a_history_has_an_end(diary: Diary) -> None:
    for number in range(103):
        await diary.memories.put_core(diary.user_id, "home", f"Town {number}", written_by="user")
    ((_, versions),) = await diary.memories.everything(diary.user_id)
    assert 100 <= len(versions) <= 101
    assert versions[0].text == "Town 101"


async def test_a_correction_by_its_user_is_taken_to_the_letter(diary: Diary) -> None:
    await diary.memories.put_core(diary.user_id, "name", "mcdonald", written_by="user")
    await diary.memories.put_core(diary.user_id, "name", "McDonald", written_by="user")
    assert await diary.core() == {"name": "McDonald"}
