"""A turn may be cancelled between any two steps of its work, and always ends in order."""

import itertools
import random
from uuid import UUID

import pytest

from tests.assistant.stepping import Steps, stepping
from tests.assistant.talking import Desktop, Heard, ScriptedModel
from tests.assistant.whole_turn import WholeTurns, assistant_of
from tests.devices.live import LiveService

EVERY = 23  # of the some hundred steps a turn takes; `make faults` stops at each of them
TURNS_IN_A_THREAD = 5
LAST = 3  # steps after which there is nothing left to cancel


@pytest.fixture
async def turns(service: LiveService, ada: Desktop, model: ScriptedModel) -> WholeTurns:
    return await WholeTurns(service, ada, model).begin()


async def stopped_at(turns: WholeTurns, number: int) -> tuple[Heard, int]:
    """A turn that is cancelled before this step, and the steps it took."""
    request_id = await turns.prepare()
    user_id = UUID(await turns.ada.person.id())
    assistant = assistant_of(turns.service).assistant

    def cancel() -> None:
        if (turn := assistant.find(user_id, request_id)) is not None:
            turn.cancel("test")

    with stepping(Steps(request_id, number, cancel)) as steps:
        heard = await turns.ada.ask("Swap them", request_id=request_id, thread_id=turns.thread_id)
    await turns.check(heard)
    return heard, steps.taken


async def walk(turns: WholeTurns, *, first: int, every: int) -> None:
    """Cancel a turn after step `first`, the next one `every` steps later, until one is through before its cancel."""
    for number in itertools.count(first, every):
        if number % TURNS_IN_A_THREAD == 0:  # or what is read of it grows and grows
            await turns.begin()
        heard, taken = await stopped_at(turns, number)
        if taken < number:
            assert heard.end["status"] == "completed"
            return
        assert heard.end["status"] == "cancelled" or number > taken - LAST, f"cancelled after step {number} of {taken}"
        await turns.next_message_succeeds()


async def test_a_turn_that_nobody_cancels_is_complete(turns: WholeTurns) -> None:
    heard, steps = await stopped_at(turns, 1_000_000)
    assert (heard.end["status"], heard.text) == ("completed", "One moment.\n\nBoth are done.")
    assert sorted(each["action"] for each in heard.end["mutations"]) == ["delete", "insert"]
    assert steps > EVERY
    await turns.next_message_succeeds()


async def test_wherever_a_turn_is_cancelled_it_ends_in_order(turns: WholeTurns) -> None:
    await walk(turns, first=random.randrange(1, EVERY), every=EVERY)  # noqa: S311 - where it begins is no secret


@pytest.mark.faults
async def test_between_any_two_steps_a_turn_ends_in_order(turns: WholeTurns) -> None:
    await walk(turns, first=int(__import__("os").environ.get("FIRST","1")), every=1)
