"""What a client may say: every frame of PROTOCOL.md section 2, field by field."""

from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from device.conformance.tables import is_int
from device.conformance.verdicts import brief

Frame = dict[str, Any]
_MESSAGE_CHARACTERS = 32_000


def is_id(value: Any) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= 128 and value.isprintable()


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _bool(value: Any) -> bool:
    return isinstance(value, bool)


def _object(value: Any) -> bool:
    return isinstance(value, dict)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _timezone(value: Any) -> bool:
    if not isinstance(value, str) or not value:
        return False
    try:
        ZoneInfo("Europe/Rome")
    except KeyError:  # this machine has no time zones to compare with
        return True
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _resume(value: Any) -> bool:
    return isinstance(value, dict) and all(is_id(key) and is_int(seq) and seq >= 0 for key, seq in value.items())


def _client(value: Any) -> bool:
    names = ("name", "version", "platform")
    return isinstance(value, dict) and all(isinstance(value.get(name), str | None) for name in names)


def _history(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(each, dict) and _text(each.get("role")) and _text(each.get("content")) for each in value
    )


def _message(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= _MESSAGE_CHARACTERS


def _scope(value: Any) -> bool:
    kinds = ("task", "project", "note", "timeline", "client", "none")
    return isinstance(value, dict) and value.get("type") in kinds and isinstance(value.get("id"), str | None)


def _decision(value: Any) -> bool:
    return value in ("approve", "edit", "reject")


def _files(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(each, dict)
        and _text(each.get("path"))
        and _text(each.get("name"))
        and "content" in each
        and _object(each.get("metadata", {}))
        for each in value
    )


_Kind = tuple[str, Callable[[Any], bool]]
_ID: _Kind = ("a string of 1 to 128 printable characters", is_id)
_TEXT: _Kind = ("a string", _text)
_BOOL: _Kind = ("true or false", _bool)
_INT: _Kind = ("an integer", is_int)
_OBJECT: _Kind = ("an object", _object)
_TEXTS: _Kind = ("a list of strings", _texts)

_HOME: Mapping[str, _Kind] = {
    "message": ("a string of at most 32,000 characters", _message),
    "request_id?": _ID,
    "session_id?": _ID,
    "thread_id?": _ID,
    "conversation_history?": ("a list of {role, content}", _history),
    "context?": _OBJECT,
}
FIELDS: Mapping[str, Mapping[str, _Kind]] = {
    "device_hello": {
        "device_id": _ID,
        "agent_ids": _TEXTS,
        "name?": _TEXT,
        "protocol?": _INT,
        "timezone?": ("the IANA name of a time zone", _timezone),
        "client?": ("{name, version, platform} as strings", _client),
        "journal?": _BOOL,
        "resume?": ("{request_id: last_seq}, integers from 0", _resume),
    },
    "home_request": _HOME,
    "floating_request": {**_HOME, "scope": ("{type, id?} with a type of section 2", _scope)},
    "cancel": {"request_id": _ID},
    "tool_result": {"id": _ID},
    "approval_response": {
        "id": _ID,
        "decision": ("approve, edit or reject", _decision),
        "args?": _OBJECT,
        "reason?": _TEXT,
    },
    "agent_data": {"run_id": _ID, "files": ("a list of {path, name, content, metadata}", _files)},
    "agent_complete": {"run_id": _ID, "files_read": _INT, "errors": _TEXTS},
    "auth_refresh": {"token": ("a string that is not empty", lambda value: isinstance(value, str) and bool(value))},
    "pong": {},
}
RESULTS = frozenset({"rows", "row", "deleted", "ok", "results", "error"})
"""The fields of a `tool_result` that say how the call went."""


def fault(frame: Frame) -> tuple[str, str] | None:
    """The first thing wrong with a frame of a known type: what was expected, and what came instead."""
    kind = frame["type"]
    for name, (expected, holds) in FIELDS[kind].items():
        field, optional = name.removesuffix("?"), name.endswith("?")
        if field not in frame or (optional and frame[field] is None):  # null is the same as leaving it out
            if not optional:
                return f"`{field}` in `{kind}`: {expected}", "no such field"
        elif not holds(frame[field]):
            return f"{expected} as `{field}` of `{kind}`", brief(frame[field])
    if kind == "approval_response" and frame["decision"] == "edit" and frame.get("args") is None:
        return "the changed `args` in an `approval_response` that says `edit`", brief(frame)
    if kind == "tool_result" and RESULTS.isdisjoint(frame):
        return "a result or an `error` in `tool_result`", brief(frame)
    return None
