"""Turns as the assistant keeps them, without an assistant: opened and finished by hand."""

from typing import Any
from uuid import UUID, uuid4

from app.threads.deps import ThreadServices
from app.threads.records import KeptEvent, NewRun, OpenedRun, Outcome
from app.threads.runs import Runs
from app.threads.tokens import tokens
from tests.conftest import Service
from tests.factories.people import Person

TOOL = "list_tasks"


def threads_of(service: Service) -> ThreadServices:
    services: ThreadServices = service.app.state.threads
    return services


def another_process(service: Service) -> Runs:
    """The runs of a second process on the same database, as its owner."""
    runs = threads_of(service).runs
    return Runs(runs._db, runs._vault, service.clock, owner=uuid4())


def new_run(user_id: UUID, message: str = "What is due today?", **wanted: Any) -> NewRun:
    values: dict[str, Any] = {
        "request_id": f"request-{uuid4()}",
        "kind": "home",
        "thread_id": None,
        "device_id": "laptop",
        "session_id": "session-1",
        "request_hash": None,
    }
    return NewRun(user_id=user_id, message=message, **(values | wanted))


def answered(message: str, answer: str, *, with_tool: str | None = None, **wanted: Any) -> Outcome:
    """A turn that went well; `with_tool` is what a tool told the model on the way."""
    call: dict[str, Any] = {"id": "c1", "type": "function", "function": {"name": TOOL, "arguments": "{}"}}
    transcript: list[dict[str, Any]] = [{"role": "user", "content": message}]
    events = []
    if with_tool is not None:
        transcript += [
            {"role": "assistant", "content": "", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": with_tool},
        ]
        events = [
            KeptEvent("tool.call", "assistant", {"call_id": "c1", "tool": TOOL, "args": {}}),
            KeptEvent("tool.result", "tool", {"call_id": "c1", "tool": TOOL, "text": with_tool}),
        ]
    transcript.append({"role": "assistant", "content": answer})
    values: dict[str, Any] = {
        "status": "completed",
        "response": answer,
        "transcript": transcript,
        "transcript_tokens": tokens(transcript),
        "input_tokens": 120,
        "output_tokens": 30,
        "events": [*events, KeptEvent("message", "assistant", answer)],
    }
    return Outcome(**(values | wanted))


async def a_run(service: Service, owner: Person, message: str = "What is due today?", **wanted: Any) -> OpenedRun:
    """A turn that has begun."""
    return await threads_of(service).runs.open(new_run(UUID(await owner.id()), message, **wanted))


async def a_turn(
    service: Service, owner: Person, message: str = "What is due today?", answer: str = "Nothing.", **wanted: Any
) -> OpenedRun:
    """A turn that has been answered. `with_tool=` as for `answered`; the rest is `NewRun`'s."""
    outcome = answered(message, answer, with_tool=wanted.pop("with_tool", None))
    run = await a_run(service, owner, message, **wanted)
    assert await threads_of(service).runs.finish(run, outcome)
    return run


async def a_thread(service: Service, owner: Person) -> UUID:
    """A thread with one turn in it."""
    return (await a_turn(service, owner, with_tool="No tasks.")).thread_id
