"""A turn may be cancelled between any two steps of its work, and always ends in order."""

import asyncio
import itertools
import random
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from app.assistant.limits import TurnLimits
from app.config import Settings
from app.devices.limits import SocketLimits
from tests.assistant.serving import served
from tests.assistant.stepping import Steps, stepping
from tests.assistant.talking import Approve, Decision, Desktop, Heard, ScriptedModel, desktop, say
from tests.assistant.whole_turn import WholeTurns, assistant_of
from tests.devices.live import LiveService
from tests.factories.administrators import administrator
from tests.fakes.model import drip

EVERY = 23  # of the some hundred steps a turn takes; `make faults` stops at each of them
TURNS_IN_A_THREAD = 5
NEVER = 1_000_000
LAST = 3  # steps after which there is nothing left to cancel


@pytest.fixture
async def turns(settings: Settings, model: ScriptedModel, tmp_path: Path) -> AsyncIterator[WholeTurns]:
    async with (
        served(settings, model, limits=SocketLimits(), turns=TurnLimits()) as service,
        desktop(service, tmp_path / "ada") as ada,
    ):
        rich = {"tier": "team"}  # hundreds of cancelled turns use up a free month
        await (await administrator(service)).request("PATCH", f"/admin/users/{await ada.person.id()}", json=rich)
        yield await WholeTurns(service, ada, model).begin()


async def stopped_at(turns: WholeTurns, number: int, *, since_decision: bool = False) -> tuple[Heard, int]:
    """A turn that is cancelled after this step, counted from its first or from the user's decision; the steps it took."""
    request_id = await turns.prepare()
    user_id = UUID(await turns.ada.person.id())
    assistant = assistant_of(turns.service).assistant

    def cancel() -> None:
        if (turn := assistant.find(user_id, request_id)) is not None:
            turn.cancel("test")

    steps = Steps(request_id, number, cancel)
    if since_decision:
        steps.number = NEVER

        def decide(_asked: object) -> Decision:
            steps.number = steps.taken + number
            return Approve()

        turns.ada.decide = decide
    with stepping(steps):
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
    heard, steps = await stopped_at(turns, NEVER)
    assert (heard.end["status"], heard.text) == ("completed", "One moment.\n\nBoth are done.")
    assert sorted(each["action"] for each in heard.end["mutations"]) == ["delete", "insert"]
    assert steps > EVERY
    await turns.next_message_succeeds()


async def test_wherever_a_turn_is_cancelled_it_ends_in_order(turns: WholeTurns) -> None:
    await walk(turns, first=random.randrange(1, EVERY), every=EVERY)


@pytest.mark.faults
async def test_between_any_two_steps_a_turn_ends_in_order(turns: WholeTurns) -> None:
    await walk(turns, first=1, every=1)


async def test_while_it_takes_itself_up_after_a_decision(turns: WholeTurns) -> None:
    for number in range(random.randrange(1, 5), 60, 4):
        heard, _ = await stopped_at(turns, number, since_decision=True)
        assert heard.end["status"] in ("cancelled", "completed"), f"cancelled {number} steps after the decision"
        if number // 4 % 4 == 0:
            await turns.begin()


# From outside


async def test_a_turn_is_cancelled_over_http(service: LiveService, ada: Desktop, model: ScriptedModel) -> None:
    model.script(drip("endless " * 100, every_s=0.02))
    turn = ada.device.ask("Talk")
    await ada.heard(lambda frame: frame["type"] == "stream_text")
    path = f"/chat/{turn.request_id}/cancel"
    twice = await asyncio.gather(ada.person.post(path), ada.person.post(path))
    assert [each.status_code for each in twice] == [200, 200]
    assert any(each.json()["cancelled"] for each in twice)
    assert (await turn.ended()).status == "cancelled"
    late = await ada.person.post(path)
    assert (late.status_code, late.json()["cancelled"]) == (200, False)
    ada.of(turn.request_id).check()
    await model.until_idle()


async def test_a_turn_that_has_ended_is_not_cancelled(ada: Desktop, model: ScriptedModel) -> None:
    model.script(say("Done."))
    heard = await ada.ask("Hello")
    await ada.device.send({"type": "cancel", "request_id": heard.end["request_id"]})
    answer = await ada.person.post(f"/chat/{heard.end['request_id']}/cancel")
    assert (answer.status_code, answer.json()["cancelled"]) == (200, False)
    assert (await ada.person.get(f"/chat/{heard.end['request_id']}")).json()["status"] == "completed"
    ada.of(heard.end["request_id"]).check()


async def test_nobody_cancels_the_turn_of_somebody_else(
    service: LiveService, ada: Desktop, model: ScriptedModel, tmp_path: Path
) -> None:
    model.script(drip("word by word to the end of it", every_s=0.03))
    turn = ada.device.ask("Talk")
    await ada.heard(lambda frame: frame["type"] == "stream_text")
    async with desktop(service, tmp_path / "eve") as eve:
        await eve.device.send({"type": "cancel", "request_id": turn.request_id})
        hers = await eve.person.post(f"/chat/{turn.request_id}/cancel")
        nobodys = await eve.person.post(f"/chat/{uuid4().hex}/cancel")
        assert (
            (hers.status_code, hers.json()["code"])
            == (nobodys.status_code, nobodys.json()["code"])
            == (404, "not_found")
        )
    assert (await turn.ended()).status == "completed"


async def test_a_cancel_that_follows_at_once_stops_the_turn(ada: Desktop, model: ScriptedModel) -> None:
    model.answer = lambda _body: drip("endless " * 100, every_s=0.02)
    turn = ada.device.ask("Talk", request_id=uuid4().hex)
    await asyncio.sleep(0)  # the request is on its way
    await turn.cancel()
    async with asyncio.timeout(20):
        assert (await turn.ended()).status == "cancelled"
    ada.of(turn.request_id).check()
