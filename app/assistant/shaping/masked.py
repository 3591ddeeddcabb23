"""What never reaches a user, compiled once: secrets, internal names, and what is written instead of them."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable

from app.assistant.shaping.cuts import CUT

NEUTRAL = "assistant"


class Masked(ABC):
    kind: str  # what it is counted as
    goes_over_parts = True  # found as well where a tag stands in the middle of it

    def __init__(self, strings: Iterable[str], pattern: str, begun: set[str]) -> None:
        """`begun`: what strings begin with; a text that ends in one of these has to wait."""
        self._strings = sorted({each for each in strings if each}, key=len, reverse=True)
        self.pattern = re.compile(pattern) if self._strings else None
        # Characters of the longest, every underscore escaped.
        self.longest = max((len(each) + each.count("_") for each in self._strings), default=0)
        self._begun = begun
        self._starts, self._ends = {each[0] for each in begun}, {each[-1] for each in begun}

    def begins_at(self, text: str, start: int) -> int:
        """Where, from `start` on, the end of the text may be the beginning of one of the strings; its length if nowhere."""
        if text[-1:] not in self._ends:
            return len(text)
        for at in range(max(start, len(text) - self.longest), len(text)):
            if text[at] in self._starts and self._is_begun(text, at):
                return at
        return len(text)

    @abstractmethod
    def may_hold(self, text: str) -> bool:
        """A quick look: false if none of the strings is in the text."""

    @abstractmethod
    def instead(self, found: str) -> str: ...

    @abstractmethod
    def _is_begun(self, text: str, at: int) -> bool:
        """Does one of the strings begin here and not end before the text does?"""


class Secrets(Masked):
    """Exactly as they are, wherever they stand."""

    kind = "secret"

    def __init__(self, secrets: Iterable[str]) -> None:
        kept = sorted(filter(None, secrets), key=len, reverse=True)
        super().__init__(kept, "|".join(map(re.escape, kept)), _beginnings(kept))

    def may_hold(self, text: str) -> bool:
        return any(secret in text for secret in self._strings)

    def instead(self, found: str) -> str:
        return CUT

    def _is_begun(self, text: str, at: int) -> bool:
        return text[at:] in self._begun


class Words(Masked):
    """Internal names that look like words: in any case, as whole words only."""

    kind = "identifier"
    goes_over_parts = False

    def __init__(self, names: Iterable[str]) -> None:
        self._names = {name.lower() for name in names if name}
        longest_first = sorted(self._names, key=len, reverse=True)
        begun = self._names | _beginnings(self._names)
        super().__init__(
            self._names, rf"(?<!\w)(?i:{'|'.join(map(re.escape, longest_first))})(?!\w)", begun | _upper(begun)
        )

    def may_hold(self, text: str) -> bool:
        return True

    def instead(self, found: str) -> str:
        return NEUTRAL

    def _is_begun(self, text: str, at: int) -> bool:
        before = text[at - 1 : at] if at else ""
        return text[at:].lower() in self._begun and not (before.isalnum() or before == "_")


class Names(Masked):
    """Internal names with underscores, which no ordinary word has: in any case, inside longer words as well, and with
    their underscores escaped as Markdown does.

    What stands before the first underscore may end an ordinary word. Behind other letters only the rest is replaced, so
    that not every word that ends like a name's beginning has to wait.
    """

    kind = "identifier"

    def __init__(self, names: Iterable[str]) -> None:
        lower = sorted({name.lower() for name in names}, key=len, reverse=True)
        self._heads: dict[str, tuple[str, ...]] = {}  # what may stand before the beginning of a rest
        choices = []
        for name in lower:
            head, _, rest = name.partition("_")
            choices.append(rf"(?<![^\W_]){_with_escapes(name)}|(?<={re.escape(head)}){_with_escapes('_' + rest)}")
            for begun in _beginnings(["_" + rest]):
                self._heads[begun] = (*self._heads.get(begun, ()), head)
        begun = _beginnings(lower) | self._heads.keys()
        super().__init__(lower, f"(?ai:{'|'.join(choices)})", begun | _upper(begun) | {"\\"})

    def may_hold(self, text: str) -> bool:
        return "_" in text

    def instead(self, found: str) -> str:
        return {"\\": "\\_", "_": "_"}.get(found[0], "") + NEUTRAL

    def _is_begun(self, text: str, at: int) -> bool:
        rest = text[at:].lower().replace("\\_", "_")
        if rest.endswith("\\"):
            rest = rest[:-1] + "_"
        before = text[max(at - self.longest, 0) : at].lower()
        if rest in self._heads:
            return before.endswith(self._heads[rest])
        return rest in self._begun and not (before[-1:].isascii() and before[-1:].isalnum())


def _beginnings(strings: Iterable[str]) -> set[str]:
    """Everything they begin with, but not they themselves."""
    return {each[:size] for each in strings for size in range(1, len(each))}


def _upper(strings: Iterable[str]) -> set[str]:
    return {each.upper() for each in strings}


def _with_escapes(name: str) -> str:
    return r"\\?_".join(map(re.escape, name.split("_")))
