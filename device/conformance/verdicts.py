"""How a check tells what it found: it returns, or it raises one of these."""

from typing import Any

import orjson

_LONGEST = 240


class Broken(Exception):
    """The rule does not hold."""

    def __init__(self, expected: str, got: str) -> None:
        super().__init__(f"expected {expected}, got {got}")
        self.expected, self.got = expected, got


class Gone(Broken):
    """It does not hold because the connection ended where it should have lasted, or never came back."""


class NotTested(Exception):
    """Nothing can be said about the rule in this run, for a reason that is nobody's fault."""


class GaveUp(Exception):
    """The client no longer takes part; going on would only cost time."""


def brief(value: Any) -> str:
    """A value as the client sent it, short enough for a line of a report."""
    try:
        text = orjson.dumps(value).decode()
    except (TypeError, ValueError):
        text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text):,} characters)"


def require(holds: bool, expected: str, got: Any) -> None:  # noqa: FBT001 - reads as the sentence it is
    """Raises `Broken` unless it holds."""
    if not holds:
        raise Broken(expected, got if isinstance(got, str) else brief(got))
