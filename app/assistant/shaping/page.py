"""What has been written so far, as a renderer will see it.

Every decision about syntax looks at the written text, never at the model's: where something was taken out, the two sides
stand side by side in the written text only.
"""

import re
from dataclasses import dataclass, field

_HEAD = re.compile(
    r"[ \t>*+\-.)0-9]*"
)  # what may stand before a block begins: indentation and marks of lists and quotes
_HEAD_LENGTH = 80
_ENDS_ANGLE = re.compile(r"[>\s]")
_STICKY = "<&\\`~!]:/"  # must not be joined to what stood behind something that was taken out


class Whole(str):
    """Verified and not to be changed any more, nor split."""

    __slots__ = ()


@dataclass(slots=True)
class Frame:
    """Text behind a `[` or `![` whose `]` has not come."""

    is_image: bool
    head: str | None  # of the line before it, as in `Page`
    before: str  # the end of what was written before it
    after_own: bool  # that was an address of the user
    pieces: list[str] = field(default_factory=list)


class Page:
    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.frames: list[Frame] = []
        self.framed = 0  # characters in frames
        self.tail = ""  # the last few characters
        self.head: str | None = ""  # of this line, while nothing but indentation and marks stands in it
        self.is_escaped = False  # an odd number of backslashes was written last
        self.ends_code = False  # a code span of ours was written last
        self._in_angle = False  # since the last "<" there was neither ">" nor white space
        self.ends_own = False  # an address of the user was written last
        self._is_joint = False

    @property
    def before_word(self) -> str:
        """The character that makes what is written next a part of a word; behind a joint every word begins anew."""
        return "" if self._is_joint else self.tail[-1:]

    def joint(self) -> None:
        """Something was taken out here."""
        self._is_joint = True
        self.is_escaped = False

    def write(self, text: str) -> None:
        if not text:
            return
        if self._is_joint:
            self._is_joint = False
            if self._needs_gap(text[0]):
                text = " " + text
        self._append(text)

    def write_whole(self, text: str) -> None:
        """A verified tag."""
        if self._is_joint and self._needs_gap(text[0]):
            self.write(" ")
        self._is_joint = False
        self._append(Whole(text))

    def write_code(self, url: str, ticks: str) -> None:
        """An address in a code span."""
        if self.tail.endswith("`") or self.is_escaped:
            self.write(" ")
        self.write(f"{ticks}{url}{ticks}")
        self.ends_code = True

    def _append(self, text: str) -> None:
        if self.frames:
            self.frames[-1].pieces.append(text)
            self.framed += len(text)
        else:
            self.pieces.append(text)
        self.tail = (self.tail + text)[-4:] if len(text) < 4 else text[-4:]
        if text[-1] == "\\":
            slashes = len(text) - len(text.rstrip("\\"))
            self.is_escaped = (slashes + (self.is_escaped and slashes == len(text))) % 2 == 1
        else:
            self.is_escaped = False
        self.ends_code = self.ends_own = False
        if self._in_angle or "<" in text:
            self._in_angle = "<" in text or _ENDS_ANGLE.search(text) is None
        if self.head is not None:
            self.head = _head(self.head + text)

    def open(self, *, is_image: bool) -> None:
        if self._is_joint and self._needs_gap("["):
            self.write(" ")
        self._is_joint = False
        self.frames.append(Frame(is_image, self.head, self.tail, self.ends_own))
        self.tail, self.head, self.is_escaped = "[", None, False
        self.ends_code = self.ends_own = self._in_angle = False

    def close(self, pieces: list[str], *, keeps_brackets: bool) -> None:
        """Put these pieces in the place of the innermost frame."""
        frame = self.frames.pop()
        if not self.frames:
            self.framed = 0
        text = "".join(pieces)
        if text and not keeps_brackets and (frame.after_own or needs_gap(frame.before, text[0])):
            pieces = [" ", *pieces]
        (self.frames[-1].pieces if self.frames else self.pieces).extend(pieces)
        self.tail = (frame.before + text)[-4:]
        self.head = None if frame.head is None or keeps_brackets else _head(frame.head + text)
        self.is_escaped = self.ends_own = False

    def unframe(self) -> None:
        """No `]` in sight: what was opened was text. An image's beginning stays one only in looks."""
        flat = [piece for frame in self.frames for piece in ("!\\[" if frame.is_image else "[", *frame.pieces)]
        self.frames.clear()
        self.framed = 0
        self.pieces.extend(flat)

    def take(self) -> list[str]:
        """The pieces that are ready."""
        ready, self.pieces = self.pieces, []
        return ready

    def newline(self) -> None:
        self._is_joint = False
        self._append("\n")
        self.head = ""

    def _needs_gap(self, following: str) -> bool:
        return needs_gap(self.tail, following) or (
            (self.ends_own or self._in_angle) and not (following.isspace() or self.tail[-1:].isspace())
        )


def _head(line: str) -> str | None:
    return line if len(line) <= _HEAD_LENGTH and _HEAD.fullmatch(line) else None


def needs_gap(tail: str, following: str) -> bool:
    """Would joining these make syntax, or an address, that stood in neither of them?"""
    last = tail[-1:]
    if not last or last.isspace() or following.isspace():
        return False
    return last in _STICKY or (last in "wW" and following in "wW.")
