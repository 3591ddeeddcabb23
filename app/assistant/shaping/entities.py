"""Entity tags and charts: found in the text from their `<` on, verified, written anew or taken out.

A tag has one spelling and nothing else in it. As soon as it can no longer become one, what belongs to the attempt (the
opening tag, a list of ids) is dropped and the text goes on behind it: words in a malformed tag stay readable.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from app.assistant.shaping import charts
from app.assistant.shaping.seen import KINDS, SeenIds

NAMES = frozenset({*KINDS, "chart"})
MARK = "data-"  # and a number nobody is to know: the marks of what a model is given as data
TAG_HELD = 4_096  # characters of a tag that are waited for
CHART_HELD = 65_536

_NAME = re.compile(r"</?[a-zA-Z]+")
_OPENING = re.compile(r"<([a-zA-Z]+)[ \t]{0,64}>")
_CLOSING = re.compile(r"</[a-zA-Z]+[ \t]{0,64}>")
BEGINS_MARK = re.compile(rf"</?{MARK}[0-9a-f]{{4}}", re.IGNORECASE)
_MARK_NAME = re.compile(rf"</?{MARK}[0-9a-f]{{4,256}}", re.IGNORECASE)
_MARK_ATTRIBUTES = re.compile(rf"{_MARK_NAME.pattern}[^<>`\n]{{0,256}}", re.IGNORECASE)
_ATTRIBUTES = re.compile(r"</?[a-zA-Z]+[^<>`\n]{0,256}")
_IDS = re.compile(r"\s*\[([^\[\]<>`]*)")
_CLOSES_CHART = re.compile(r"</chart\s*>", re.IGNORECASE)
_QUOTES = " \t\r\n\"'“”‘’`"


@dataclass(slots=True, frozen=True)
class Found:
    end: int  # where the text goes on
    instead: str = ""  # what is written; empty if the tag is taken out


class Entities:
    """`find` is asked at the `<` of one of our names or of a mark, opening or closing."""

    def __init__(self, seen: SeenIds, clean: Callable[[str], str], removed: Counter[str], *, are_allowed: bool) -> None:
        self._seen, self._clean, self._removed, self._are_allowed = seen, clean, removed, are_allowed

    def find(self, text: str, start: int, name: str, *, final: bool) -> Found | None:
        """What becomes of it; None if more text is needed."""
        found = self._find(text, start, name, final=final)
        if found is not None and not found.instead:
            self._removed["chart" if name == "chart" else "tag"] += 1
        return found

    def _find(self, text: str, start: int, name: str, *, final: bool) -> Found | None:
        if name == MARK:
            return _dropped(text, start, _MARK_NAME, _MARK_ATTRIBUTES, final=final)
        opening = _OPENING.match(text, start)
        if opening is None:
            return _malformed(text, start, final=final)
        if name == "chart":
            return self._chart(text, opening.end(), final=final)
        return self._entity(text, start, opening.end(), name, final=final)

    def _entity(self, text: str, start: int, body: int, name: str, *, final: bool) -> Found | None:
        limit = start + TAG_HELD
        ids = _IDS.match(text, body, limit)
        if ids is None:
            is_open = text[body:limit].strip() == ""
            return self._unfinished(text, limit, final=final) if is_open else Found(body)
        if ids.end() in (len(text), limit):
            return self._unfinished(text, limit, final=final)
        if text[ids.end()] != "]":
            return Found(ids.end())
        return self._closed(text, ids.end() + 1, limit, name, ids.group(1), final=final)

    def _closed(self, text: str, after: int, limit: int, name: str, ids: str, *, final: bool) -> Found | None:
        """The tag if it is closed behind its ids."""
        rest = text[after:limit].lstrip()
        at = min(len(text), limit) - len(rest)
        closing = f"</{name}"
        if rest[: len(closing)].lower() == closing:
            behind = rest[len(closing) :].lstrip()
            if behind.startswith(">"):
                return Found(at + len(rest) - len(behind) + 1, self._verified(name, ids))
            if behind:
                return Found(at + len(closing))
        elif not closing.startswith(rest.lower()):
            return Found(after)
        return self._unfinished(text, limit, final=final)

    def _unfinished(self, text: str, limit: int, *, final: bool) -> Found | None:
        """Wait; or drop all of it, at the end of the text or when it is too long for a tag."""
        if final or len(text) > limit:
            return Found(min(len(text), limit))
        return None

    def _verified(self, name: str, ids: str) -> str:
        if not self._are_allowed:
            return ""
        given = [each.strip(_QUOTES) for each in ids.split(",")]
        known = list(dict.fromkeys(each for each in given if self._seen.has(name, each)))
        self._removed["tag_id"] += sum(1 for each in given if each and each not in known)
        return f"<{name}>[{','.join(known)}]</{name}>" if known else ""

    def _chart(self, text: str, body: int, *, final: bool) -> Found | None:
        first = text[body : body + TAG_HELD].lstrip()[:1]
        if not first:
            return self._unfinished(text, body + TAG_HELD - 1, final=final)
        if first != "{":
            return Found(body)
        limit = body + CHART_HELD
        closing = _CLOSES_CHART.search(text, body, limit)
        if closing is not None:
            return Found(closing.end(), self._verified_chart(text[body : closing.start()]))
        if final or len(text) >= limit:
            return Found(charts.end_of_object(text[:limit], body))
        return None

    def _verified_chart(self, text: str) -> str:
        chart = charts.verified(text, self._clean) if self._are_allowed else None
        return f"<chart>{chart}</chart>" if chart is not None else ""


def _malformed(text: str, start: int, *, final: bool) -> Found | None:
    """A closing tag on its own, or one with attributes."""
    if closing := _CLOSING.match(text, start):
        return Found(closing.end())
    return _dropped(text, start, _NAME, _ATTRIBUTES, final=final)


def _dropped(
    text: str, start: int, name: re.Pattern[str], with_attributes: re.Pattern[str], *, final: bool
) -> Found | None:
    """All of a tag that ends, or with which the text ends; else its name."""
    end = _end(with_attributes, text, start)
    if end == len(text):
        return Found(end) if final else None
    return Found(end + 1) if text[end] == ">" else Found(_end(name, text, start))


def _end(pattern: re.Pattern[str], text: str, start: int) -> int:
    found = pattern.match(text, start)
    return found.end() if found else start + 1
