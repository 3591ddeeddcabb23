"""How much of a list was seen: all of it, or only its first rows."""

import re
from dataclasses import dataclass

_PARTIAL = re.compile(r"(?P<shown>\d+) of (?P<least>at least )?(?P<total>\d+) \w+;")
_FOUND = re.compile(r"Found (?P<least>at least )?(?P<count>\d+) ")


@dataclass(frozen=True, slots=True)
class Extent:
    """`shown` rows of `total`; with `is_open`, of at least so many."""

    shown: int = 0
    total: int = 0
    is_open: bool = False

    def __add__(self, other: "Extent") -> "Extent":
        return Extent(self.shown + other.shown, self.total + other.total, self.is_open or other.is_open)

    @property
    def is_cut(self) -> bool:
        return self.is_open or self.shown < self.total

    @property
    def words(self) -> str:
        """`100 of 131`, `100 of at least 1000`, `the first 100`; "" for a whole list."""
        if not self.is_cut:
            return ""
        if self.shown == self.total:
            return f"the first {self.shown}"
        return f"{self.shown} of {'at least ' if self.is_open else ''}{self.total}"


def extent_of(sentence: str, rows: int) -> Extent:
    """What a tool's sentence says of its list; without a word about more, the rows are all there are."""
    partial = _PARTIAL.search(sentence)
    if partial is None:
        return Extent(rows, rows)
    return Extent(int(partial["shown"]), int(partial["total"]), partial["least"] is not None)


def count_said(sentence: str, rows: int) -> tuple[int, bool]:
    """The count a sub-agent found, and whether there may be more; of a sentence without one, the rows."""
    found = _FOUND.search(sentence)
    return (rows, False) if found is None else (int(found["count"]), found["least"] is not None)
