"""Addresses: where they begin and end in a text, and what becomes of them."""

import re
from dataclasses import dataclass
from html import unescape
from typing import Literal

LONGEST = 2_048  # characters of an address that are shown; also how long one is held

BEGINNINGS = ("http://", "https://", "ftp://", "www.", "data:", "javascript:", "vbscript:", "mailto:")
LONGEST_BEGINNING = max(map(len, BEGINNINGS))
# The same, as a pattern. Spelled out where they begin: ignoring case would make every search three times as slow.
IN_TEXT = r"[hH][tT][tT][pP][sS]?://|[fF][tT][pP]://|[wW][wW][wW]\.|(?i:data|javascript|vbscript|mailto):"
_PARTS = {each[:size] for each in BEGINNINGS for size in range(1, len(each))}

TOKEN = re.compile(r"[^\s<>`\[\]|\"]+")
_ANYWHERE = re.compile(rf"(?:https?://|ftp://|www\.){TOKEN.pattern}", re.IGNORECASE)
_INVISIBLE = re.compile(r"[\s\x00-\x20\x7f-\xa0\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u2064\ufeff]+")
_RUNS_OR_CARRIES = re.compile(r"(?:javascript|vbscript|data):", re.IGNORECASE)
_MARK = re.compile(r"/?data-[0-9a-f]{4,}(?:kind=|/?\Z)", re.IGNORECASE)  # of what a model is given as data
_BARE_DATA = re.compile(r"data:[\w.+-]*[/;,]", re.IGNORECASE)
_MAILTO = re.compile(r"mailto:([\w.+-]{1,64}@[\w.-]{1,255})(?:\?.*)?", re.IGNORECASE | re.DOTALL)
_LAST = ".,;:!?'*_~\\"


@dataclass(slots=True, frozen=True)
class Address:
    """What becomes of an address: `own` stays, `code` is shown as code, `mail` is plain text, `none` is dropped."""

    becomes: Literal["own", "code", "mail", "none"]
    text: str


def address(raw: str, own: frozenset[str] | set[str]) -> Address:
    """Decide by what a renderer would make of it: entities, escapes, white space and invisible characters undone."""
    plain = _INVISIBLE.sub("", unescape(re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", raw)))
    if not plain or _RUNS_OR_CARRIES.match(plain) or _MARK.match(plain):
        return Address("none", "")
    if raw in own:
        return Address("own", raw)
    if mail := _MAILTO.fullmatch(plain):
        return Address("mail", mail.group(1))
    shown = _INVISIBLE.sub("", raw).replace("`", "%60").replace("|", "%7C").replace("<", "%3C").replace(">", "%3E")
    return Address("code", shown[:LONGEST])


def trimmed(token: str) -> str:
    """Without the punctuation of the sentence it stands in."""
    while token:
        last = token[-1]
        if last not in _LAST and not (last == ")" and token.count(")") > token.count("(")):
            break
        token = token[:-1]
    return token


def is_address(token: str) -> bool:
    """Is this, in running text, more than a word with a colon? `data:` is also what people write before a list."""
    if token[:5].lower() == "data:":
        return _BARE_DATA.match(token) is not None
    return token[:4].lower() in ("http", "www.", "ftp:", "www") or (not token.endswith(":") and ":" in token)


def begun(text: str, start: int, before: str) -> int:
    """Where the end of the text, from `start` on, may be the beginning of an address; its length if nowhere.

    `before` is the character that stands before `start`.
    """
    if not (text[-1].isalpha() or text[-1] in ":/"):
        return len(text)
    for at in range(max(start, len(text) - LONGEST_BEGINNING + 1), len(text)):
        if text[at:].lower() in _PARTS and not is_word(text[at - 1] if at > start else before):
            return at
    return len(text)


def is_word(character: str) -> bool:
    return character.isascii() and character.isalnum()


def urls_in(text: str) -> frozenset[str]:
    """The addresses somebody wrote, as they will be compared."""
    return frozenset(trimmed(found.group()) for found in _ANYWHERE.finditer(text))
