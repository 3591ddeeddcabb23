"""The service dies, or is told to stop, in the middle of turns."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from app.assistant.limits import TurnLimits
from app.config import Settings
from tests.assistant.serving import QUICK_TURNS, home, kill, served, text_of, until_end
from tests.assistant.talking import Desktop, ScriptedModel, call, delegated, desktop, say
from tests.assistant.test_lost_devices import ended
from tests.conftest import make_settings
from tests.devices.live import LiveService
from tests.devices.sockets import connected
from tests.exactly_once.witness import Witness, ledger
from tests.fakes.model import drip


@pytest.fixture
def base(fresh_database_url: str, tmp_path: Path) -> Settings:
    """A database that outlives its services."""
    return make_settings(fresh_database_url, tmp_path / "own")


async def interrupted(service: LiveService, desk: Desktop, request_id: str) -> dict[str, Any]:
    """The turn that was left behind, once its lease is over."""
    desk.person.http = service.http
    assert (await desk.person.get(f"/chat/{request_id}")).json()["status"] == "running"
    service.clock.move(seconds=31)
    turn = await ended(desk.person, request_id)
    assert (turn["status"], turn["error"]["code"]) == ("failed", "interrupted")
    return turn


async def goes_on(service: LiveService, desk: Desktop, model: ScriptedModel, thread_id: str) -> None:
    model.reset()
    model.script(say("I am back."))
    await desk.device.ready()
    assert (await desk.ask("Still there?", thread_id=thread_id)).text == "I am back."
    assert (await desk.person.get("/approvals")).json()["items"] == []


@pytest.mark.faults
async def test_killed_while_the_model_speaks(base: Settings, model: ScriptedModel, tmp_path: Path) -> None:
    async with served(base, model) as service, desktop(service, tmp_path / "ada") as ada:
        model.script(drip("endless " * 50, every_s=0.05))
        ada.device.ask("Talk", request_id="r")
        start = await ada.heard(lambda frame: frame["type"] == "stream_start")
        await ada.heard(lambda frame: frame["type"] == "stream_text")
        await kill(service)
        async with served(base, model, port=service.port) as again:
            ready = await ada.heard(lambda frame: frame["type"] == "device_ready" and frame["lost"] == ["r"])
            assert ready["resumed"] == []
            await interrupted(again, ada, "r")
            await goes_on(again, ada, model, start["thread_id"])
        await model.until_idle()


@pytest.mark.parametrize("moment", ["slow_before_s", "slow_after_s"])
async def test_killed_while_a_write_is_under_way(
    base: Settings, model: ScriptedModel, tmp_path: Path, fresh_superuser_url: str, moment: str
) -> None:
    async with served(base, model) as service, desktop(service, tmp_path / "ada") as ada:
        witness = Witness(ada.device.store.path)
        setattr(ada.device.levers, moment, 0.1)
        model.script(*delegated("task_agent", call("create_task", title="Milk")))
        ada.device.ask("Create Milk", request_id="r")
        start = await ada.heard(lambda frame: frame["type"] == "stream_start")
        await ada.heard(lambda frame: frame["type"] == "tool_call")
        await kill(service)
        setattr(ada.device.levers, moment, 0)
        async with served(base, model, port=service.port) as again:
            await ada.device.ready()
            turn = await interrupted(again, ada, "r")
            assert turn["mutations"] == []
            user_id = await ada.person.id()
            async with asyncio.timeout(20):
                while list(ledger(fresh_superuser_url, user_id).values()) != ["done"]:  # noqa: ASYNC110 - it is in another process
                    await asyncio.sleep(0.02)
            assert witness.effects() == {"insert Milk": 1}
            await goes_on(again, ada, model, start["thread_id"])
            assert "may have been made" in model.requests[-1]["messages"][-3]["content"]


async def test_killed_while_it_waits_for_the_user(base: Settings, model: ScriptedModel, tmp_path: Path) -> None:
    async with served(base, model) as service, desktop(service, tmp_path / "ada") as ada:
        task_id = (await ada.insert("tasks", {"title": "Milk"}))["id"]
        model.script(*delegated("task_agent", call("delete_task", task_id=task_id), answer="It is gone."))
        turn = ada.device.ask("Delete it", request_id="r")
        asked = await ada.heard(lambda frame: frame["type"] == "approval_request")
        await kill(service)
        async with served(base, model, port=service.port) as again:
            await ada.heard(lambda frame: frame["type"] == "device_ready" and frame["resumed"] == ["r"])
            ada.person.http = again.http
            again.clock.move(seconds=60)  # the lease of the process that was killed is over
            assert (await ada.person.get("/chat/r")).json()["status"] == "waiting"
            answer = await ada.person.post(f"/approvals/{asked['id']}", json={"decision": "approve"})
            assert answer.status_code == 200
            await turn.ended()
            heard = ada.of("r")
            heard.check()
            assert (heard.text, ada.rows("tasks")) == ("It is gone.", [])


async def test_a_request_that_is_sent_again_after_a_kill_never_runs_twice(base: Settings, model: ScriptedModel) -> None:
    model.script(drip("endless " * 50, every_s=0.05))
    async with served(base, model) as service:
        ada = await service.person()
        async with connected(service, ada, "d") as device:
            await device.send(home("r"))
            await model.until_asked()
            await kill(service)
        async with served(base, model, port=service.port) as again, connected(again, ada, "d") as device:
            await device.send(home("r"))
            await device.refused("duplicate_request")
    assert len(model.requests) == 1


# In order


async def test_a_turn_that_ends_in_time_is_completed_before_the_sockets_close(
    base: Settings, model: ScriptedModel
) -> None:
    model.script(drip("to the very end", every_s=0.05))
    async with served(base, model, turns=TurnLimits(drain_s=30)) as service:
        ada = await service.person()
        async with connected(service, ada, "d") as device:
            await device.send(home("r"))
            await device.next()
            assert service.stop is not None
            stopping = asyncio.ensure_future(service.stop())
            heard = await until_end(device, "r")
            assert (heard[-1]["status"], text_of(heard)) == ("completed", "to the very end")
            assert await device.closed() == 1012
            await stopping


async def test_a_turn_that_does_not_end_is_interrupted_before_the_sockets_close(
    base: Settings, model: ScriptedModel
) -> None:
    model.script(drip("endless " * 100, every_s=0.05))
    async with served(base, model, turns=TurnLimits(drain_s=0)) as service:
        ada = await service.person()
        async with connected(service, ada, "d") as device:
            await device.send(home("r"))
            while (await device.next())["type"] != "stream_text":
                pass
            assert service.stop is not None
            stopping = asyncio.ensure_future(service.stop())
            end = (await until_end(device, "r"))[-1]
            assert (end["status"], end["error"]["code"]) == ("failed", "interrupted")
            assert await device.closed() == 1012
            await stopping
        await model.until_idle()
        async with served(base, model) as again:
            ada.http = again.http
            turn = (await ada.get("/chat/r")).json()
            assert (turn["status"], turn["error"]["code"]) == ("failed", "interrupted")
            assert turn["response"]


async def test_nothing_is_begun_while_the_service_stops(base: Settings, model: ScriptedModel) -> None:
    model.script(drip("a while and then some more", every_s=0.05))
    async with served(base, model, turns=TurnLimits(drain_s=30)) as service:
        ada = await service.person()
        async with connected(service, ada, "d") as device:
            await device.send(home("r"))
            await device.next()
            service.app.state.begin_stopping()
            await device.send(home("late"))
            late = await device.next()
            while late.get("request_id") != "late":
                late = await device.next()
            assert (late["code"], late["retry_after"]) == ("rate_limited", 2)


async def test_who_asks_over_http_and_waits_for_the_user_is_told_that_the_service_stops(
    base: Settings, model: ScriptedModel, tmp_path: Path
) -> None:
    async with served(base, model) as service, desktop(service, tmp_path / "ada") as ada:
        task_id = (await ada.insert("tasks", {"title": "Milk"}))["id"]
        model.script(*delegated("task_agent", call("delete_task", task_id=task_id), answer="It is gone."))
        key = {"Idempotency-Key": "one"}
        asking = asyncio.create_task(ada.person.post("/chat", json={"message": "Delete it"}, headers=key))
        asked = await ada.heard(lambda frame: frame["type"] == "approval_request")
        assert service.stop is not None
        await service.stop()
        told = await asking
        assert (told.status_code, told.headers["Content-Type"]) == (503, "application/problem+json")
        assert told.json()["request_id"] == asked["request_id"]
        async with served(base, model, port=service.port) as again:
            ada.person.http = again.http
            await ada.device.ready()
            await ada.person.post(f"/approvals/{asked['id']}", json={"decision": "approve"})
            assert (await ended(ada.person, asked["request_id"]))["response"] == "It is gone."


async def test_who_reads_along_and_waits_for_the_user_does_not_hold_the_service_up(
    base: Settings, model: ScriptedModel, tmp_path: Path
) -> None:
    async with served(base, model, turns=QUICK_TURNS) as service, desktop(service, tmp_path / "ada") as ada:
        task_id = (await ada.insert("tasks", {"title": "Milk"}))["id"]
        model.script(*delegated("task_agent", call("delete_task", task_id=task_id), answer="It is gone."))
        body = {"message": "Delete it"}
        async with ada.person.http.stream("POST", "/chat/stream", json=body, headers=ada.person.auth) as reading:
            await ada.heard(lambda frame: frame["type"] == "approval_request")
            assert service.stop is not None
            began = asyncio.get_running_loop().time()
            await service.stop()
            assert asyncio.get_running_loop().time() - began < 1.5
            assert "approval_request" in "".join([line async for line in reading.aiter_lines()])
