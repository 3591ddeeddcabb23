"""What stands in the parentheses of a link: read from left to right, each character decides once."""

import re
from dataclasses import dataclass

LONGEST = 2_048  # characters

_SPACE = re.compile(r"[ \t\n]*")
_ANGLED = re.compile(r"[^<>\n]*")
_RUN = re.compile(r"(?:[^\s()\\]|\\(?:.|\Z))*", re.DOTALL)
_TITLE_RUN = re.compile(r"(?:[^\n\"')\\]|\\(?:.|\Z))*", re.DOTALL)
_DEPTH = 32  # parentheses in parentheses, as renderers limit them
_TITLE_END = {'"': '"', "'": "'", "(": ")"}


@dataclass(slots=True, frozen=True)
class Destination:
    url: str
    end: int  # behind the closing parenthesis
    is_angled: bool = False


@dataclass(slots=True, frozen=True)
class NoDestination:
    """What stands there makes no link."""


class _NotAll(Exception):
    """The text ends too early."""


class _NotOne(Exception):
    """This is not the destination of a link."""


def destination(text: str, start: int, *, final: bool) -> Destination | NoDestination | None:
    """The destination that begins behind the opening parenthesis; None if more text is needed."""
    try:
        found = _destination(text, start)
    except _NotOne:
        return NoDestination()
    except _NotAll:
        return NoDestination() if final or len(text) - start > LONGEST else None
    return found if found.end - start <= LONGEST else NoDestination()


def _destination(text: str, start: int) -> Destination:
    at = _space(text, start)
    is_angled = text[at] == "<"
    end = _angled(text, at + 1) if is_angled else _plain(text, at)
    url = text[at + 1 : end - 1] if is_angled else text[at:end]
    at = _space(text, end)
    if text[at] != ")":
        if at == end or text[at] not in _TITLE_END:
            raise _NotOne
        at = _space(text, _title(text, at))
        if text[at] != ")":
            raise _NotOne
    return Destination(url, at + 1, is_angled)


def _space(text: str, start: int) -> int:
    end = _end(_SPACE, text, start)
    if text.count("\n", start, end) > 1:
        raise _NotOne
    if end == len(text):
        raise _NotAll
    return end


def _angled(text: str, start: int) -> int:
    end = _end(_ANGLED, text, start)
    if end == len(text):
        raise _NotAll
    if text[end] != ">":
        raise _NotOne
    return end + 1


def _plain(text: str, start: int) -> int:
    depth = 0
    at = start
    while (at := _end(_RUN, text, at)) < len(text):
        if text[at] == "(" and depth < _DEPTH:
            depth += 1
        elif text[at] == ")" and depth:
            depth -= 1
        elif text[at] == "(":
            raise _NotOne
        else:
            return at
        at += 1
    raise _NotAll


def _title(text: str, start: int) -> int:
    closing = _TITLE_END[text[start]]
    at = start + 1
    while (at := _end(_TITLE_RUN, text, at)) < len(text):
        if text[at] == closing:
            return at + 1
        if text.startswith("\n\n", at):
            raise _NotOne
        at += 1
    raise _NotAll


def _end(run: re.Pattern[str], text: str, start: int) -> int:
    found = run.match(text, start)
    return found.end() if found else start
