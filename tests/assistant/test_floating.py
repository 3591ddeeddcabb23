"""The small window: its frames begin with what the turn is about, and hold text only."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from app.assistant.permissions import AGENTS
from app.assistant.subagents import SUBAGENTS
from device.turn import Scope
from tests.assistant.relaying import is_supervisor, told_word_for_word, tools_of
from tests.assistant.talking import (
    Approve,
    Decision,
    Desktop,
    Heard,
    Reject,
    ScriptedModel,
    call,
    calls,
    delegated,
    say,
)
from tests.fakes.model import Reply, cut, drip, hang, refuse

NOWHERE = Scope("none")
DOMAINS: dict[str, str] = {spec.name: spec.domain for spec in SUBAGENTS}
LISTS = {
    "task_agent": "list_tasks",
    "project_agent": "list_projects",
    "timeline_agent": "list_timelines",
    "note_agent": "list_notes",
    "client_agent": "list_clients",
}


def _check(heard: Heard, domain: str, status: str = "completed") -> None:
    """What holds for every floating turn."""
    heard.check()
    types = [frame["type"] for frame in heard.turn]
    assert types[:2] == ["floating_domain", "stream_start"]
    assert types.count("floating_domain") == 1
    assert (heard.turn[0]["domain"], heard.end["status"]) == (domain, status)


async def test_an_answer_without_an_agent_is_about_tasks(ada: Desktop, model: ScriptedModel) -> None:
    model.script(say("Good morning."))
    heard = await ada.ask("Good morning", scope=NOWHERE)
    _check(heard, "tasks")
    assert heard.text == "Good morning."


async def test_what_it_remembers_itself_is_about_tasks(ada: Desktop, model: ScriptedModel) -> None:
    model.script(call("update_core_memory", key="answers", value="short"), say("I will."))
    heard = await ada.ask("Remember that I prefer short answers", scope=NOWHERE)
    _check(heard, "tasks")
    assert [(each["agent"], each["tool"], each["state"]) for each in heard.turn if each["type"] == "activity"] == [
        ("floating", "update_core_memory", "started"),
        ("floating", "update_core_memory", "finished"),
    ]


async def test_an_agent_gives_the_domain_also_after_a_tool_of_its_own(ada: Desktop, model: ScriptedModel) -> None:
    model.script(call("recall_memory", query="notes"), *delegated("note_agent", call("list_notes"), answer="None."))
    heard = await ada.ask("What did I write?", scope=NOWHERE)
    _check(heard, "notes")
    assert [each.get("tool") for each in heard.turn if each["type"] == "activity"][:2] == ["recall_memory"] * 2


@pytest.mark.parametrize("agent", AGENTS)
async def test_the_first_agent_gives_the_domain(ada: Desktop, model: ScriptedModel, agent: str) -> None:
    model.script(*delegated(agent, call(LISTS[agent]), answer="None."))
    heard = await ada.ask("What is there?", scope=NOWHERE)
    _check(heard, DOMAINS[agent])
    assert (heard.agents, heard.text) == ([agent], "None.")


async def test_later_agents_change_nothing(ada: Desktop, model: ScriptedModel) -> None:
    order = call("task", description="d", subagent_type="client_agent")
    model.script(
        call("task", description="d", subagent_type="note_agent"), say("r"), order, say("r"), say("Both were asked.")
    )
    heard = await ada.ask("Notes, then clients", scope=NOWHERE)
    _check(heard, "notes")
    assert heard.agents == ["note_agent", "client_agent"]


async def test_of_several_agents_at_once_the_first_counts(ada: Desktop, model: ScriptedModel) -> None:
    def answer(body: dict[str, Any]) -> Reply:
        if body["messages"][-1]["role"] == "tool" or not is_supervisor(body):
            return say("Done.")
        return calls(*(call("task", description="d", subagent_type=each) for each in ("timeline_agent", "task_agent")))

    model.answer = answer
    _check(await ada.ask("Both", scope=NOWHERE), "timelines")


async def test_text_before_the_first_agent_is_about_tasks(ada: Desktop, model: ScriptedModel) -> None:
    order = call("task", description="d", subagent_type="note_agent")
    model.script(calls(order, text="One moment."), say("r"), say("None."))
    heard = await ada.ask("Notes?", scope=NOWHERE)
    _check(heard, "tasks")
    assert heard.text == "One moment.\n\nNone."


async def test_a_tag_that_is_taken_out_is_no_text_before_the_first_agent(ada: Desktop, model: ScriptedModel) -> None:
    order = call("task", description="d", subagent_type="note_agent")
    model.script(calls(order, text="<task>[made-up]</task>"), say("r"), say("None."))
    heard = await ada.ask("Notes?", scope=NOWHERE)
    _check(heard, "notes")
    assert heard.text == "None."


async def test_an_agent_that_does_not_exist_gives_no_domain(ada: Desktop, model: ScriptedModel) -> None:
    model.script(
        call("task", description="d", subagent_type="shell_agent"),
        call("task", description="d", subagent_type="project_agent"),
        say("r"),
        say("Found."),
    )
    heard = await ada.ask("Projects?", scope=NOWHERE)
    _check(heard, "projects")
    assert heard.agents == ["project_agent"]


CHART = '<chart>{"chartType":"bar","title":"T","data":[{"name":"a","v":1}],"config":{"v":{"label":"V"}}}</chart>'


@pytest.mark.parametrize("tokens", [None, 1, 7, 400])
async def test_tags_and_charts_are_stripped_whatever_the_chunks(
    ada: Desktop, model: ScriptedModel, tokens: int | None
) -> None:
    """Also those with ids that were really read; in a Home turn the same words keep them."""
    task_id = (await ada.insert("tasks", {"title": "Buy milk"}))["id"]
    answer = f"One task: Buy milk.<task>[{task_id}]</task> As a chart:{CHART} That is all."
    for scope in (NOWHERE, None):
        model.script(call("task", description="d", subagent_type="task_agent"), call("list_tasks"), say("r"))
        model.script(say(answer, tokens=tokens))
        heard = await ada.ask("Tasks?", scope=scope)
        if scope is None:
            assert (f"<task>[{task_id}]</task>" in heard.text, "<chart>" in heard.text) == (True, True)
            continue
        _check(heard, "tasks")
        assert heard.text == "One task: Buy milk. As a chart: That is all."


@pytest.mark.parametrize("kind", ["task", "project", "note", "timeline", "client"])
async def test_supervisor_and_agents_are_told_what_is_looked_at(ada: Desktop, model: ScriptedModel, kind: Any) -> None:
    model.answer = told_word_for_word("note_agent", call("list_notes"))
    _check(await ada.ask("What is this?", scope=Scope(kind, "row-17")), "notes")
    supervisor, agent = model.requests[0]["messages"], model.requests[1]["messages"]
    assert "Plain text" in supervisor[0]["content"]  # the prompt of the small window
    for context in (supervisor[1], agent[1]):
        assert context["role"] == "user"
        assert f"\nLooking at: {kind} row-17\n" in context["content"]
        assert "Europe/Rome" in context["content"]
    assert supervisor[2] == {"role": "user", "content": "What is this?"}
    assert "row-17" not in supervisor[0]["content"] + agent[0]["content"]


async def test_a_scope_without_an_id_is_told_and_none_is_not(ada: Desktop, model: ScriptedModel) -> None:
    model.answer = lambda _body: say("Yes.")
    await ada.ask("These?", scope=Scope("project"))
    await ada.ask("These?", scope=NOWHERE)
    first, second = (request["messages"][1]["content"] for request in model.requests)
    assert "Looking at: the user's projects" in first
    assert "Looking at" not in second


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        pytest.param(refuse(500), "model_unavailable", id="fails"),
        pytest.param(cut("", after_chunks=0, at="end"), "model_unavailable", id="breaks off"),
    ],
)
async def test_a_failure_before_any_text_still_begins_and_ends(
    ada: Desktop, model: ScriptedModel, trouble: Reply, code: str
) -> None:
    model.answer = lambda _body: trouble
    heard = await ada.ask("Hello", scope=NOWHERE)
    _check(heard, "tasks", "failed")
    assert [frame["type"] for frame in heard.turn] == ["floating_domain", "stream_start", "stream_end"]
    assert (heard.error, heard.text) == (code, "")


async def test_a_failure_in_an_agent_keeps_its_domain(ada: Desktop, model: ScriptedModel) -> None:
    order = call("task", description="d", subagent_type="client_agent")
    model.answer = lambda body: order if is_supervisor(body) else refuse(500)
    heard = await ada.ask("Clients?", scope=NOWHERE)
    _check(heard, "clients", "failed")
    states = [(frame["agent"], frame["state"]) for frame in heard.turn if frame["type"] == "activity"]
    assert states == [("client_agent", "started"), ("client_agent", "failed")]


async def test_a_turn_cancelled_before_any_text_still_begins_and_ends(ada: Desktop, model: ScriptedModel) -> None:
    model.script(hang(before="headers"))
    turn = ada.device.ask("Hello", scope=NOWHERE)
    await model.until_asked()
    await turn.cancel()
    await turn.ended()
    heard = ada.of(turn.request_id)
    _check(heard, "tasks", "cancelled")
    assert [frame["type"] for frame in heard.turn] == ["floating_domain", "stream_start", "stream_end"]
    await model.until_idle()


async def test_a_turn_cancelled_in_an_agent_keeps_its_domain(ada: Desktop, model: ScriptedModel) -> None:
    model.script(call("task", description="d", subagent_type="project_agent"), hang(before="headers"))
    turn = ada.device.ask("Projects?", scope=NOWHERE)
    await ada.heard(lambda frame: frame["type"] == "activity")
    await turn.cancel()
    await turn.ended()
    _check(ada.of(turn.request_id), "projects", "cancelled")


async def test_a_turn_cancelled_in_mid_sentence_has_one_domain(ada: Desktop, model: ScriptedModel) -> None:
    model.script(drip("one two three four five six seven eight nine ten", every_s=0.05))
    turn = ada.device.ask("Count", scope=NOWHERE)
    await ada.heard(lambda frame: frame["type"] == "stream_text")
    await turn.cancel()
    await turn.ended()
    _check(ada.of(turn.request_id), "tasks", "cancelled")


async def test_a_wait_for_an_approval_changes_nothing_about_it(ada: Desktop, model: ScriptedModel) -> None:
    client_id = (await ada.insert("clients", {"name": "Acme"}))["id"]
    decisions: Iterator[Decision] = iter([Reject("not yet"), Approve()])
    ada.decide = lambda _asked: next(decisions)
    for answer in ("Kept.", "Gone."):
        step = call("delete_client", client_id=client_id)
        model.script(*delegated("client_agent", step, answer=answer))
        heard = await ada.ask("Delete it", scope=Scope("client", client_id))
        _check(heard, "clients")
        assert heard.text == answer
    assert ada.rows("clients") == []


async def test_an_answer_out_of_limits_is_a_floating_one_too(ada: Desktop, model: ScriptedModel) -> None:
    """A model that would call for ever is asked once more, without tools."""
    order = call("task", description="again", subagent_type="note_agent")
    model.answer = lambda body: order if "task" in tools_of(body) else say("That is all." if is_last(body) else "r")

    def is_last(body: dict[str, Any]) -> bool:
        return not tools_of(body)

    heard = await ada.ask("Go on", scope=NOWHERE)
    _check(heard, "notes")
    assert heard.text == "That is all."
    assert len(model.requests) <= 26


async def test_home_turns_have_no_domain(ada: Desktop, model: ScriptedModel) -> None:
    model.answer = lambda _body: say("Yes.")
    home, floating = ada.device.ask("Home"), ada.device.ask("Floating", scope=NOWHERE)
    await asyncio.gather(home.ended(), floating.ended())
    assert ada.of(home.request_id).turn[0]["type"] == "stream_start"
    _check(ada.of(floating.request_id), "tasks")


async def test_a_floating_turn_goes_on_in_its_thread_as_a_floating_one(ada: Desktop, model: ScriptedModel) -> None:
    model.script(*delegated("note_agent", call("list_notes"), answer="None."), say("As I said."))
    turn = ada.device.ask("Notes?", scope=NOWHERE)
    await turn.ended()
    heard = await ada.ask("Sure?", scope=NOWHERE, thread_id=turn.thread_id)
    _check(heard, "tasks")
    assert heard.turn[1]["thread_id"] == turn.thread_id
