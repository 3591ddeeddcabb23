"""Where the conversation is written: colours only for a person's terminal, and nothing that moves the cursor."""

import os
import shutil
import unicodedata
from typing import TextIO

_STYLES = {"bold": "\x1b[1m", "dim": "\x1b[2m", "code": "\x1b[36m", "bad": "\x1b[31m", "good": "\x1b[32m"}
PLAIN = "\x1b[0m"
# Marks that turn the direction of what follows: a text could show another sentence than it holds.
_TURNING = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Screen:
    """`notices` take what is no part of the conversation: the same terminal, or stderr beside a pipe."""

    def __init__(self, out: TextIO, notices: TextIO, *, styled: bool, width: int | None = None) -> None:
        self.styled = styled
        self._out, self._notices, self._width = out, notices, width
        self._at_start = True

    @property
    def width(self) -> int:
        """In columns; asked each time, for windows are resized."""
        return self._width or shutil.get_terminal_size((80, 24)).columns

    def style(self, name: str, text: str) -> str:
        return f"{_STYLES[name]}{text}{PLAIN}" if self.styled and text else text

    def mark(self, name: str) -> str:
        """Begin a style that ends with `PLAIN`."""
        return _STYLES[name] if self.styled else ""

    def write(self, text: str) -> None:
        """As it is: what came over the wire has passed through `harmless` by now."""
        if text:
            self._at_start = text.removesuffix(PLAIN).endswith("\n")
            self._out.write(text)
            self._out.flush()

    def fresh(self) -> None:
        """At the beginning of a line from here on."""
        if not self._at_start:
            self.write("\n")

    def line(self, text: str, style: str = "") -> None:
        self.fresh()
        self.write((self.style(style, text) if style else text) + "\n")

    def prompt(self, text: str) -> None:
        """The cursor stays behind it. The line ends with whoever types."""
        self._out.write(text)
        self._out.flush()

    def notice(self, text: str, style: str = "dim") -> None:
        if self._notices is self._out:
            self.line(text, style)
        else:
            self._notices.write(text + "\n")
            self._notices.flush()


def wants_colours(out: TextIO) -> bool:
    """https://no-color.org; a `dumb` terminal takes none either."""
    return out.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def harmless(text: str) -> str:
    """Control characters, but for ends of lines and tabs, are shown as a dot."""
    if text.isprintable():
        return text
    return "".join("·" if _is_harmful(each) else each for each in text.replace("\r\n", "\n"))


def _is_harmful(character: str) -> bool:
    if character in "\n\t":
        return False
    return character in _TURNING or unicodedata.category(character) in ("Cc", "Cs")
