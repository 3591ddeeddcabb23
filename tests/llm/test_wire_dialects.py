"""What servers that call themselves compatible do differently, and how the network cuts it."""

from typing import Any

import orjson
import pytest

from app.llm.failures import ContextTooLong
from app.llm.port import ModelUsage
from tests.fakes.model import ScriptedModel, call, calls, drip, garbage, refuse, say
from tests.llm.asking import ask, question
from tests.llm.conftest import MakeModel


def stream(*chunks: dict[str, Any]) -> bytes:
    return b"".join(b"data: " + orjson.dumps(chunk) + b"\n\n" for chunk in chunks) + b"data: [DONE]\n\n"


def delta(**fields: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": fields}]}


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 100_000])
@pytest.mark.parametrize(("newline", "comments"), [("\n", False), ("\r\n", True)])
async def test_the_network_may_cut_a_stream_anywhere(
    server: ScriptedModel, make: MakeModel, size: int, newline: str, *, comments: bool
) -> None:
    server.dialect.bytes_per_write, server.dialect.newline, server.dialect.comments = size, newline, comments
    server.script(calls(call("create_task", title="Käse"), text="Grüße 🎉 an alle"))
    heard = await ask(make(), question(tools=True))
    assert heard.text == "Grüße 🎉 an alle"
    assert heard.called == [("create_task", {"title": "Käse"})]


async def test_text_that_came_in_one_read_is_one_delta(server: ScriptedModel, make: MakeModel) -> None:
    server.dialect.at_once = True
    server.script(say("word " * 200, tokens=200))
    heard = await ask(make())
    assert heard.text == "word " * 200
    assert len(heard.texts) <= 2


async def test_text_is_handed_on_as_soon_as_it_comes(server: ScriptedModel, make: MakeModel) -> None:
    server.script(drip("one two three", 0.02))
    assert (await ask(make())).texts == ["one ", "two ", "three"]


async def test_an_answer_that_is_not_streamed_is_taken_too(server: ScriptedModel, make: MakeModel) -> None:
    server.dialect.streams = False
    server.script(calls(call("a", n=1), call("b"), text="Both."), say("Yes.", usage=(3, 4), reasoning="Hm."))
    heard = await ask(make(), question(tools=True))
    assert heard.text == "Both."
    assert heard.called == [("a", {"n": 1}), ("b", {})]
    plain = await ask(make())
    assert plain.text == "Yes."
    assert plain.finished is not None
    assert plain.finished.usage == ModelUsage(3, 4)


async def test_a_server_that_refuses_stream_options_is_asked_without_them_from_then_on(
    server: ScriptedModel, make: MakeModel
) -> None:
    server.dialect.knows_stream_options = False
    server.answer = lambda _: say("Yes.")
    model = make()
    for _ in range(2):
        assert (await ask(model)).text == "Yes."
    assert ["stream_options" in body for body in server.requests] == [True, False, False]


async def test_the_connection_is_used_again(server: ScriptedModel, make: MakeModel) -> None:
    server.answer = lambda _: say("Yes.")
    model = make()
    for _ in range(3):
        await ask(model)
    assert len(server.ports) == 1


@pytest.mark.parametrize(
    "fragments",
    [
        pytest.param([{"index": 0, "id": "x"}, {"index": 0}, {"index": 0, "id": "y"}, {"index": 0}], id="one index"),
        pytest.param([{"id": "x"}, {}, {"id": "y"}, {}], id="no index"),
        pytest.param([{"id": "x"}, {"id": "x"}, {"id": "y"}, {"id": "y"}], id="ids repeated"),
        pytest.param([{"index": 0}, {"index": 0}, {"index": 1}, {"index": 1}], id="no ids"),
        pytest.param([{}, {}, {}, {}], id="neither"),
    ],
)
async def test_calls_are_told_apart_however_they_are_numbered(
    server: ScriptedModel, make: MakeModel, fragments: list[dict[str, Any]]
) -> None:
    functions = [
        {"name": "a", "arguments": ""},
        {"arguments": '{"n":1}'},
        {"name": "b", "arguments": None},
        {"arguments": '{"n":2}'},
    ]
    chunks = [
        delta(tool_calls=[fragment | {"function": function}])
        for fragment, function in zip(fragments, functions, strict=True)
    ]
    server.script(garbage(body=stream(*chunks)))
    heard = await ask(make(), question(tools=True))
    assert heard.called == [("a", {"n": 1}), ("b", {"n": 2})]
    assert len({each.id for each in heard.calls}) == 2


async def test_arguments_given_as_an_object_and_content_in_parts_are_read(
    server: ScriptedModel, make: MakeModel
) -> None:
    parts = [{"type": "thinking", "thinking": [{"text": "Hush"}]}, {"type": "text", "text": "Here."}]
    function = {"name": "a", "arguments": {"n": 1}}
    server.script(garbage(body=stream(delta(content=parts), delta(tool_calls=[{"index": 0, "function": function}]))))
    heard = await ask(make(), question(tools=True))
    assert heard.text == "Here."
    assert heard.called == [("a", {"n": 1})]


async def test_the_last_event_may_lack_its_empty_line(server: ScriptedModel, make: MakeModel) -> None:
    server.script(garbage(body=stream(delta(content="Yes."))[:-2]))
    assert (await ask(make())).text == "Yes."


@pytest.mark.parametrize(
    "message",
    [
        "This model's maximum context length is 8192 tokens.",
        "prompt is too long: 210000 tokens > 200000 maximum",
        "Input is too long for requested model.",
        "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
        "the request exceeds the available context size, try increasing it",
        "`inputs` tokens + `max_new_tokens` must be <= 4096",
        "Please reduce the length of the messages: context_length_exceeded",
        "Current length is 9000 while limit is 8192",
    ],
)
async def test_providers_say_in_many_ways_that_it_was_too_much(
    server: ScriptedModel, make: MakeModel, message: str
) -> None:
    server.script(refuse(400, message=message))
    with pytest.raises(ContextTooLong):
        await ask(make())
