"""What a model does, whichever adapter is in front of it.

One module, so that one process pays for LiteLLM's import.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import aclosing

import pytest
from structlog.testing import capture_logs

from app.llm.embedder import ResilientEmbedder
from app.llm.failures import ContextTooLong, ModelTimeout, ModelUnavailable
from app.llm.limits import ModelLimits
from app.llm.litellm_provider import LiteLLMEmbeddings, litellm
from app.llm.measures import ATTEMPTS, TOKENS
from app.llm.port import ModelUsage, TextDelta
from tests.fakes.model import (
    Reply,
    ScriptedModel,
    call,
    calls,
    cut,
    drip,
    fail_midway,
    garbage,
    hang,
    nothing,
    raw_call,
    refuse,
    said_to,
    say,
    vector,
)
from tests.llm.asking import Adapter, Heard, ask, lean, lines, question, through_litellm
from tests.llm.conftest import MakeModel

pytestmark = [
    # Pydantic says so about a TypedDict of LiteLLM's when its classes are completed, at the first answer.
    pytest.mark.filterwarnings("ignore:Item .* is using the `ReadOnly` qualifier:UserWarning"),
    # LiteLLM asks a chunk, and not its class, for its fields.
    pytest.mark.filterwarnings("ignore:Accessing the 'model_.*fields' attribute on the instance:DeprecationWarning"),
]


@pytest.fixture(params=[lean, through_litellm], ids=["lean", "litellm"])
async def adapter(request: pytest.FixtureRequest) -> Adapter:
    chosen: Adapter = request.param
    if chosen is through_litellm:
        await litellm()  # now, so that no test's time-out runs while it is imported
    return chosen


@pytest.fixture(autouse=True)
def _logs() -> Iterator[None]:
    """No answer or error may be logged, whatever the test."""
    with capture_logs() as logged:
        yield
    assert "Hush" not in str(logged)


async def test_text_comes_whole_and_in_order(server: ScriptedModel, make: MakeModel) -> None:
    server.script(say("Grüße, 世界: all is well. 🎉", tokens=9))
    heard = await ask(make())
    assert heard.text == "Grüße, 世界: all is well. 🎉"
    assert heard.calls == []
    assert heard.finished is not None


async def test_an_answer_may_repeat_itself(server: ScriptedModel, make: MakeModel) -> None:
    text = "=====" * 150
    server.script(say(text, tokens=150))
    assert (await ask(make())).text == text


async def test_messages_and_tools_go_out_as_they_are(server: ScriptedModel, make: MakeModel) -> None:
    server.script(say("Yes."))
    asked = question("Is it?", tools=True)
    await ask(make("some-model"), asked)
    body = server.requests[0]
    assert body["model"] == "some-model"
    assert body["messages"] == asked.messages
    assert body["tools"] == asked.tools
    assert server.headers[0]["authorization"] == "Bearer sk-test"


async def test_without_tools_none_are_sent(server: ScriptedModel, make: MakeModel) -> None:
    server.script(say("Yes."))
    await ask(make())
    assert "tools" not in server.requests[0]


async def test_a_conversation_with_tool_results_is_taken(server: ScriptedModel, make: MakeModel) -> None:
    server.script(say("Two."))
    function = {"name": "list_tasks", "arguments": '{"status":"todo"}'}
    asked = question("How many?", tools=True)
    messages = [
        *asked.messages,
        {"role": "assistant", "content": "Ok.", "tool_calls": [{"id": "c1", "type": "function", "function": function}]},
        {"role": "tool", "tool_call_id": "c1", "content": "[1, 2]"},
    ]
    await ask(make(), type(asked)(messages=messages, tools=asked.tools))
    assert server.requests[0]["messages"] == messages
    assert said_to(server.requests[0], "tool") == "[1, 2]"


async def test_text_and_parallel_tool_calls_come_complete(server: ScriptedModel, make: MakeModel) -> None:
    server.script(calls(call("list_tasks", status="todo"), call("list_tasks", status="done"), text="Let me look."))
    heard = await ask(make(), question(tools=True))
    assert heard.text == "Let me look."
    assert heard.called == [("list_tasks", {"status": "todo"}), ("list_tasks", {"status": "done"})]
    assert len({each.id for each in heard.calls}) == 2


@pytest.mark.parametrize("interleaves", [False, True], ids=["one after another", "in turns"])
@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 100])
async def test_arguments_are_joined_from_fragments_of_any_size(
    server: ScriptedModel, make: MakeModel, size: int, *, interleaves: bool
) -> None:
    server.dialect.fragment, server.dialect.interleaves = size, interleaves
    server.script(calls(call("create_task", title="Mülleimer 🗑"), call("list_tasks"), call("create_task", title="B")))
    heard = await ask(make(), question(tools=True))
    assert heard.called == [
        ("create_task", {"title": "Mülleimer 🗑"}),
        ("list_tasks", {}),
        ("create_task", {"title": "B"}),
    ]


async def test_arguments_that_are_not_json_are_handed_on_as_they_are(server: ScriptedModel, make: MakeModel) -> None:
    server.script(raw_call("list_tasks", '{"status": "to'))
    heard = await ask(make(), question(tools=True))
    assert heard.calls[0].arguments == '{"status": "to'


async def test_the_providers_count_of_tokens_is_taken(server: ScriptedModel, make: MakeModel) -> None:
    server.script(say("Yes.", usage=(123, 45)))
    finished = (await ask(make())).finished
    assert finished is not None
    assert finished.usage == ModelUsage(123, 45)
    assert finished.model.endswith("m")
    assert not finished.is_free


async def test_without_a_count_tokens_are_estimated(server: ScriptedModel, make: MakeModel) -> None:
    server.dialect.gives_usage = False
    server.script(say("word " * 100), say("word " * 100))
    short, long = await ask(make()), await ask(make(), question("word " * 400))
    assert short.finished is not None
    assert long.finished is not None
    assert 80 <= short.finished.usage.output_tokens <= 160
    assert 350 <= long.finished.usage.input_tokens - short.finished.usage.input_tokens <= 600


async def test_reasoning_is_not_text(server: ScriptedModel, make: MakeModel) -> None:
    server.script(say("Four.", reasoning="Hush: two and two."))
    assert (await ask(make())).text == "Four."


async def test_an_answer_may_be_empty(server: ScriptedModel, make: MakeModel) -> None:
    server.script(nothing())
    heard = await ask(make())
    assert (heard.text, heard.calls) == ("", [])
    assert heard.finished is not None


async def test_a_busy_provider_is_asked_again_after_the_time_it_names(server: ScriptedModel, make: MakeModel) -> None:
    server.script(refuse(429, retry_after=0.05, code="rate_limit_exceeded", message="Hush"), say("Here."))
    began = time.monotonic()
    with capture_logs() as logged:
        assert (await ask(make())).text == "Here."
    assert time.monotonic() - began >= 0.05
    told = lines(logged, "model_attempt_failed")
    assert [(line["kind"], line["status"], line["attempt"]) for line in told] == [("busy", 429, 1)]


async def test_a_provider_that_wants_too_long_a_pause_is_left_at_once(server: ScriptedModel, make: MakeModel) -> None:
    server.script(refuse(429, retry_after=3600), model="m")
    server.script(say("Instead."), model="other")
    assert (await ask(make("m", "other"))).text == "Instead."


@pytest.mark.parametrize("status", [500, 503])
async def test_a_failing_provider_is_asked_three_times(server: ScriptedModel, make: MakeModel, status: int) -> None:
    server.answer = lambda _: refuse(status, message="Hush")
    with pytest.raises(ModelUnavailable) as failed:
        await ask(make())
    assert len(server.requests) == 3
    assert "Hush" not in str(failed.value)


async def test_after_the_model_its_fallbacks_are_asked_in_order(server: ScriptedModel, make: MakeModel) -> None:
    server.answers = {"m": lambda _: refuse(500), "b": lambda _: refuse(401), "c": lambda _: say("I am c.")}
    heard = await ask(make("m", "b", "c"))
    assert heard.text == "I am c."
    assert heard.finished is not None
    assert heard.finished.model.endswith("c")
    assert [body["model"] for body in server.requests] == ["m", "m", "m", "b", "c"]


@pytest.mark.parametrize("reply", [refuse(401), refuse(403), refuse(404), refuse(400)])
async def test_a_refusal_is_not_repeated_but_fallbacks_are_asked(
    server: ScriptedModel, make: MakeModel, reply: Reply
) -> None:
    server.script(reply, model="m")
    server.script(say("Instead."), model="other")
    assert (await ask(make("m", "other"))).text == "Instead."
    server.script(reply, model="m")
    with pytest.raises(ModelUnavailable):
        await ask(make("m"))
    assert [body["model"] for body in server.requests] == ["m", "other", "m"]


async def test_no_credit_left_is_not_worth_waiting_for(server: ScriptedModel, make: MakeModel) -> None:
    server.answer = lambda _: refuse(429, code="insufficient_quota")
    with pytest.raises(ModelUnavailable):
        await ask(make())
    assert len(server.requests) == 1


TOO_LONG = refuse(
    400,
    code="context_length_exceeded",
    message="This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens.",
)


async def test_a_conversation_too_long_for_the_model_is_told_as_that(server: ScriptedModel, make: MakeModel) -> None:
    server.answer = lambda _: TOO_LONG
    with pytest.raises(ContextTooLong) as failed:
        await ask(make("m", "other"))
    assert failed.value.code == "context_too_long"
    assert [body["model"] for body in server.requests] == ["m", "other"]


async def test_a_conversation_too_long_for_the_model_may_fit_its_fallback(
    server: ScriptedModel, make: MakeModel
) -> None:
    server.script(TOO_LONG, model="m")
    server.script(say("It fits."), model="large")
    assert (await ask(make("m", "large"))).text == "It fits."


async def test_what_the_model_failed_with_is_told_not_what_its_fallbacks_did(
    server: ScriptedModel, make: MakeModel
) -> None:
    server.answers = {"m": lambda _: TOO_LONG, "other": lambda _: refuse(401)}
    with pytest.raises(ContextTooLong):
        await ask(make("m", "other"))


async def test_a_server_that_is_not_there_is_tried_again_and_told(
    server: ScriptedModel, make: MakeModel, unused_tcp_port: int
) -> None:
    with capture_logs() as logged, pytest.raises(ModelUnavailable):
        await ask(make(at=f"http://127.0.0.1:{unused_tcp_port}/v1"))
    assert [line["kind"] for line in lines(logged, "model_attempt_failed")] == ["unreachable"] * 3


@pytest.mark.parametrize("reply", [hang(before="headers"), hang(before="first_token")], ids=["headers", "token"])
async def test_silence_before_the_answer_goes_to_the_fallback_and_then_times_out(
    server: ScriptedModel, make: MakeModel, reply: Reply
) -> None:
    limits = {"first_token_s": 0.15, "between_tokens_s": 0.15}
    server.script(reply, say("Awake."), reply)
    assert (await ask(make("m", "other", **limits))).text == "Awake."
    with pytest.raises(ModelTimeout):
        await ask(make("m", **limits))
    await server.until_idle()
    assert server.closed_early == 2


async def test_silence_in_the_middle_is_a_time_out_and_nobody_is_asked_again(
    server: ScriptedModel, make: MakeModel
) -> None:
    server.script(hang(before="end", text="So far so good."))
    heard = Heard()
    with pytest.raises(ModelTimeout):
        await ask(make("m", "other", between_tokens_s=0.15), heard=heard)
    assert heard.text == "So far so good."
    await server.until_idle()
    assert (len(server.requests), server.closed_early) == (1, 1)


async def test_a_slow_answer_may_take_longer_than_any_silence(server: ScriptedModel, make: MakeModel) -> None:
    server.script(drip("one two three four five six seven eight", 0.3))
    began = time.monotonic()
    heard = await ask(make(first_token_s=60, between_tokens_s=1.8))
    assert time.monotonic() - began > 1.8
    assert heard.text == "one two three four five six seven eight"


async def test_an_answer_without_end_is_ended_by_the_time_of_the_whole_call(
    server: ScriptedModel, make: MakeModel
) -> None:
    server.script(drip("and " * 100, 0.02))
    with pytest.raises(ModelTimeout):
        await ask(make(call_s=0.2))
    await server.until_idle()
    assert server.closed_early == 1


@pytest.mark.parametrize(
    "reply",
    [cut("one two three", 2), cut("one two three", 2, at="end"), fail_midway("one two ", message="Hush")],
    ids=["lost", "no end", "error"],
)
async def test_an_answer_that_breaks_off_after_text_is_not_repeated(
    server: ScriptedModel, make: MakeModel, reply: Reply
) -> None:
    server.script(reply)
    heard = Heard()
    with pytest.raises(ModelUnavailable):
        await ask(make("m", "other"), heard=heard)
    assert heard.text == "one two "
    assert heard.finished is None
    assert len(server.requests) == 1


@pytest.mark.parametrize("at", ["socket", "end"])
async def test_an_answer_that_breaks_off_before_text_is_repeated(
    server: ScriptedModel, make: MakeModel, at: str
) -> None:
    server.script(cut("one two", 0, at=at), say("whole"))  # type: ignore[arg-type]  # parametrized
    assert (await ask(make())).text == "whole"


@pytest.mark.parametrize("content_type", ["text/event-stream", "application/json", "text/html"])
async def test_garbage_is_no_answer(server: ScriptedModel, make: MakeModel, content_type: str) -> None:
    server.answer = lambda _: garbage(content_type=content_type)
    with pytest.raises(ModelUnavailable):
        await ask(make())


async def test_cancelling_whoever_waits_closes_the_request(server: ScriptedModel, make: MakeModel) -> None:
    server.script(hang(before="first_token"))
    asking = asyncio.create_task(ask(make()))
    await server.until_asked()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await server.until_idle()
    assert server.closed_early == 1


async def test_closing_the_answer_closes_the_request(server: ScriptedModel, make: MakeModel) -> None:
    server.script(hang(before="end", text="One two three."))
    async with aclosing(make().stream(question())) as deltas:
        assert isinstance(await anext(deltas), TextDelta)
        assert server.in_flight == 1
    await server.until_idle()
    assert server.closed_early == 1


async def test_many_answers_at_once_do_not_mix(server: ScriptedModel, make: MakeModel) -> None:
    server.answer = lambda body: say(said_to(body, "user"), tokens=7)
    model = make()
    questions = [f"question number {n} of many" for n in range(30)]
    heard = await asyncio.gather(*(ask(model, question(text)) for text in questions))
    assert [each.text for each in heard] == questions


async def test_each_attempt_and_the_tokens_are_counted(server: ScriptedModel, make: MakeModel) -> None:
    server.script(refuse(500), say("Yes.", usage=(7, 3)))
    heard = await ask(make("counted"))
    assert heard.finished is not None
    model = heard.finished.model
    assert ATTEMPTS.labels(model, "busy")._value.get() == ATTEMPTS.labels(model, "answered")._value.get() == 1
    assert [TOKENS.labels(model, way)._value.get() for way in ("input", "output")] == [7, 3]


async def test_an_embedder_over_litellm_is_like_the_other(server: ScriptedModel) -> None:
    await litellm()
    limits = ModelLimits(pause_s=0.001)
    provider = LiteLLMEmbeddings("openai/text-embedding-3-small", api_base=server.url, api_key="sk-test", limits=limits)
    embedder = ResilientEmbedder(provider, limits)
    server.script(refuse(500), model="text-embedding-3-small")
    assert await embedder.embed(["a", "b"]) == [pytest.approx(vector("a")), pytest.approx(vector("b"))]
    assert [body["dimensions"] for body in server.embedding_requests] == [1536, 1536]
    server.script(refuse(401), model="text-embedding-3-small")
    with pytest.raises(ModelUnavailable):
        await embedder.embed(["a"])
    assert len(server.embedding_requests) == 3
    server.script(hang(before="headers"), model="text-embedding-3-small")
    with pytest.raises(ModelTimeout):
        await ResilientEmbedder(provider, ModelLimits(first_token_s=0.1)).embed(["a"])
    await server.until_idle()
    assert server.closed_early == 1
