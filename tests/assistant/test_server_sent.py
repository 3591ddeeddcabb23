"""A turn as server-sent events."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.assistant.server_sent import events as events_of
from app.devices.limits import SocketLimits
from app.devices.turns import TurnStream
from tests.assistant.talking import Approve, Desktop, ScriptedModel, call, delegated, say
from tests.assistant.test_lost_devices import ended
from tests.devices.live import LiveService
from tests.fakes.model import drip

Event = dict[str, str]


@asynccontextmanager
async def reading(ada: Desktop, message: str = "Hello", **headers: str) -> AsyncIterator[AsyncIterator[Event]]:
    person = ada.person
    async with person.http.stream(
        "POST", "/chat/stream", json={"message": message}, headers=person.auth | headers
    ) as answer:
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        yield _events(_lines(answer.aiter_text()))


async def _lines(texts: AsyncIterator[str]) -> AsyncIterator[str]:
    """Ended as the format says: other line ends of Unicode are text."""
    rest = ""
    async for text in texts:
        *lines, rest = (rest + text).replace("\r\n", "\n").replace("\r", "\n").split("\n")
        for line in lines:
            yield line


async def _events(lines: AsyncIterator[str]) -> AsyncIterator[Event]:
    """As a browser reads them: fields until an empty line."""
    event: Event = {}
    async for line in lines:
        if not line and event:
            yield event
            event = {}
        elif line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            assert name in ("event", "id", "data")
            assert name not in event, "one line each"
            event[name] = value


async def test_each_frame_is_an_event_with_its_number(ada: Desktop, model: ScriptedModel) -> None:
    model.script(*delegated("task_agent", call("list_tasks"), answer="You have none."))
    async with reading(ada) as events:
        heard = [event async for event in events]
    frames = [json.loads(event["data"]) for event in heard]
    assert [event["event"] for event in heard] == [frame["type"] for frame in frames]
    assert [event["id"] for event in heard] == [str(number) for number in range(1, len(heard) + 1)]
    assert (frames[0]["type"], frames[-1]["type"]) == ("stream_start", "stream_end")
    assert "".join(frame.get("chunk", "") for frame in frames) == "You have none."


async def test_text_of_any_shape_stays_in_its_event(ada: Desktop, model: ScriptedModel) -> None:
    text = "one\ntwo\n\ndata: {}\nevent: stream_end\n\n\u2028five\u0085six"
    model.script(say(text, tokens=7))
    async with reading(ada) as events:
        frames = [json.loads(event["data"]) async for event in events]
    assert "".join(frame.get("chunk", "") for frame in frames) == text
    assert [frame["type"] for frame in frames].count("stream_end") == 1


async def test_an_approval_comes_in_between(ada: Desktop, model: ScriptedModel) -> None:
    ada.decide = lambda _asked: Approve()
    task_id = (await ada.insert("tasks", {"title": "Milk"}))["id"]
    model.script(*delegated("task_agent", call("delete_task", task_id=task_id), answer="Gone."))
    async with reading(ada) as events:
        heard = [event async for event in events]
    kinds = [event["event"] for event in heard]
    asked, told = kinds.index("approval_request"), kinds.index("approval_resolved")
    assert 0 < asked < told < kinds.index("stream_end")
    assert ["id" in heard[asked], "id" in heard[told]] == [False, False]
    assert ada.rows("tasks") == []


async def test_who_comes_back_to_a_turn_that_waits_is_asked_again(ada: Desktop, model: ScriptedModel) -> None:
    task_id = (await ada.insert("tasks", {"title": "Milk"}))["id"]
    model.script(*delegated("task_agent", call("delete_task", task_id=task_id), answer="Gone."))
    key = {"Idempotency-Key": "again"}
    async with reading(ada, **key) as events:
        first = [event async for event in _until(events, "approval_request")]
    async with reading(ada, **key) as events:
        async with asyncio.timeout(20):
            second = [event async for event in _until(events, "approval_request")]
        assert second == first
        answer = await ada.person.post(
            f"/approvals/{json.loads(second[-1]['data'])['id']}", json={"decision": "approve"}
        )
        assert answer.status_code == 200
        rest = [event["event"] async for event in events]
    assert (rest[0], rest[-1]) == ("approval_resolved", "stream_end")


async def _until(events: AsyncIterator[Event], kind: str) -> AsyncIterator[Event]:
    async for event in events:
        yield event
        if event["event"] == kind:
            return


async def test_a_reader_who_hangs_up_does_not_end_the_turn(ada: Desktop, model: ScriptedModel) -> None:
    model.script(drip("I go on to the end", every_s=0.03))
    async with reading(ada) as events:
        start = json.loads((await anext(events))["data"])
    turn = await ended(ada.person, start["request_id"])
    assert (turn["status"], turn["response"]) == ("completed", "I go on to the end")


async def test_the_same_key_reads_the_same_turn(ada: Desktop, model: ScriptedModel) -> None:
    model.script(drip("only once", every_s=0.05))
    key = {"Idempotency-Key": "k"}

    async def read() -> list[Event]:
        async with reading(ada, **key) as events:
            return [event async for event in events]

    first, second = await asyncio.gather(read(), read())
    assert first == second == await read()
    assert len(model.requests) == 1


async def test_what_is_refused_is_a_problem_and_no_stream(ada: Desktop) -> None:
    for body, status, code in (
        ({"message": "x" * 32_001}, 413, "too_large"),
        ({"message": "Hello", "thread_id": "00000000-0000-4000-8000-000000000000"}, 404, "not_found"),
    ):
        answer = await ada.person.post("/chat/stream", json=body)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.headers["Content-Type"] == "application/problem+json"


async def test_a_turn_that_fails_ends_its_stream_with_the_code(ada: Desktop, model: ScriptedModel) -> None:
    model.answer = lambda _body: drip("", every_s=0)
    async with reading(ada) as events:
        heard = [event async for event in events]
    assert json.loads(heard[-1]["data"])["error"]["code"] == "model_unavailable"


async def test_a_silent_stream_beats(service: LiveService) -> None:
    stream = TurnStream("r", SocketLimits())
    lines = events_of(stream, "nobody", service.app.state.approvals.asking, beat_s=0.01)
    assert await anext(lines) == ": still there\n\n"
    stream.start("thread")
    assert (await anext(lines)).startswith("event: stream_start\nid: 1\ndata: {")
