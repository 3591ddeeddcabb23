"""The assistant asks first; whoever runs the device decides."""

import asyncio
from collections.abc import Callable

from device import (
    Approval,
    ApprovalAsked,
    ApprovalResolved,
    Approve,
    Decision,
    Device,
    Edit,
    Reject,
)
from tests.device.assistant import Assistant, Reply, Telling, saying
from tests.device.service import Frame, socket

Make = Callable[..., Device]


def _asking(decisions: list[Frame], times: int = 1) -> Reply:
    async def reply(turn: Telling) -> None:
        await turn.start()
        while len(decisions) < times:
            decisions.append(await turn.ask("Delete the task “Buy milk”", task_id="t1", title="Buy milk"))
        await turn.end()

    return reply


async def test_each_decision_reaches_the_service_and_the_turn_tells_both_ends(device: Make) -> None:
    answers: list[Decision] = [Approve(), Edit({"task_id": "t2"}), Reject("Not yet."), Reject()]
    seen: list[Approval] = []

    async def decide(approval: Approval) -> Decision:
        seen.append(approval)
        return answers[len(seen) - 1]

    decisions: list[Frame] = []
    async with (
        socket(Assistant(_asking(decisions, 4))) as service,
        device(service.url, on_approval=decide).online() as made,
        asyncio.timeout(20),
    ):
        events = [event async for event in made.ask("delete it", request_id="r")]
    assert decisions == [
        {"decision": "approve"},
        {"decision": "edit", "args": {"task_id": "t2"}},
        {"decision": "reject", "reason": "Not yet."},
        {"decision": "reject"},
    ]
    args = {"task_id": "t1", "title": "Buy milk"}
    assert seen[0] == Approval("approval-1", "r", "delete_task", "Delete the task “Buy milk”", args, 10**13)
    assert events[1:3] == [ApprovalAsked(seen[0]), ApprovalResolved("approval-1", "approve", "this device")]


async def test_an_answer_from_elsewhere_withdraws_the_question(device: Make) -> None:
    withdrawn = asyncio.Event()

    async def decide(_approval: Approval) -> Decision:
        asked.set()
        try:
            await asyncio.Event().wait()
        finally:
            withdrawn.set()
        return Approve()

    asked, decisions = asyncio.Event(), list[Frame]()
    assistant = Assistant(_asking(decisions))
    async with (
        socket(assistant) as service,
        device(service.url, on_approval=decide).online() as made,
        asyncio.timeout(20),
    ):
        turn = made.ask("delete it")
        await asked.wait()
        await assistant.resolve("approval-1", "reject", "the phone")
        await turn.ended()
        await withdrawn.wait()
    assert [each["type"] for each in assistant.heard] == ["home_request"]


async def test_a_question_outlives_a_cut_and_is_put_once(device: Make) -> None:
    times, may_answer = list[str](), asyncio.Event()

    async def decide(approval: Approval) -> Decision:
        times.append(approval.id)
        await may_answer.wait()
        return Approve()

    decisions: list[Frame] = []
    assistant = Assistant(_asking(decisions))
    async with (
        socket(assistant) as service,
        device(service.url, on_approval=decide).online() as made,
        asyncio.timeout(20),
    ):
        turn = made.ask("delete it")
        await assistant.until(lambda: bool(assistant.approvals))
        (await assistant.connected()).cut()
        await assistant.until(lambda: len(assistant.hellos) == 2 and assistant.peer is not None)
        may_answer.set()
        await turn.ended()
    assert (times, decisions) == (["approval-1"], [{"decision": "approve"}])


async def test_an_answer_given_while_the_line_is_down_is_sent_when_the_question_comes_again(device: Make) -> None:
    async def decide(_approval: Approval) -> Decision:
        made.cut()
        while made.is_ready:  # noqa: ASYNC110
            await asyncio.sleep(0)
        times.append(1)
        return Reject("No.")

    decisions, times = list[Frame](), list[int]()
    async with socket(Assistant(_asking(decisions))) as service:
        made = device(service.url, on_approval=decide)
        async with made.online(), asyncio.timeout(20):
            await made.ask("delete it").ended()
    assert (decisions, times) == ([{"decision": "reject", "reason": "No."}], [1])


async def test_the_end_of_a_turn_withdraws_its_questions(device: Make) -> None:
    async def reply(turn: Telling) -> None:
        await turn.start()
        asking.append(asyncio.create_task(turn.ask("Delete everything")))
        await asked.wait()
        await turn.end("failed", code="interrupted", message="It was interrupted.")

    async def decide(_approval: Approval) -> Decision:
        asked.set()
        try:
            await asyncio.Event().wait()
        finally:
            withdrawn.set()
        return Approve()

    asking: list[asyncio.Task[Frame]] = []
    asked, withdrawn = asyncio.Event(), asyncio.Event()
    async with (
        socket(Assistant(reply)) as service,
        device(service.url, on_approval=decide).online() as made,
        asyncio.timeout(20),
    ):
        await made.ask("delete everything").ended()
        await withdrawn.wait()
    asking[0].cancel()


async def test_a_device_without_a_hook_tells_of_the_question_and_leaves_it_to_others(device: Make) -> None:
    said: list[str] = []
    assistant = Assistant(_asking([]))
    async with socket(assistant) as service, device(service.url, say=said.append).online() as made, asyncio.timeout(20):
        turn = made.ask("delete it")
        async for event in turn:
            if isinstance(event, ApprovalAsked):
                await assistant.resolve("approval-1", "approve", "the phone")
    assert said == ["The assistant asks: Delete the task “Buy milk” (answer: python -m device chat)"]
    assert [each["type"] for each in assistant.heard] == ["home_request"]


async def test_a_hook_that_fails_answers_nothing_and_ends_nothing(device: Make) -> None:
    async def decide(_approval: Approval) -> Decision:
        failed.set()
        raise RuntimeError

    failed = asyncio.Event()
    assistant = Assistant(_asking([]), saying("fine"))
    async with (
        socket(assistant) as service,
        device(service.url, on_approval=decide).online() as made,
        asyncio.timeout(20),
    ):
        turn = made.ask("delete it")
        await failed.wait()
        await made.ask("and you?").ended()
        await assistant.resolve("approval-1", "expired")
        await turn.ended()
        assert made.connections == 1


async def test_an_answer_the_service_refused_is_not_given_again(device: Make) -> None:
    answers: list[Decision] = [Reject("x" * 10_000), Reject("No.")]

    async def decide(_approval: Approval) -> Decision:
        return answers.pop(0)

    decisions: list[Frame] = []
    assistant = Assistant(_asking(decisions))
    assistant.answers_refused = 1
    async with (
        socket(assistant) as service,
        device(service.url, on_approval=decide).online() as made,
        asyncio.timeout(20),
    ):
        await made.ask("delete it").ended()
    assert decisions == [{"decision": "reject", "reason": "No."}]
