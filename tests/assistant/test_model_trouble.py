"""Whatever a model does, the turn ends clearly and in time."""

import asyncio
from pathlib import Path
from typing import Literal

import pytest

from app.assistant.limits import TurnLimits
from tests.assistant.conftest import QUICK_MODEL, Talking
from tests.assistant.talking import Desktop, ScriptedModel, call, calls, delegated, desktop, say
from tests.fakes.model import Reply, cut, drip, garbage, hang, nothing, raw_call, refuse


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        pytest.param(refuse(500), "model_unavailable", id="fails"),
        pytest.param(refuse(429), "model_unavailable", id="has no room"),
        pytest.param(refuse(401), "model_unavailable", id="does not know the key"),
        pytest.param(refuse(400, code="context_length_exceeded"), "context_too_long", id="is asked too much"),
        pytest.param(garbage(), "model_unavailable", id="speaks something else"),
        pytest.param(nothing(), "model_unavailable", id="gives empty answers"),
    ],
)
async def test_a_model_that(ada: Desktop, model: ScriptedModel, trouble: Reply, code: str) -> None:
    model.answer = lambda _body: trouble
    heard = await ada.ask("Hello")
    heard.check()
    assert (heard.end["status"], heard.error) == ("failed", code)
    assert heard.end["error"]["message"]
    model.reset()
    model.script(say("Better."))
    assert (await ada.ask("Again", thread_id=heard.turn[0]["thread_id"])).text == "Better."


async def test_a_model_that_breaks_off_in_mid_sentence(ada: Desktop, model: ScriptedModel) -> None:
    model.script(cut("You have three tasks and then", after_chunks=3))
    heard = await ada.ask("List my tasks")
    heard.check()
    assert heard.error == "model_unavailable"
    assert "You have".startswith(heard.text[:3]) or heard.text.startswith("You")


@pytest.mark.parametrize("where", ["headers", "first_token", "end"])
async def test_a_model_that_hangs(
    tuned: Talking, model: ScriptedModel, tmp_path: Path, where: Literal["headers", "first_token", "end"]
) -> None:
    model.answer = lambda _body: hang(before=where, seconds=30)
    async with tuned(model_limits=QUICK_MODEL) as service, desktop(service, tmp_path / "ada") as ada:
        heard = await ada.ask("Hello")
        heard.check()
        assert (heard.end["status"], heard.error) == ("failed", "model_timeout")
        await model.until_idle()


async def test_a_slow_model_is_waited_for(ada: Desktop, model: ScriptedModel) -> None:
    model.script(drip("slow but sure", every_s=0.02))
    assert (await ada.ask("Hello")).text == "slow but sure"


async def test_a_model_that_fails_once_is_asked_again(ada: Desktop, model: ScriptedModel) -> None:
    model.script(refuse(500), refuse(429, retry_after=0), say("Here I am."))
    assert (await ada.ask("Hello")).text == "Here I am."


async def test_the_model_of_a_sub_agent_fails_the_turn_too(ada: Desktop, model: ScriptedModel) -> None:
    model.script(call("task", description="x", subagent_type="task_agent"), *[refuse(500)] * 3)
    heard = await ada.ask("List my tasks")
    heard.check()
    assert heard.error == "model_unavailable"
    assert [frame["state"] for frame in heard.turn if frame["type"] == "activity"] == ["started", "failed"]


async def test_a_tool_that_does_not_exist_is_refused_with_those_that_do(ada: Desktop, model: ScriptedModel) -> None:
    model.script(*delegated("task_agent", calls(call("fly_to_moon"), call("read_file", file_path="/etc/passwd"))))
    heard = await ada.ask("Fly")
    results = [each["content"] for each in model.requests[2]["messages"] if each["role"] == "tool"]
    assert len(results) == 2
    assert all(result.startswith("Error:") and "list_tasks" in result for result in results)
    assert (heard.end["status"], heard.tools) == ("completed", [])


async def test_an_agent_that_does_not_exist_is_refused(ada: Desktop, model: ScriptedModel) -> None:
    model.script(call("task", description="x", subagent_type="general-purpose"), say("I cannot."))
    heard = await ada.ask("Do it")
    assert "task_agent" in model.requests[1]["messages"][-1]["content"]
    assert (heard.text, heard.agents) == ("I cannot.", [])


async def test_arguments_that_are_no_json_come_back_as_an_error(ada: Desktop, model: ScriptedModel) -> None:
    broken, right = raw_call("create_task", '{"title": "Buy'), call("create_task", title="Buy milk")
    model.script(*delegated("task_agent", broken, right))
    await ada.ask("Create Buy milk")
    assert model.requests[2]["messages"][-1]["content"].startswith("Error: the arguments were not")
    assert [row["title"] for row in ada.rows("tasks")] == ["Buy milk"]


async def test_wrong_arguments_come_back_as_an_error(ada: Desktop, model: ScriptedModel) -> None:
    model.script(
        *delegated("task_agent", call("create_task", title=["a"]), call("create_task", title="T", priority="urgent"))
    )
    await ada.ask("Create")
    first, second = (model.requests[number]["messages"][-1]["content"] for number in (2, 3))
    assert first.startswith("Error:")
    assert "title" in first
    assert second.startswith("Error:")
    assert "high" in second
    assert ada.rows("tasks") == []


async def test_a_model_that_loops_gives_an_answer_from_what_is_there(
    tuned: Talking, model: ScriptedModel, tmp_path: Path
) -> None:
    def loop(body: dict[str, object]) -> Reply:
        if not body.get("tools"):
            return say("That is what I found.")
        return (
            call("list_tasks")
            if "list_tasks" in str(body["tools"])
            else call("task", description="x", subagent_type="task_agent")
        )

    model.answer = loop
    async with tuned() as service, desktop(service, tmp_path / "ada") as ada:
        heard = await ada.ask("Loop")
        heard.check()
        assert (heard.end["status"], heard.text) == ("completed", "That is what I found.")
        assert len(model.requests) <= 26
        assert len(heard.tools) + len(heard.agents) <= 40


async def test_a_turn_makes_only_so_many_tool_calls(tuned: Talking, model: ScriptedModel, tmp_path: Path) -> None:
    many = calls(*(call("create_task", title=f"Task {number}") for number in range(12)))
    model.script(call("task", description="x", subagent_type="task_agent"), many, say("Ten at most."))
    async with tuned(TurnLimits(tool_calls=10)) as service, desktop(service, tmp_path / "ada") as ada:
        heard = await ada.ask("Create many")
        assert len(ada.rows("tasks")) == 9
        assert heard.end["status"] == "completed"


async def test_a_turn_has_an_end_of_its_own(tuned: Talking, model: ScriptedModel, tmp_path: Path) -> None:
    model.answer = lambda _body: drip("endless " * 100, every_s=0.02)
    async with tuned(TurnLimits(turn_s=0.2)) as service, desktop(service, tmp_path / "ada") as ada:
        heard = await ada.ask("Talk")
        heard.check()
        assert heard.error == "turn_timeout"
        await model.until_idle()


async def test_cancel_stops_the_models_request(ada: Desktop, model: ScriptedModel) -> None:
    model.script(drip("endless " * 100, every_s=0.02))
    turn = ada.device.ask("Talk")
    await ada.heard(lambda frame: frame["type"] == "stream_text")
    early = model.closed_early
    await turn.cancel()
    async with asyncio.timeout(20):
        end = await turn.ended()
    assert end.status == "cancelled"
    await model.until_idle()
    assert model.closed_early == early + 1
