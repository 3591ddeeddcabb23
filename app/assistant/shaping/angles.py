"""What a `<` in running text begins: one of our tags, HTML, a comment, an address in angle brackets, or nothing."""

import re
from dataclasses import dataclass

from app.assistant.shaping.entities import BEGINS_MARK, MARK, NAMES
from app.assistant.shaping.html_names import HTML_NAMES, PARTS_WORDS, SWALLOWED

HELD = 4_096  # characters of a comment, an HTML tag or a script that are waited for
_NAME_HELD = 64
_ADDRESS_HELD = 2_048

_NAME = re.compile(r"</?([a-zA-Z][a-zA-Z0-9-]*)")
_BEGUN_MARK = re.compile(rf"{MARK}[0-9a-f]{{0,3}}")
_OUR_NAME = re.compile(r"</?([a-zA-Z]+)(?=[\s/>])")
_END_OF_TAG = re.compile(r"[<>]|\n[ \t]*\n")
_ADDRESS = re.compile(r"[^\s<>]*")
_KNOWN_SCHEME = re.compile(
    r"[a-zA-Z][a-zA-Z0-9+.-]*://|(?:mailto|data|javascript|vbscript):|[\w.+-]+@[\w.-]+\Z", re.IGNORECASE
)


@dataclass(slots=True, frozen=True)
class Ours:
    name: str


@dataclass(slots=True, frozen=True)
class Element:
    """HTML, to be taken out."""

    end: int
    parts_words: bool = False  # renderers begin a line or a cell with it


@dataclass(slots=True, frozen=True)
class Bracketed:
    """An address in angle brackets."""

    url: str
    end: int


@dataclass(slots=True, frozen=True)
class Text:
    """A character like any other, or one that needs a backslash to be one."""

    needs_escape: bool


Angle = Ours | Element | Bracketed | Text
PLAIN, ESCAPED = Text(needs_escape=False), Text(needs_escape=True)


def ours(text: str, start: int, *, final: bool) -> Ours | Text | None:
    """In code and behind a backslash: one of our tags or plain text. None if more text is needed."""
    if found := _OUR_NAME.match(text, start):
        name = found.group(1).lower()
        return Ours(name) if name in NAMES else PLAIN
    if BEGINS_MARK.match(text, start):
        return Ours(MARK)
    rest = text[start : start + 16].lower().replace("/", "", 1)[1:]
    return None if not final and start + 16 > len(text) and _is_begun(rest) else PLAIN


def _is_begun(name: str) -> bool:
    return any(each.startswith(name) for each in (*NAMES, MARK)) or _BEGUN_MARK.fullmatch(name) is not None


def angle(text: str, start: int, *, final: bool) -> Angle | None:
    """None if more text is needed."""
    following = text[start + 1 : start + 3]
    if not following or following == "/":
        return PLAIN if final else None
    if following[0] == "!":
        return _declaration(text, start, final=final)
    found = _NAME.match(text, start)
    if found is None:
        return PLAIN
    if BEGINS_MARK.match(text, start):
        return Ours(MARK)
    if found.end() - start > _NAME_HELD:
        return ESCAPED
    if found.end() == len(text) and not final:
        return None
    return _named(text, start, found.group(1).lower(), found.end(), final=final)


def _declaration(text: str, start: int, *, final: bool) -> Angle | None:
    rest = text[start : start + 4]
    if rest == "<!--":
        end = text.find("-->", start, start + HELD)
        if end >= 0:
            return Element(end + 3)
        return Element(start + 4) if final or len(text) >= start + HELD else None
    if not final and len(rest) < 4 and "<!--".startswith(rest):
        return None
    return _to_end(text, start, start + 2, final=final) if rest[2:3].isalpha() else ESCAPED


def _named(text: str, start: int, name: str, after: int, *, final: bool) -> Angle | None:
    following = text[after : after + 1]
    ends_name = following in (">", "/") or following.isspace()
    if ends_name and name in NAMES:
        return Ours(name)
    if ends_name and name in HTML_NAMES:
        return _element(text, start, name, after, final=final)
    return ESCAPED if ends_name or not following else _bracketed(text, start, final=final)


def _element(text: str, start: int, name: str, after: int, *, final: bool) -> Angle | None:
    found = _to_end(text, start, after, final=final)
    if not isinstance(found, Element):
        return found
    if name not in SWALLOWED or text[start + 1] == "/":
        return Element(found.end, parts_words=name in PARTS_WORDS)
    closing = re.compile(rf"</{name}\s*>", re.IGNORECASE).search(text, found.end, start + HELD)
    if closing is not None:
        return Element(closing.end())
    return found if final or len(text) >= start + HELD else None


def _to_end(text: str, start: int, after: int, *, final: bool) -> Angle | None:
    found = _END_OF_TAG.search(text, after, start + HELD)
    if found is not None:
        return Element(found.end()) if found.group() == ">" else ESCAPED
    return ESCAPED if final or len(text) >= start + HELD else None


def _bracketed(text: str, start: int, *, final: bool) -> Angle | None:
    found = _ADDRESS.match(text, start + 1, start + _ADDRESS_HELD)
    end = found.end() if found else start + 1
    if end == len(text) and not final:
        return None
    if text[end : end + 1] == ">" and _KNOWN_SCHEME.match(text, start + 1, end):
        url = text[start + 1 : end]
        return Bracketed(url if ":" in url else f"mailto:{url}", end + 1)
    return ESCAPED
