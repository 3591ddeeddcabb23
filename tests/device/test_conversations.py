"""Questions to the assistant, from a program's side, over a real socket."""

import asyncio
from collections.abc import Callable

import pytest

from device import (
    Activity,
    Device,
    DeviceError,
    DeviceStopped,
    Domain,
    Ended,
    Mutation,
    Scope,
    Started,
    Text,
    TurnLost,
    TurnRefused,
)
from tests.device.assistant import Assistant, Telling, saying
from tests.device.service import Frame, Peer, closing, socket

Make = Callable[..., Device]


async def test_a_turn_tells_its_events_in_order_and_carries_out_calls_meanwhile(device: Make) -> None:
    async def reply(turn: Telling) -> None:
        await turn.start()
        await turn.do("Adding it")
        row = (await turn.call("insert", table="tasks", data={"title": "Buy milk"}))["row"]
        await turn.say("Done: ", "Buy milk.")
        await turn.end(
            "completed", {"action": "insert", "table": "tasks", "id": row["id"], "data": {"title": "Buy milk"}}
        )

    async with socket(Assistant(reply)) as service, device(service.url).online() as made, asyncio.timeout(20):
        turn = made.ask("add Buy milk")
        events = [event async for event in turn]
        (row,) = made.store.rows("tasks")
    assert events == [
        Started("thread-1"),
        Activity("task_agent", "started", "Adding it", "list_tasks"),
        Text("Done: "),
        Text("Buy milk."),
        Ended("completed", (Mutation("insert", "tasks", row["id"], {"title": "Buy milk"}),), 12, 3),
    ]
    assert (turn.answer, turn.thread_id, turn.is_over) == ("Done: Buy milk.", "thread-1", True)
    assert [event async for event in turn] == events  # told to each who asks, also later


async def test_a_question_carries_only_what_was_given(device: Make) -> None:
    assistant = Assistant(saying("a"), saying("b"))
    async with socket(assistant) as service, device(service.url).online() as made, asyncio.timeout(20):
        await made.ask("first", request_id="r1").ended()
        history = [{"role": "user", "content": "earlier"}]
        scope = Scope("task", "t1")
        await made.ask("second", request_id="r2", thread_id="t", session_id="s", context={"a": 1}, history=history, scope=scope).ended()  # fmt: skip  # noqa: E501
    assert assistant.requests == [
        {"type": "home_request", "request_id": "r1", "message": "first"},
        {
            "type": "floating_request",
            "request_id": "r2",
            "message": "second",
            "thread_id": "t",
            "session_id": "s",
            "context": {"a": 1},
            "conversation_history": history,
            "scope": {"type": "task", "id": "t1"},
        },
    ]


async def test_a_floating_turn_begins_with_its_domain(device: Make) -> None:
    async def reply(turn: Telling) -> None:
        await turn.frame("floating_domain", domain="notes")
        await turn.start()
        await turn.end("failed", code="model_timeout", message="Too slow.")

    async with socket(Assistant(reply)) as service, device(service.url).online() as made, asyncio.timeout(20):
        events = [event async for event in made.ask("hm?", scope=Scope("none"))]
    ended = Ended("failed", (), 12, 3, error_code="model_timeout", error_message="Too slow.")
    assert events == [Domain("notes"), Started("thread-1"), ended]


async def test_turns_run_side_by_side(device: Make) -> None:
    first_may_end = asyncio.Event()

    async def slow(turn: Telling) -> None:
        await turn.start()
        await turn.say("slow")
        await first_may_end.wait()
        await turn.end()

    async with socket(Assistant(slow, saying("quick"))) as service, device(service.url).online() as made:
        async with asyncio.timeout(20):
            one, other = made.ask("one"), made.ask("other")
            await other.ended()
            assert not one.is_over
            first_may_end.set()
            await one.ended()
    assert (one.answer, other.answer) == ("slow", "quick")


async def test_a_turn_goes_on_after_a_cut_and_tells_nothing_twice(device: Make) -> None:
    async def reply(turn: Telling) -> None:
        await turn.start()
        await turn.say("one ")
        peer = await assistant.connected()
        await assistant.call("select", table="tasks")  # answered: what came before was heard
        peer.cut()
        await assistant.until(lambda: assistant.peer is None)
        await turn.say("two ")
        await assistant.connected()
        await assistant.send(turn.frames[1])  # once more
        await turn.say("three")
        await turn.end()

    assistant = Assistant(reply)
    async with socket(assistant) as service, device(service.url).online() as made, asyncio.timeout(20):
        turn = made.ask("count", request_id="r")
        await turn.ended()
    assert turn.answer == "one two three"
    assert [each["resume"] for each in assistant.hellos] == [{}, {"r": 2}]
    assert len(assistant.requests) == 1


async def test_a_request_whose_socket_dropped_before_the_first_frame_is_sent_again(device: Make) -> None:
    async def cut_twice(peer: Peer, _request: Frame) -> bool:
        if len(assistant.requests) <= 2:
            peer.cut()
        return len(assistant.requests) <= 2

    assistant = Assistant(saying("hello"))
    assistant.before_reply = cut_twice
    async with socket(assistant) as service, device(service.url).online() as made, asyncio.timeout(20):
        turn = made.ask("hi", request_id="r")
        assert (await turn.ended()).status == "completed"
    assert [each["request_id"] for each in assistant.requests] == ["r"] * 3
    assert turn.answer == "hello"


