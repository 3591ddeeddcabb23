"""The device goes away in the middle of a turn, and comes back or does not."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.assistant.limits import TurnLimits
from app.config import Settings
from app.devices.limits import SocketLimits
from tests.assistant.serving import home, served, text_of, until_end
from tests.assistant.talking import ScriptedModel, call, delegated, desktop
from tests.devices.live import LiveService
from tests.devices.sockets import Frame, RawDevice, connected
from tests.factories.people import Person
from tests.factories.waiting import until
from tests.fakes.model import drip

R = "request"


@pytest.mark.parametrize("moment", ["cut_before", "cut_after"])
async def test_a_write_that_is_cut_off_takes_effect_once(
    service: LiveService, model: ScriptedModel, tmp_path: Path, moment: str
) -> None:
    model.script(*delegated("task_agent", call("create_task", title="Milk"), call("list_tasks"), answer="Done."))
    async with desktop(service, tmp_path / "ada") as ada:
        setattr(ada.device.levers, moment, 2)
        heard = await ada.ask("Create Milk")
        heard.check()
        (row,) = ada.rows("tasks")
        assert [each["id"] for each in heard.end["mutations"]] == [row["id"]]
        assert (heard.text, heard.end["status"]) == ("Done.", "completed")
        assert ada.device.connections == 3
    assert row["id"] in model.requests[2]["messages"][-1]["content"]


async def the_call(device: RawDevice, action: str) -> Frame:
    while (frame := await device.next())["type"] != "tool_call":
        pass
    assert frame["action"] == action, frame
    return frame


def stored(asked: Frame) -> dict[str, Any]:
    """The row a device makes of an insert."""
    return {"createdAt": 1, **asked["data"], "id": "11111111-1111-4111-8111-111111111111"}


async def test_the_same_call_is_asked_again_when_the_device_is_back(service: LiveService, model: ScriptedModel) -> None:
    ada = await service.person()
    model.script(*delegated("task_agent", call("create_task", title="Milk")))
    async with connected(service, ada, "d") as device:
        await device.send(home("again"))
        first = await the_call(device, "insert")
        await device.cut()
    async with connected(service, ada, "d", resume={"again": 2}) as device:
        second = await the_call(device, "insert")
        assert (second["id"], second["attempt"], second["data"]) == (first["id"], 2, first["data"])
        await device.send({"type": "tool_result", "id": second["id"], "row": stored(second)})
        end = (await until_end(device, "again"))[-1]
    assert [each["id"] for each in end["mutations"]] == [stored(second)["id"]]


async def ended(ada: Person, request_id: str) -> dict[str, Any]:
    """The turn as it is kept, once it has ended."""
    async with asyncio.timeout(30):
        while True:
            answer = await ada.get(f"/chat/{request_id}")
            if answer.status_code == 200 and answer.json()["status"] not in ("running", "waiting"):
                turn: dict[str, Any] = answer.json()
                return turn
            await asyncio.sleep(0.02)


async def test_a_device_that_stays_away_leaves_the_write_in_doubt_and_the_turn_ends(
    settings: Settings, model: ScriptedModel
) -> None:
    model.script(*delegated("task_agent", call("create_task", title="Milk"), answer="I cannot tell."))
    async with served(settings, model, limits=SocketLimits(absence_s=0.3)) as service:
        ada = await service.person()
        async with connected(service, ada, "d") as device:
            await device.send(home(R))
            await the_call(device, "insert")
            await device.cut()
        turn = await ended(ada, R)
    assert (turn["status"], turn["response"], turn["mutations"]) == ("completed", "I cannot tell.", [])
    told = model.requests[2]["messages"][-1]["content"]
    assert told.startswith("Error: The device went away")
    assert "look before you try again" in told


async def gone(service: LiveService, ada: Person) -> None:
    """The service has noticed."""
    user_id = UUID(await ada.id())
    await until(lambda: not service.devices.hub.online(user_id))


async def test_a_device_that_is_gone_before_the_call_is_waited_for(settings: Settings, model: ScriptedModel) -> None:
    order, step, report, answer = delegated("task_agent", call("create_task", title="Milk"), answer="Added.")
    decided = asyncio.Event()
    model.script(replace(order, hang_before="headers", hang_until=decided), step, report, answer)
    async with served(settings, model) as service:
        ada = await service.person()
        async with connected(service, ada, "d") as device:
            await device.send(home(R))
            await model.until_asked()
            await device.cut()
        await gone(service, ada)
        decided.set()
        await until(lambda: len(model.requests) == 2)
        async with connected(service, ada, "d", resume={R: 0}) as device:
            asked = await the_call(device, "insert")
            assert asked["attempt"] == 1
            await device.send({"type": "tool_result", "id": asked["id"], "row": stored(asked)})
            assert text_of(await until_end(device, R)) == "Added."


async def test_a_device_that_was_gone_before_the_call_leaves_no_doubt(settings: Settings, model: ScriptedModel) -> None:
    order, step, report, answer = delegated("task_agent", call("create_task", title="Milk"), answer="You are away.")
    decided = asyncio.Event()
    model.script(replace(order, hang_before="headers", hang_until=decided), step, report, answer)
    async with served(settings, model, turns=TurnLimits(device_s=0.3)) as service:
        ada = await service.person()
        async with connected(service, ada, "d") as device:
            await device.send(home(R))
            await model.until_asked()
            await device.cut()
        await gone(service, ada)
        decided.set()
        turn = await ended(ada, R)
    assert (turn["status"], turn["response"], turn["mutations"]) == ("completed", "You are away.", [])
    assert model.requests[2]["messages"][-1]["content"] == "Error: The device is not connected."


async def test_a_turn_that_needs_no_device_goes_on_without_it(service: LiveService, model: ScriptedModel) -> None:
    ada = await service.person()
    model.script(drip("All by myself I say this to the end.", every_s=0.02))
    async with connected(service, ada, "d") as device:
        await device.send(home("alone"))
        await device.next()
        await device.cut()
    turn = await ended(ada, "alone")
    assert (turn["status"], turn["response"]) == ("completed", "All by myself I say this to the end.")


async def test_over_http_without_a_device_the_assistant_is_told(service: LiveService, model: ScriptedModel) -> None:
    ada = await service.person()
    model.script(*delegated("task_agent", call("list_tasks"), answer="Your device is away."))
    answer = await ada.post("/chat", json={"message": "List my tasks"})
    assert (answer.status_code, answer.json()["response"]) == (200, "Your device is away.")
    assert model.requests[2]["messages"][-1]["content"].startswith("Error: No device is connected.")


async def test_over_http_the_newest_device_is_asked(service: LiveService, model: ScriptedModel) -> None:
    ada = await service.person()
    model.script(*delegated("task_agent", call("list_tasks")))
    async with connected(service, ada, "old") as old, connected(service, ada, "new") as new:
        asking = asyncio.create_task(ada.post("/chat", json={"message": "List my tasks"}))
        await new.answer(rows=[])
        assert (await asking).status_code == 200
        await old.nothing_for(0.05)


async def test_a_turn_stays_with_the_device_that_asked(service: LiveService, model: ScriptedModel) -> None:
    ada = await service.person()
    model.script(*delegated("task_agent", call("list_tasks")))
    async with connected(service, ada, "old") as old, connected(service, ada, "new") as new:
        await old.send(home("mine"))
        asked = await the_call(old, "select")
        await old.send({"type": "tool_result", "id": asked["id"], "rows": []})
        await until_end(old, "mine")
        await new.nothing_for(0.05)
