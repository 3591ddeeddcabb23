"""What a model gave a tool, checked: a wrong value is told in a sentence it can act on, before the device is asked."""

import json
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import ParamSpec

NOT_GIVEN = -1  # of numbers; of text it is the empty string
CLEAR = "none"  # the word that empties a field
CLEAR_DATE = 0

STATUSES = ("todo", "in_progress", "done")
PRIORITIES = ("high", "medium", "low")
PROJECT_STATUSES = ("active", "archived")

P = ParamSpec("P")


class WrongArgument(ValueError):
    """The sentence says what is wrong and what would be right."""


def answered(function: Callable[P, Awaitable[str]]) -> Callable[P, Awaitable[str]]:
    """The tool with `WrongArgument` as text: an expected failure, which the model mends itself."""

    @wraps(function)
    async def answering(*args: P.args, **kwargs: P.kwargs) -> str:
        try:
            return await function(*args, **kwargs)
        except WrongArgument as wrong:
            return f"Error: {wrong}"

    return answering


def needed(name: str, value: str) -> str:
    """Raises `WrongArgument` for blank text."""
    if not value.strip():
        raise WrongArgument(f"{name} must not be empty.")
    return value


def one_of(name: str, value: str, choices: tuple[str, ...]) -> str:
    """One of the choices, however it was spelled ("In progress"). Raises `WrongArgument`."""
    chosen = value.strip().lower().replace(" ", "_").replace("-", "_")
    if chosen not in choices:
        raise WrongArgument(f"{name} must be one of {', '.join(choices)}, not {shown(value)}.")
    return chosen


def names(name: str, value: str) -> str:
    """A JSON array of strings, as the column holds it. Raises `WrongArgument`."""
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise WrongArgument(f'{name} must be a JSON array of strings, as in ["Anna"], not {shown(value)}.')
    return json.dumps(found, ensure_ascii=False)


def moment(name: str, value: int) -> int:
    """Milliseconds since the epoch. Raises `WrongArgument` for what is before it."""
    if value < 0:
        raise WrongArgument(f"{name} must be milliseconds since 1970-01-01 UTC, not {value}.")
    return value


def flag(name: str, value: int) -> int:
    if value not in (0, 1):
        raise WrongArgument(f"{name} must be 0 or 1, not {value}.")
    return value


def ordering(value: str, columns: tuple[str, ...]) -> str:
    """`due_date`, `-dueDate` → the device's column, with its minus. Raises `WrongArgument`."""
    minus = "-" if value.startswith("-") else ""
    plain = {column.lower(): column for column in columns}
    column = plain.get(value.removeprefix("-").replace("_", "").strip().lower())
    if column is None:
        raise WrongArgument(
            f"order_by must be a column, with a minus in front for descending, not {shown(value)}; "
            f"the columns are {', '.join(columns)}."
        )
    return minus + column


def is_cleared(value: str) -> bool:
    return value.strip().lower() == CLEAR


def shown(value: str) -> str:
    text = " ".join(value.split())
    return f"“{text[:60]}…”" if len(text) > 60 else f"“{text}”"
