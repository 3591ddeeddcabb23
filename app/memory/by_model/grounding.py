"""Does what a model wrote down stand in what it was given? Models invent."""

import re
import unicodedata
from collections.abc import Iterator

_WORD = re.compile(r"\w+")
_STEM = 4  # letters that "plans" and "planned" share
_FUNCTION_WORDS = re.compile(
    "the|and|for|are|was|were|has|had|have|that|this|with|from|his|hers?|its|their|they|them|she|him|your?|users?|who|whom"
    "|whose|which|what|when|where|will|would|can|could|should|shall|may|might|must|not|but|into|onto|than|then|there|here"
    "|about|also|been|being|does|did|doing"
)
# Scripts that put no spaces between words: Thai to Tibetan, and from the CJK radicals on.
_UNSPACED = re.compile("[\u0e00-\u0fff\u2e80-\U0003ffff]")


def share(text: str, source: str) -> float:
    """How many of the content words of `text` stand in `source`: 0 to 1. Endings do not count."""
    wanted = set(_content_words(text))
    if not wanted:
        return float(_plain(text) in _plain(source))
    return len(wanted & set(_content_words(source))) / len(wanted)


def _plain(text: str) -> str:
    """Whole words, each with a space on both sides."""
    return f" {' '.join(_WORD.findall(unicodedata.normalize('NFKC', text).casefold()))} "


def _content_words(text: str) -> Iterator[str]:
    for word in _plain(text).split():
        if _UNSPACED.search(word):
            yield from (word[at : at + 2] for at in range(max(1, len(word) - 1)))
        elif word.isdigit() or (len(word) > 2 and not _FUNCTION_WORDS.fullmatch(word)):
            yield word[:_STEM]
