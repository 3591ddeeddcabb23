"""What a memory says, compared by its words: does another say it, too?

Two tiers say one thing in two shapes ("home: Rome", "I live in Rome."). What counts are the words that carry it, whatever
their order; and what a sentence says of its speaker is read by rules.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

from app.kit.crypto import KeyRing
from app.memory import payloads
from app.memory.names import name_of_text, name_of_words, normal
from app.memory.payloads import Payload
from app.memory.records import Tier
from app.offline.facts import facts_of

_MOST_READ = 300  # characters of a sentence; a longer text says more than one thing
_WORD = re.compile(r"(?:(?<!\w)-(?=\d))?[$€£]?\w+[+#%€]*(?:[.,:/-]\d+)*")  # "C++", "-5", "$50", "3:30"
_EVERYWHERE = (
    "a an the this that these those i me my mine myself we us our"
    " s m re ve ll d is are am be being do does have has"
    " of in on at to for by with from as and or but so then there now currently actually please user"
)
_LITTLE = frozenset(_EVERYWHERE.split())
_NAMING = frozenset(("called", "named", "name"))
Words = frozenset[str]


@dataclass(frozen=True)
class Saying:
    """`tier` is core or associative; `key` is empty in the latter."""

    tier: Tier
    key: str
    text: str

    @classmethod
    def of(cls, tier: Tier, payload: Payload) -> "Saying":
        return cls(tier, str(payload.get("key") or ""), payloads.text_of(tier, payload))

    @cached_property
    def key_words(self) -> Words:
        return words_of(self.key) if self.key else frozenset()

    @cached_property
    def text_words(self) -> Words:
        return words_of(self.text)

    @cached_property
    def words(self) -> Words:
        return self.key_words | self.text_words

    @cached_property
    def in_order(self) -> list[str]:
        return _words(f"{self.key} {self.text}")

    @cached_property
    def read(self) -> Words | None:
        """The words of the core memory that this sentence fills, when it says nothing else."""
        if self.tier == "core" or len(self.text) > _MOST_READ:
            return None
        facts = list(facts_of(self.text))
        is_one = len(facts) == 1 and facts[0].key is not None
        return words_of(f"{facts[0].key} {facts[0].value}") if is_one else None

    def is_same_as(self, other: "Saying") -> bool:
        """Neither says anything that the other does not. In one tier every word counts, in its order: Ann may report to Bob
        or Bob to Ann, may be the manager or have been."""
        if self.tier == other.tier:
            return self.in_order == other.in_order
        core, piece = (self, other) if self.tier == "core" else (other, self)
        return core.words in (piece.words, piece.read) or _words(core.text) == _words(piece.text)

    def adds_nothing_to(self, other: "Saying") -> bool:
        return self.words <= other.words or self.is_same_as(other)

    def tells_again(self, gone: "Saying") -> bool:
        """Said in the same turn, is it what is `gone` in other words, or under another key? What says more than that is
        something else."""
        if self.is_same_as(gone):
            return True
        if self.tier == gone.tier:
            return self.tier == "core" and self._is_under_another_key(gone)
        value = gone.text_words if gone.tier == "core" else gone.words
        return value <= self.words and self.words - _NAMING <= gone.words

    def _is_under_another_key(self, gone: "Saying") -> bool:
        """ "answers: short", "answer length: short"."""
        is_same_value = self.text_words == gone.text_words
        return is_same_value and (self.key_words <= gone.key_words or gone.key_words <= self.key_words)

    def names(self, keys: KeyRing) -> set[bytes]:
        """What it is struck off by: a fact that shares one of them says the same."""
        read = () if self.read is None else (name_of_words(keys, self.read),)
        return {name_of_text(keys, self.text), name_of_words(keys, self.words), *read}


def words_of(text: str) -> Words:
    """Those that carry what it says, in the singular; of a text of little words, these."""
    found = _words(text)
    return frozenset(map(_stem, [each for each in found if each not in _LITTLE] or found))


def _words(text: str) -> list[str]:
    """Never none: a text of other signs is a word of its own, or it would be part of every text."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold()) or [normal(text)]


def _stem(word: str) -> str:
    is_plural = len(word) > 3 and word.endswith("s") and not word.endswith("ss")
    return word[:-1] if is_plural else word
