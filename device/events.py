"""What happens in a turn, as small typed things: the frames of PROTOCOL section 3 and 5 that carry its `request_id`.

Read leniently: a field that is missing or of another type becomes empty. What a server has garbled is shown as little,
and never ends a connection.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from device.calls import Frame


@dataclass(frozen=True)
class Started:
    """The turn has begun, and belongs to this thread."""

    thread_id: str


@dataclass(frozen=True)
class Domain:
    """What a floating turn is about: `tasks`, `projects`, `notes`, `timelines` or `clients`."""

    domain: str


@dataclass(frozen=True)
class Activity:
    """For a progress line. `state`: `started`, `finished` or `failed`."""

    agent: str
    state: str
    label: str
    tool: str = ""


@dataclass(frozen=True)
class Text:
    """A piece of the answer. A tag is always whole inside one piece."""

    chunk: str = field(repr=False)


@dataclass(frozen=True)
class Approval:
    """A question of the assistant: may `tool` run with `args`? `summary` says it in words; `expires_at` is ms."""

    id: str
    request_id: str
    tool: str
    summary: str = field(repr=False)
    args: Mapping[str, Any] = field(repr=False)
    expires_at: int = 0


@dataclass(frozen=True)
class ApprovalAsked:
    approval: Approval


@dataclass(frozen=True)
class ApprovalResolved:
    """`decision`: `approve`, `edit`, `reject` or `expired`. `by`: a device_id, or `api`."""

    id: str
    decision: str
    by: str


@dataclass(frozen=True)
class Mutation:
    """A row that the turn changed. `action`: `insert`, `update` or `delete`."""

    action: str
    table: str
    id: str
    data: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Ended:
    """The last event. `status`: `completed`, `cancelled` or `failed`; the codes and tokens are the service's."""

    status: str
    mutations: tuple[Mutation, ...] = ()
    input_tokens: int = 0
    output_tokens: int = 0
    error_code: str = ""
    error_message: str = ""


Event = Started | Domain | Activity | Text | ApprovalAsked | ApprovalResolved | Ended


def event_of(frame: Frame) -> Event | None:
    """None for a frame that is no event of a turn."""
    match frame["type"]:
        case "stream_start":
            return Started(_text(frame, "thread_id"))
        case "floating_domain":
            return Domain(_text(frame, "domain"))
        case "activity":
            return Activity(
                _text(frame, "agent"), _text(frame, "state"), _text(frame, "label"), tool=_text(frame, "tool")
            )
        case "stream_text":
            return Text(_text(frame, "chunk"))
        case "approval_request":
            return ApprovalAsked(_approval(frame))
        case "approval_resolved":
            return ApprovalResolved(_text(frame, "id"), _text(frame, "decision"), _text(frame, "by"))
        case "stream_end":
            return _ended(frame)
    return None


def _approval(frame: Frame) -> Approval:
    return Approval(
        _text(frame, "id"),
        _text(frame, "request_id"),
        _text(frame, "tool"),
        _text(frame, "summary"),
        _object(frame, "args"),
        _whole(frame, "expires_at"),
    )


def _ended(frame: Frame) -> Ended:
    usage, error = _object(frame, "usage"), _object(frame, "error")
    told = frame.get("mutations")
    mutations = [each for each in told if isinstance(each, dict)] if isinstance(told, list) else []
    return Ended(
        _text(frame, "status"),
        tuple(
            Mutation(_text(each, "action"), _text(each, "table"), _text(each, "id"), _object(each, "data"))
            for each in mutations
        ),
        _whole(usage, "input_tokens"),
        _whole(usage, "output_tokens"),
        _text(error, "code"),
        _text(error, "message"),
    )


def _text(frame: Frame, name: str) -> str:
    value = frame.get(name)
    return value if isinstance(value, str) else ""


def _object(frame: Frame, name: str) -> Frame:
    value = frame.get(name)
    return value if isinstance(value, dict) else {}


def _whole(frame: Frame, name: str) -> int:
    value = frame.get(name)
    return value if type(value) is int else 0
