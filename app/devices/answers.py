"""What each action's result must look like. A result that does not is never handed on as if it did."""

from collections.abc import Callable
from typing import Any

from msgspec import UNSET

from app.devices.frames import Action, ToolResult
from app.devices.limits import SocketLimits
from app.devices.outcomes import DeviceRefused, MalformedResult

MAX_REASON = 2000  # characters of a device's reason that are handed on


def answer(action: Action, result: ToolResult, limits: SocketLimits) -> dict[str, Any]:
    """The fields the action returns. Raises `DeviceRefused`, `MalformedResult`."""
    if result.error is not UNSET and result.error is not None:
        raise DeviceRefused(result.error[:MAX_REASON] or "The device gave no reason.")
    name, fits = _FIELDS[action]
    value = getattr(result, name)
    is_there = value is not UNSET and (value is not None or name == "row")  # there is no such row: an answer, too
    if not is_there or not fits(value):
        raise MalformedResult(f"The device's answer is not what {action} returns: {RETURNS[action]}.")
    if isinstance(value, list) and len(value) > limits.rows_in_a_result:
        raise MalformedResult(f"The device's answer has more than {limits.rows_in_a_result} rows.")
    return {name: value}


def _anything(_value: Any) -> bool:
    return True


def _is_stored(row: dict[str, Any] | None) -> bool:
    return row is not None and isinstance(row.get("id"), str)


def _are_hits(results: list[dict[str, Any]]) -> bool:
    return all(
        isinstance(hit.get("id"), str)
        and isinstance(hit.get("content"), str)
        and isinstance(hit.get("score"), int | float)
        and not isinstance(hit.get("score"), bool)
        for hit in results
    )


# The field each action returns, and what is asked of its value beyond the frame's own type.
_FIELDS: dict[Action, tuple[str, Callable[[Any], bool]]] = {
    "select": ("rows", _anything),
    "get": ("row", _anything),
    "insert": ("row", _is_stored),
    "update": ("row", _anything),
    "delete": ("deleted", _anything),
    "vector_upsert": ("ok", bool),
    "vector_search": ("results", _are_hits),
}
RETURNS: dict[Action, str] = {
    "select": "rows, a list of objects",
    "get": "row, an object or null",
    "insert": "row, an object with its id",
    "update": "row, an object or null",
    "delete": "deleted, true or false",
    "vector_upsert": "ok, true",
    "vector_search": "results, a list of {id, content, score}",
}
