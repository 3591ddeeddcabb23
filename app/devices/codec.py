"""Frames to bytes and back. What a device sends is checked here, before anything acts on it."""

import re
from collections.abc import Sequence
from typing import Any, get_args

import msgspec

from app.devices.frames import (
    ApprovalResponse,
    Cancel,
    DeviceHello,
    ErrorCode,
    FloatingRequest,
    Frame,
    FromDevice,
    HomeRequest,
    ToolResult,
)

_FROM_DEVICE: msgspec.json.Decoder[FromDevice] = msgspec.json.Decoder(FromDevice)
_CONTAINERS = frozenset({dict, list})
_ANYTHING: msgspec.json.Decoder[Any] = msgspec.json.Decoder()
_ENCODER = msgspec.json.Encoder()
_KNOWN_TYPES = {each.__struct_config__.tag for each in get_args(FromDevice)}


class _Head(msgspec.Struct):
    """As much of a frame as tells what it should have been."""

    type: object = None
    id: object = None
    request_id: object = None


_HEAD = msgspec.json.Decoder(_Head)
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
_RESULT = f'"{ToolResult.__struct_config__.tag}"'
# Of a text that is not JSON: the id, where it is the first thing said beside the type. Further in, it would be a row's.
_FIRST_ID = re.compile(rf'\s*\{{\s*(?:"type"\s*:\s*{_RESULT}\s*,\s*)?"id"\s*:\s*"([^"\\]{{1,128}})"')


NOT_JSON = "This is not JSON. Neither are NaN, Infinity and half a surrogate pair."


class BadFrame(Exception):
    """A frame that cannot be taken: what the `error` frame will say. Never repeats what was sent."""

    def __init__(
        self,
        code: ErrorCode,
        message: str,
        *,
        id: str | None = None,  # noqa: A002 - the frame's own word
        request_id: str | None = None,
        answers: str | None = None,
    ) -> None:
        """`answers`: the call a `tool_result` was meant for."""
        super().__init__(message)
        self.code, self.message, self.id, self.request_id = code, message, id, request_id
        self.answers = answers


def encode(frame: Frame) -> str:
    return _ENCODER.encode(frame).decode()


def decode(text: str, *, nesting: int, containers: int) -> FromDevice:
    """The frame in a text message. Raises `BadFrame`."""
    brackets = text.count("[") + text.count("{")
    if brackets > containers:
        raise _explained(text, f"A frame may hold {containers} lists and objects.", is_json=True)
    # Few frames have so many brackets that they could be nested too deeply at all.
    if brackets > nesting and _is_deeper(text, nesting):
        raise _explained(text, f"A frame may be nested {nesting} levels deep.", is_json=True)
    if "\\u0000" in text and _NUL.search(text):
        raise _explained(text, "NUL characters are not allowed.")
    try:
        frame = _FROM_DEVICE.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise _explained(text, str(error)) from None
    if not all(each is None or each.isprintable() for each in _ids(frame)):
        raise _explained(text, "Ids are 1 to 128 printable characters.")
    return frame


def _ids(frame: FromDevice) -> Sequence[str | None]:
    """The ids in a frame; those of a `tool_result` are checked by whoever finds that no call has them."""
    match frame:
        case ToolResult():
            return ()
        case DeviceHello():
            return (frame.device_id, *(frame.resume or ()), *(frame.agent_ids or ()))
        case FloatingRequest():
            return (frame.request_id, frame.session_id, frame.thread_id, frame.scope.id)
        case HomeRequest():
            return (frame.request_id, frame.session_id, frame.thread_id)
        case Cancel():
            return (frame.request_id,)
        case ApprovalResponse():
            return (frame.id,)
    return ()


def _is_deeper(text: str, nesting: int) -> bool:
    """False also for what is not JSON: that is told by whoever reads it next."""
    try:
        level: list[Any] = [[_ANYTHING.decode(text)]]
    except RecursionError:
        return True
    except (msgspec.DecodeError, UnicodeError):
        return False
    for _ in range(nesting + 1):
        level = [each for container in level for each in _values(container) if type(each) in _CONTAINERS]
        if not level:
            return False
    return True


def _values(container: Any) -> Any:
    return container.values() if type(container) is dict else container


def _explained(text: str, fault: str, *, is_json: bool = False) -> BadFrame:
    """`is_json`: it was found by parsing, as far as it can be parsed."""
    try:
        head = _HEAD.decode(text)
    except msgspec.ValidationError:
        return BadFrame("invalid_frame", "A frame is a JSON object.")
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        call_id = _call_meant(text)
        if is_json:
            return BadFrame("invalid_frame", fault, id=call_id, answers=call_id)
        return BadFrame("bad_json", NOT_JSON, id=call_id, answers=call_id)
    named = {"id": _told(head.id), "request_id": _told(head.request_id)}
    if head.type == ToolResult.__struct_config__.tag:
        named["answers"] = named["id"]
    if not isinstance(head.type, str):
        return BadFrame("invalid_frame", "A frame has a `type`, a string.", **named)
    if head.type not in _KNOWN_TYPES:
        return BadFrame("unknown_type", "This service does not know that type of frame.", **named)
    return BadFrame("invalid_frame", f"{head.type}: {fault}", **named)


def _call_meant(text: str) -> str | None:
    """The call a text answers that cannot be parsed, as one with NaN in it; its caller shall not wait for another."""
    first = _FIRST_ID.match(text)
    return _told(first[1]) if first is not None and _RESULT in text else None


def _told(value: object) -> str | None:
    """An id as the sender gave it, if it is one."""
    return value if isinstance(value, str) and 0 < len(value) <= 128 and value.isprintable() else None
