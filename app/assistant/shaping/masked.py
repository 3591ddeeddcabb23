"""What never reaches a user, made ready once: secrets, internal names, and what is written instead of them."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable

from app.assistant.shaping.omission import CUT

NEUTRAL = "assistant"
LEAST_SECRET = 12  # characters


class Masked(ABC):
    kind: str  # what it is counted as
    goes_over_parts = True  # found as well where a tag stands in the middle of it

    def __init__(self, strings: Iterable[str], starts: str, begun: set[str]) -> None:
        """`starts`: a pattern of the places where one may begin. `begun`: what they begin with."""
        self.strings = sorted(strings, key=len, reverse=True)
        # Characters of the longest, every underscore escaped.
        self.longest = max((len(each) + each.count("_") for each in self.strings), default=0)
        self._starts, self._begun = re.compile(starts), begun
        self._ends = {end for each in begun for end in (each[-1], each[-1].upper())}

    def begins_at(self, text: str, start: int) -> int:
        """Where, from `start` on, the end of the text may be the beginning of one of the strings; its length if nowhere."""
        if text[-1:] in self._ends:
            for found in self._starts.finditer(text, max(start, len(text) - self.longest)):
                if self._is_begun(text, found.start()):
                    return found.start()
        return len(text)

    @abstractmethod
    def search(self, text: str, start: int) -> tuple[int, int] | None:
        """Where, from `start` on, the first begins that is to be replaced, and where it ends."""

    def instead(self, _found: str) -> str:
        return NEUTRAL

    @abstractmethod
    def _is_begun(self, text: str, at: int) -> bool:
        """Does one of the strings begin here and not end before the text does?"""


class Secrets(Masked):
    """Exactly as they are, wherever they stand. A shorter key than `LEAST_SECRET` ("none", "test") is none: local model
    servers are given such, and answers would lose words."""

    kind = "secret"

    def __init__(self, secrets: Iterable[str]) -> None:
        kept = {secret for secret in secrets if len(secret) >= LEAST_SECRET}
        super().__init__(kept, _one_of(kept), _beginnings(kept))
        self._pattern = re.compile("|".join(map(re.escape, self.strings)))

    def search(self, text: str, start: int) -> tuple[int, int] | None:
        if not any(secret in text for secret in self.strings):
            return None
        found = self._pattern.search(text, start)
        return found.span() if found else None

    def instead(self, _found: str) -> str:
        return CUT

    def _is_begun(self, text: str, at: int) -> bool:
        return text[at:] in self._begun


class Words(Masked):
    """Internal names that look like words: in any case, as whole words only."""

    kind = "identifier"
    goes_over_parts = False

    def __init__(self, names: Iterable[str]) -> None:
        lower = {name.lower() for name in names if name}
        super().__init__(lower, rf"(?<!\w){_one_of(lower | _upper(lower))}", lower | _beginnings(lower))
        self._pattern = re.compile(rf"(?<!\w)(?i:{'|'.join(map(re.escape, self.strings))})(?!\w)")

    def search(self, text: str, start: int) -> tuple[int, int] | None:
        found = self._pattern.search(text, start)
        return found.span() if found else None

    def _is_begun(self, text: str, at: int) -> bool:
        return text[at:].lower() in self._begun


class Names(Masked):
    """Internal names with underscores, which no ordinary word has: in any case, inside longer words as well, and with
    their underscores escaped as Markdown does.

    What stands before the first underscore may end an ordinary word. Behind other letters only the rest is replaced, so
    that not every word that ends like a name's beginning has to wait.
    """

    kind = "identifier"

    def __init__(self, names: Iterable[str]) -> None:
        lower = {name.lower() for name in names}
        heads: dict[str, tuple[str, ...]] = {}  # what may stand before a rest
        self._begun_heads: dict[str, tuple[str, ...]] = {}  # and before the beginning of one
        for head, _, rest in (name.partition("_") for name in sorted(lower)):
            heads[rest] = (*heads.get(rest, ()), head)
            for beginning in _beginnings(["_" + rest]):
                self._begun_heads[beginning] = (*self._begun_heads.get(beginning, ()), head)
        begun = _beginnings(lower) | self._begun_heads.keys() | {"\\"}
        super().__init__(lower, rf"(?<![A-Za-z0-9]){_one_of(lower | _upper(lower))}|[\\_]", begun)
        self._rests = [
            (re.compile("(?ai:_" + r"\\?_".join(map(re.escape, rest.split("_"))) + ")"), heads[rest])
            for rest in sorted(heads, key=len, reverse=True)
        ]

    def search(self, text: str, start: int) -> tuple[int, int] | None:
        at = text.find("_", start)
        while at >= 0:
            for rest, heads in self._rests:
                found = rest.match(text, at)
                begins = self._begins(text, start, at, heads) if found else -1
                if found and begins >= start:
                    return begins, found.end()
            at = text.find("_", at + 1)
        return None

    def _begins(self, text: str, start: int, underscore: int, heads: tuple[str, ...]) -> int:
        """Where what is replaced begins, for the underscore of a rest; negative if none of its heads stands before it."""
        end = underscore - text.endswith("\\", 0, underscore)
        before = text[max(end - self.longest, 0) : end].lower()
        if not before.endswith(heads):
            return -1
        begins = (end - len(head) for head in heads if before.endswith(head))
        return next((at for at in begins if at >= start and not _is_in_word(text, at)), end)

    def instead(self, found: str) -> str:
        return {"\\": "\\_", "_": "_"}.get(found[0], "") + NEUTRAL

    def _is_begun(self, text: str, at: int) -> bool:
        rest = text[at:].lower().replace("\\_", "_")
        if rest.endswith("\\"):
            rest = rest[:-1] + "_"
        if rest in self._begun_heads:
            return text[max(at - self.longest, 0) : at].lower().endswith(self._begun_heads[rest])
        return rest in self._begun


def _is_in_word(text: str, at: int) -> bool:
    before = text[at - 1 : at] if at else ""
    return before.isascii() and before.isalnum()


def _beginnings(strings: Iterable[str]) -> set[str]:
    """Everything they begin with, but not they themselves."""
    return {each[:size] for each in strings for size in range(1, len(each))}


def _upper(strings: Iterable[str]) -> set[str]:
    return {each.upper() for each in strings}


def _one_of(strings: Iterable[str]) -> str:
    """A pattern of the characters they begin with."""
    first = {each[0] for each in strings}
    return f"[{re.escape(''.join(sorted(first)))}]" if first else "(?!)"
