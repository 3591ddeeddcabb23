"""Text in the pieces a model would send: a few words each, tags whole."""

import re
from collections.abc import Iterator

_WORDS = 4
_TAG = re.compile(r"(<(task|project|note|timeline|client|chart)>[^<]*</\2>)")


def pieces(text: str) -> Iterator[str]:
    """Not one of them empty; together they are the text."""
    end = 0
    for tag in _TAG.finditer(text):
        yield from _few_words(text[end : tag.start()])
        yield tag[0]
        end = tag.end()
    yield from _few_words(text[end:])


def _few_words(text: str) -> Iterator[str]:
    words = re.findall(r"\s*\S+\s*|\s+", text)
    for start in range(0, len(words), _WORDS):
        yield "".join(words[start : start + _WORDS])