async def test_a_question_may_be_asked_before_there_is_a_connection(device: Make) -> None:
    async with socket(closing(1012), closing(1012), Assistant(saying("hello"))) as service:
        made = device(service.url)
        turn = made.ask("hi")
        async with made.online(), asyncio.timeout(20):
            await turn.ended()
    assert turn.answer == "hello"


async def test_a_turn_the_service_has_lost_ends_as_lost_with_its_thread(device: Make) -> None:
    async def reply(turn: Telling) -> None:
        await turn.start()
        await assistant.call("select", table="tasks")
        assistant.forgotten.add(turn.request_id)
        (await assistant.connected()).cut()

    assistant = Assistant(reply, saying("still here"))
    async with socket(assistant) as service, device(service.url).online() as made, asyncio.timeout(20):
        with pytest.raises(TurnLost, match="in the thread thread-1") as lost:
            await made.ask("hi").ended()
        assert lost.value.thread_id == "thread-1"
        await made.ask("and now?").ended()


async def test_a_refused_request_says_why_and_when_to_come_back(device: Make) -> None:
    async def refuse(peer: Peer, request: Frame) -> bool:
        told = {"code": "rate_limited", "message": "Too many questions.", "retry_after": 7}
        await peer.send(type="error", request_id=request["request_id"], **told)
        return True

    assistant = Assistant()
    assistant.before_reply = refuse
    async with socket(assistant) as service, device(service.url).online() as made, asyncio.timeout(20):
        turn = made.ask("hi")
        with pytest.raises(TurnRefused, match="Too many questions") as refused:
            await turn.ended()
    assert (refused.value.code, refused.value.retry_after_s, turn.is_over) == ("rate_limited", 7, True)


async def test_a_repeated_request_that_cannot_be_told_any_more_is_lost_not_refused(device: Make) -> None:
    async def drop_then_refuse(peer: Peer, request: Frame) -> bool:
        if len(assistant.requests) == 1:
            peer.cut()
        else:
            told = {"code": "duplicate_request", "message": "That ran before."}
            await peer.send(type="error", request_id=request["request_id"], **told)
        return True

    assistant = Assistant()
    assistant.before_reply = drop_then_refuse
    async with socket(assistant) as service, device(service.url).online() as made, asyncio.timeout(20):
        with pytest.raises(TurnLost, match="GET /chat/r"):
            await made.ask("hi", request_id="r").ended()


async def test_a_turn_can_be_cancelled(device: Make) -> None:
    async def reply(turn: Telling) -> None:
        await turn.start()
        await turn.say("I think")
        await asyncio.Event().wait()

    async with socket(Assistant(reply)) as service, device(service.url).online() as made, asyncio.timeout(20):
        turn = made.ask("think")
        async for event in turn:
            if isinstance(event, Text):
                await turn.cancel()
        assert (await turn.ended()).status == "cancelled"
        await turn.cancel()  # over: nothing happens


async def test_a_cancel_while_the_line_is_down_reaches_the_service_later(device: Make) -> None:
    async def reply(turn: Telling) -> None:
        await turn.start()
        await asyncio.Event().wait()

    assistant = Assistant(reply)
    async with socket(assistant) as service:
        made = device(service.url)
        async with made.online(), asyncio.timeout(20):
            turn = made.ask("think", request_id="r")
            async for event in turn:
                if isinstance(event, Started):
                    made.cut()
                    while made.is_ready:  # noqa: ASYNC110
                        await asyncio.sleep(0)
                    await turn.cancel()
    assert (await turn.ended()).status == "cancelled"
    assert [each["type"] for each in assistant.heard] == ["home_request", "cancel"]


async def test_a_question_that_was_never_sent_is_cancelled_here(device: Make) -> None:
    turn = device("http://127.0.0.1:1").ask("never mind")
    await turn.cancel()
    assert await turn.ended() == Ended("cancelled")


async def test_a_device_that_stops_ends_its_turns_and_takes_no_more(device: Make) -> None:
    async with socket(closing(4403)) as service, asyncio.timeout(20):
        made = device(service.url)
        turn = made.ask("hi")
        await made.run()
        with pytest.raises(DeviceStopped, match="revoked"):
            await turn.ended()
        with pytest.raises(DeviceStopped, match="revoked"):
            made.ask("hello?")


async def test_what_cannot_be_asked_is_told_at_once(device: Make) -> None:
    made = device("http://127.0.0.1:1")
    with pytest.raises(DeviceError, match="Ask with less"):
        made.ask("x" * 2_000_000)
    made.ask("a", request_id="r")
    with pytest.raises(ValueError, match="under way"):
        made.ask("b", request_id="r")


async def test_frames_that_make_no_sense_neither_end_the_turn_nor_the_connection(device: Make) -> None:
    async def reply(turn: Telling) -> None:
        await turn.start()
        await turn.frame("stream_text", chunk=["no", "text"])
        await turn.frame("activity", agent=None)
        await assistant.send({"type": "approval_request", "request_id": turn.request_id})
        await assistant.send({"type": "approval_resolved", "id": 7})
        await assistant.send({"type": "error", "code": "invalid_frame", "message": "?", "request_id": turn.request_id})
        await turn.frame("stream_end", status="completed", mutations=[7, {"id": None}], usage="much", error=[])

    assistant = Assistant(reply)
    async with socket(assistant) as service, device(service.url).online() as made, asyncio.timeout(20):
        ended = await made.ask("hi").ended()
        assert made.connections == 1
    assert ended == Ended("completed", (Mutation("", "", "", {}),))
