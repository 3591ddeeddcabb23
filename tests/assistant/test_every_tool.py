"""Every tool of every sub-agent in a whole turn: from the model's call to the row on the device, and back."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.assistant.subagents import SUBAGENTS
from app.kit.clock import to_ms
from tests.assistant.relaying import told_word_for_word, tools_of
from tests.assistant.talking import Approve, Desktop, Heard, ScriptedModel, call, calls, delegated, desktop
from tests.assistant.tool_uses import USES, Reads, Use, World, Writes, new_world
from tests.devices.live import LiveService

DECLARED = {tool.name: (spec, tool) for spec in SUBAGENTS for tool in spec.tools}


@pytest.fixture(scope="module")
async def desk(shared_talking: LiveService, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desktop]:
    """One desktop for all of these turns: what they touch is told apart by a word of each world's own."""
    async with desktop(shared_talking, tmp_path_factory.mktemp("desk")) as desk:
        desk.decide = lambda _asked: Approve()
        yield desk


@pytest.fixture
async def world(desk: Desktop, service: LiveService) -> World:
    desk.asked.clear()
    return await new_world(desk, to_ms(service.clock.now()))


def test_the_table_has_every_tool_of_every_agent() -> None:
    assert {(name, use.agent) for name, use in USES.items()} == {
        (name, spec.name) for name, (spec, _) in DECLARED.items()
    }
    assert len(USES) == 29


@pytest.mark.parametrize("name", [name for name, use in USES.items() if isinstance(use.effect, Reads)])
async def test_a_tool_that_reads(desk: Desktop, model: ScriptedModel, world: World, name: str) -> None:
    use = USES[name]
    heard = await _used(desk, model, world, name)
    assert isinstance(use.effect, Reads)
    expected = {row["id"] for row in desk.rows(use.effect.table) if use.effect.finds(world, row)}
    for request in model.requests[2:]:  # the agent's next one, and the supervisor's
        assert {row["id"] for row in _rows_in(request["messages"][-1]["content"])} == expected
    assert (heard.end["mutations"], desk.asked) == ([], [])


@pytest.mark.parametrize("name", [name for name, use in USES.items() if isinstance(use.effect, Writes)])
async def test_a_tool_that_writes(desk: Desktop, model: ScriptedModel, world: World, name: str) -> None:
    use = USES[name]
    assert isinstance(use.effect, Writes)
    before = {row["id"] for row in desk.rows(use.effect.table)}
    heard = await _used(desk, model, world, name)
    (mutation,) = heard.end["mutations"]
    assert (mutation["action"], mutation["table"]) == (use.effect.action, use.effect.table)
    after = {row["id"] for row in desk.rows(use.effect.table)}
    if use.effect.row is None:
        assert after - before == {mutation["id"]}
    else:
        assert mutation["id"] == use.effect.row(world)
        assert before - after == ({mutation["id"]} if use.effect.action == "delete" else set())
    _check_row(desk, world, use.effect, mutation)
    _check_asked(desk, use, world, name)


async def _used(desk: Desktop, model: ScriptedModel, world: World, name: str) -> Heard:
    """A turn with this tool in it, and what holds for all of them."""
    use, (spec, declared) = USES[name], DECLARED[name]
    model.answer = told_word_for_word(use.agent, call(name, **use.args(world)))
    heard = await desk.ask(f"Use it on {world.word}")
    heard.check()
    assert heard.end["status"] == "completed"
    assert len(model.requests) == 4
    assert name in tools_of(model.requests[1])
    assert not model.requests[2]["messages"][-1]["content"].startswith("Error:")
    assert [_line(frame) for frame in heard.turn if frame["type"] == "activity"] == [
        (use.agent, "started", None, spec.label),
        (use.agent, "started", name, declared.label),
        (use.agent, "finished", name, declared.label),
        (use.agent, "finished", None, spec.label),
    ]
    if not (isinstance(use.effect, Writes) and use.effect.action == "delete" and use.effect.table == "taskComments"):
        assert world.word in heard.text
    return heard


def _line(frame: dict[str, Any]) -> tuple[Any, ...]:
    return frame["agent"], frame["state"], frame.get("tool"), frame["label"]


