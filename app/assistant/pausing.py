"""What is written down when a turn begins to wait for approvals."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from langgraph.types import Interrupt

from app.assistant.approvals.wanted import OpenApproval, Wanted
from app.assistant.context import TurnContext
from app.assistant.paused import PausedTurn, to_bytes
from app.assistant.question import Question
from app.devices.turns import TurnStream
from app.threads.records import OpenedRun


def wanted(interrupts: Sequence[Interrupt], now: datetime, approval_s: float) -> list[Wanted]:
    """One approval for each tool call that waits. A graph inside a graph tells of its interrupts twice."""
    asked = {each.id: each.value for each in interrupts}
    return [
        Wanted(
            id=uuid4(),
            interrupt_id=interrupt_id,
            tool_call_id=value["tool_call_id"],
            tool=value["tool"],
            action=value["action"],
            summary=value["summary"],
            args=value["args"],
            expires_at=now + timedelta(seconds=approval_s),
        )
        for interrupt_id, value in asked.items()
    ]


def opened(asked: Sequence[Wanted], run: OpenedRun) -> list[OpenApproval]:
    """The same, as devices are told of them."""
    whose: dict[str, Any] = {"run_id": run.id, "request_id": run.request_id, "user_id": run.user_id}
    return [OpenApproval(**vars(each), **whose) for each in asked]


def paused(
    question: Question, run: OpenedRun, graph: bytes, stream: TurnStream, context: TurnContext, used_s: float
) -> bytes:
    """Everything the turn needs to go on, in whichever process."""
    frames, dropped = stream.kept()
    noted = context.noted
    turn = PausedTurn(
        question=question,
        run=run,
        graph=graph,
        frames=frames,
        dropped=dropped,
        said=context.voice.answer,
        about=context.about,
        mark=context.mark,
        meter=context.meter,
        started=sorted(context.started),
        seen=noted.seen.pairs(),
        mutations=noted.mutations,
        events=noted.events,
        has_read_outside_text=noted.has_read_outside_text,
        updates_after_outside_text=noted.updates_after_outside_text,
        used_s=used_s,
        said_at=context.memory.said_at,
        heard=context.memory.heard,
        forgot=context.memory.forgot,
    )
    return to_bytes(turn)
