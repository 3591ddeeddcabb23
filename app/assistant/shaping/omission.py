"""What stands where something was left out."""

import re

CUT = "…"  # keeps the two sides of a cut apart, so that they never make syntax together
_STRUCTURE = re.compile(r"(?:[ \t]*\n[ \t]*)+|\\*`+|~{3,}")


class Cut:
    """What remains of a passage: marks of omission between the line breaks and code fences it had, which others need.

    Nothing remains of one that has taken nothing yet.
    """

    def __init__(self) -> None:
        self._marks: list[str] = []
        self._has_words = False

    def take(self, text: str) -> None:
        """`text` is left out, which has words."""
        self._has_words = True
        for found in _STRUCTURE.finditer(text):
            breaks = min(found.group().count("\n"), 2)
            mark = "\n" * breaks or found.group()
            if breaks and self._marks and self._marks[-1].isspace():
                self._marks[-1] = max(self._marks[-1], mark, key=len)
            else:
                self._marks.append(mark)

    def __str__(self) -> str:
        return CUT + "".join(mark + CUT for mark in self._marks) if self._has_words else ""

    def __bool__(self) -> bool:
        return self._has_words
