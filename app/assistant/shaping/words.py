"""Words as the sanitizer compares them: case, punctuation, markup and invisible characters do not count."""

import re

_INVISIBLE = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
WORD = re.compile(rf"[^\W_][^\W_{_INVISIBLE}]*(?:[{_INVISIBLE}]+[^\W_]+)*[{_INVISIBLE}]*")
ASCII_WORD = re.compile("[A-Za-z0-9]+")  # the same in ASCII text, and faster
IN_WORD = re.compile(rf"(?:[^\W_]|[{_INVISIBLE}])+")
LONGEST = 64  # characters; what is longer is no word

_REMOVE_INVISIBLE = dict.fromkeys(map(ord, _INVISIBLE))


def folded(word: str) -> str:
    """The word in the form it is compared in; empty if it is too long to be compared."""
    if len(word) > LONGEST:
        return ""
    return word.lower() if word.isascii() else word.translate(_REMOVE_INVISIBLE).casefold()


def words_of(text: str) -> list[str]:
    return [folded(found.group()) for found in WORD.finditer(text)]