def _rows_in(result: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.splitlines() if line.startswith("{")]


def _check_row(desk: Desktop, world: World, effect: Writes, mutation: dict[str, Any]) -> None:
    if effect.action == "delete":
        assert mutation["data"] == {}
        return
    (row,) = desk.rows(effect.table, id=mutation["id"])
    wanted = effect.has(world)
    assert {column: row[column] for column in wanted} == wanted
    assert mutation["data"] == row


def _check_asked(desk: Desktop, use: Use, world: World, name: str) -> None:
    assert isinstance(use.effect, Writes)
    asked = [(each.tool, each.args) for each in desk.asked]
    assert asked == ([(name, use.args(world))] if use.effect.action == "delete" else [])


async def test_a_written_note_has_a_vector_by_which_it_is_found(
    desk: Desktop, model: ScriptedModel, world: World
) -> None:
    content = f"Rolling releases of the orchard service, {world.word}"
    model.script(*delegated("note_agent", call("create_note", title="Releases", content=content)))
    heard = await desk.ask("Write it down")
    note_id = heard.end["mutations"][0]["id"]
    assert await _vectors_of(desk, note_id) == 1
    model.reset()
    query = f"how do releases of the orchard roll, {world.word}?"
    model.answer = told_word_for_word("note_agent", call("search_notes", query=query))
    await desk.ask("Find it")
    best = _rows_in(model.requests[2]["messages"][-1]["content"])[0]
    assert best["id"] == note_id
    assert best["score"] > 0.12


async def test_a_changed_note_is_found_by_what_it_says_now(desk: Desktop, model: ScriptedModel, world: World) -> None:
    assert await _vectors_of(desk, world.note) == 0  # written in the desktop's own window
    new = f"Harvest quince {world.word} before the frost"
    model.script(*delegated("note_agent", call("update_note", note_id=world.note, content=new)))
    await desk.ask("Change it")
    assert await _vectors_of(desk, world.note) == 1
    model.reset()
    question = call("search_notes", query=f"frost and quince harvest {world.word}")
    model.answer = told_word_for_word("note_agent", question)
    await desk.ask("Find it")
    best = _rows_in(model.requests[2]["messages"][-1]["content"])[0]
    assert (best["id"], "score" in best) == (world.note, True)


async def test_a_deleted_note_takes_its_vector_with_it(desk: Desktop, model: ScriptedModel, world: World) -> None:
    step = call("update_note", note_id=world.note, content="Soon gone")
    model.script(*delegated("note_agent", step), *delegated("note_agent", call("delete_note", note_id=world.note)))
    await desk.ask("Change it")
    await desk.ask("Delete it")
    assert (desk.rows("notes", id=world.note), await _vectors_of(desk, world.note)) == ([], 0)


async def test_several_agents_work_in_one_turn(desk: Desktop, model: ScriptedModel, world: World) -> None:
    """Each of the five, handed out at once; each makes a row, and every row is among the mutations."""
    made = {"task_agent": "create_task", "project_agent": "create_project", "timeline_agent": "create_timeline"}
    made |= {"note_agent": "create_note", "client_agent": "create_client"}

    def answer(body: dict[str, Any]) -> Any:
        last, offered = body["messages"][-1], tools_of(body)
        if last["role"] == "tool":
            return told_word_for_word("", call("none"))(body)
        if "task" in offered:
            return calls(*(call("task", description="d", subagent_type=agent) for agent in made))
        (tool,) = offered & set(made.values())
        return call(tool, **USES[tool].args(world))

    model.answer = answer
    heard = await desk.ask("Make one of each")
    heard.check()
    assert {each["table"] for each in heard.end["mutations"]} == {"tasks", "projects", "timelines", "notes", "clients"}
    for each in heard.end["mutations"]:
        assert desk.rows(each["table"], id=each["id"]) == [each["data"]]
    assert sorted(heard.agents) == sorted(made)


async def _vectors_of(desk: Desktop, note_id: str) -> int:
    (found,) = desk.device.store.query("SELECT count(*) AS n FROM vectors WHERE id = ?", note_id)
    return int(found["n"])
