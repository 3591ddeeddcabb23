"""Turns as the service streams them, kept frame by frame so that a client can resume them."""

import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from device.conformance.frames import Frame


@dataclass
class Turn:
    """One turn's frames so far. `seq` counts from 1 without a gap."""

    request_id: str
    frames: list[Frame] = field(default_factory=list)

    @property
    def last_seq(self) -> int:
        return len(self.frames)

    @property
    def is_ended(self) -> bool:
        return bool(self.frames) and self.frames[-1]["type"] == "stream_end"

    def after(self, seq: int) -> list[Frame]:
        return self.frames[max(seq, 0) :]

    def start(self) -> Frame:
        return self._next("stream_start", thread_id=f"thread-{self.request_id}"[:128])

    def activity(self) -> Frame:
        return self._next("activity", agent="task_agent", state="started", tool="list_tasks", label="Reading tasks")

    def text(self, chunk: str) -> Frame:
        return self._next("stream_text", chunk=chunk)

    def end(self) -> Frame:
        usage = {"input_tokens": 1, "output_tokens": 1}
        return self._next("stream_end", status="completed", mutations=[], usage=usage)

    def floating(self) -> Frame:
        return self._next("floating_domain", domain="tasks")

    def approval(self) -> Frame:
        """A question to the user; it has no `seq`, and is no part of what is resumed."""
        return {
            "type": "approval_request",
            "id": f"conformance-{uuid4()}",
            "request_id": self.request_id,
            "tool": "delete_task",
            "summary": "Delete nothing: the protocol checker only asks",
            "args": {"task_id": "conformance"},
            "expires_at": int(time.time() * 1000) + 600_000,
        }

    def _next(self, kind: str, **fields: Any) -> Frame:
        frame = {"type": kind, "request_id": self.request_id, "seq": len(self.frames) + 1, **fields}
        self.frames.append(frame)
        return frame


class Turns:
    """Every turn of the run, and the client's requests for one that nobody has answered yet."""

    def __init__(self) -> None:
        self.by_id: dict[str, Turn] = {}
        self.requests: deque[Frame] = deque(maxlen=100)

    def new(self, request_id: str | None = None) -> Turn:
        turn = Turn(request_id or f"conformance-{uuid4()}")
        self.by_id[turn.request_id] = turn
        return turn

    def resumed(self, wanted: dict[str, Any]) -> tuple[list[Turn], list[str]]:
        """Of the turns a hello lists: those that go on, and the ids that nobody here knows."""
        known = [self.by_id[each] for each in wanted if each in self.by_id]
        return known, [each for each in wanted if each not in self.by_id]

    def forget(self, turn: Turn) -> None:
        """From now on it is lost: it cannot be resumed any more."""
        self.by_id.pop(turn.request_id, None)
