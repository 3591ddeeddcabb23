"""What goes into a run and what comes out of it, in the words of the turn that asks."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from app.errors import Conflict

Kind = Literal["home", "floating"]
Status = Literal["running", "waiting", "completed", "cancelled", "failed"]
Ending = Literal["completed", "cancelled", "failed"]
EventType = Literal["message", "tool.call", "tool.result"]
Actor = Literal["user", "assistant", "tool", "system"]
Messages = list[dict[str, Any]]
"""In the shapes of OpenAI's chat API."""
READ_OUTSIDE_TEXT = "read_outside_text"  # a key of a turn's first message: words of others went into what follows


class RunExists(Conflict):
    """The user has a turn with this request id already. `request_hash` tells a repeat from another question."""

    code = "duplicate_request"

    def __init__(self, run_id: UUID, request_hash: bytes | None) -> None:
        super().__init__("There is a turn with this request id already.")
        self.run_id, self.request_hash = run_id, request_hash


@dataclass(frozen=True)
class NewRun:
    user_id: UUID
    request_id: str  # 1 to 128 characters
    kind: Kind
    message: str
    thread_id: UUID | None  # None: a new thread
    device_id: str | None
    session_id: str | None
    request_hash: bytes | None


@dataclass(frozen=True)
class OpenedRun:
    """A run that this process holds. With `attempt` it is the fence: whoever takes the run up next has a greater one."""

    id: UUID
    thread_id: UUID
    user_id: UUID
    request_id: str
    attempt: int
    is_new_thread: bool


@dataclass(frozen=True)
class WaitingRun:
    """A run that waits for an approval, as any process sees it."""

    user_id: UUID
    id: UUID
    attempt: int
    is_unwanted: bool  # its cancel was requested


@dataclass(frozen=True)
class KeptEvent:
    """`content` is JSON: the text of a message, {"call_id", "tool", "args"} of a call, {"call_id", "tool", "text"} of a
    result."""

    type: EventType
    actor: Actor
    content: Any


@dataclass(frozen=True)
class Outcome:
    """How a turn ended. `transcript` is what later turns of the thread see of it, `transcript_tokens` its size by
    `app.threads.tokens`; `input_tokens` and `output_tokens` are what its model calls used."""

    status: Ending
    error_code: str | None = None
    response: str = ""
    mutations: list[dict[str, Any]] = field(default_factory=list)
    transcript: Messages = field(default_factory=list)
    transcript_tokens: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    events: list[KeptEvent] = field(default_factory=list)
    to_remember: bytes | None = None  # sealed for `memory_inbox` (`app.memory.inbox`)


@dataclass(frozen=True)
class RunRecord:
    """A run as it stands, opened for its user."""

    id: UUID
    thread_id: UUID
    request_id: str
    request_hash: bytes | None
    kind: Kind
    status: Status
    error_code: str | None
    response: str  # empty until the turn has ended, and when it ended without an answer
    mutations: list[dict[str, Any]]
    input_tokens: int
    output_tokens: int
    created_at: datetime
    ended_at: datetime | None
