"""What models and devices give, made fit to be kept and sent.

JSON has integers of any length, and a string may hold half a surrogate pair; what a turn is written down in has neither.
"""

import json
from typing import Any

import msgspec

from app.threads.content import to_json, whole

LEAST, MOST = -(2**63), 2**63 - 1
NESTING = 32  # levels of lists and objects


def text_of(written: str) -> str:
    """A text without halves of surrogate pairs. A pair that came in two pieces is one character again."""
    if written.isascii():
        return written
    try:
        written.encode()
    except UnicodeEncodeError:
        return whole(written.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass"))
    return written


def arguments_of(written: str) -> dict[str, Any] | None:
    """A tool call's arguments. None for what is no JSON object, is nested too deeply, or holds an integer of more than
    64 bits: it could neither be kept while the turn waits nor be stored."""
    written = text_of(written)
    try:
        arguments: dict[str, Any] | None = msgspec.json.decode(written, type=dict[str, Any])
    except msgspec.DecodeError:  # a ValidationError is one, too
        arguments = _with_halves(written)
    except RecursionError:
        return None
    return arguments if arguments is not None and fits(arguments) else None


def _with_halves(written: str) -> dict[str, Any] | None:
    """Arguments in which half a surrogate pair is escaped: half a character is no reason to refuse a call."""
    if "\\ud" not in written.lower():
        return None
    try:
        return msgspec.json.decode(to_json(json.loads(written)), type=dict[str, Any])
    except (ValueError, RecursionError):
        return None


def fits(value: Any, levels: int = NESTING) -> bool:
    if isinstance(value, int):
        return LEAST <= value <= MOST
    if not isinstance(value, dict | list):
        return True
    inner = value.values() if isinstance(value, dict) else value
    return levels > 0 and all(fits(each, levels - 1) for each in inner)


def row_of(row: dict[str, Any]) -> dict[str, Any]:
    """A device's row, with integers of more than 64 bits as strings. The row itself when there are none."""
    return row if fits(row, levels=64) else {column: _value_of(value) for column, value in row.items()}


def _value_of(value: Any) -> Any:
    if isinstance(value, dict):
        return row_of(value)
    if isinstance(value, list):
        return [_value_of(each) for each in value]
    return value if fits(value) else _digits(value)


def _digits(number: int) -> str:
    try:
        return str(number)
    except ValueError:  # Python writes no number of more than some thousand digits
        return "a number too long to be written"
