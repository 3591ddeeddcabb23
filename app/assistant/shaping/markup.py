"""Reads Markdown as it comes, verifies our tags and takes out what would load, link or run something.

Text goes through at once. What may be the beginning of syntax waits, within bounds, until it is clear what it is; the
same text gives the same result in chunks of any size, because no decision is taken before all it depends on is there.
"""

import re
from collections import Counter
from collections.abc import Callable

from app.assistant.shaping.code_steps import CodeSteps
from app.assistant.shaping.entities import CHART_HELD, Entities
from app.assistant.shaping.urls import IN_TEXT

_STOP = re.compile(rf"[<\[\]!`&\\\n~]|//|{IN_TEXT}")
_REFERENCE = re.compile(r"&#(?:[xX]([0-9a-fA-F]{1,6})|([0-9]{1,7}));")
_BEGUN_REFERENCE = re.compile(r"&(?:#(?:[xX][0-9a-fA-F]{0,6}|[0-9]{0,7}))?")


class Markup(CodeSteps):
    def __init__(self, entities: Entities, own: frozenset[str] | set[str], removed: Counter[str]) -> None:
        super().__init__(entities, own, removed)
        self._after_return = False  # the text ended in a carriage return, written as a line feed
        self._waiting: list[str] = []  # came while a chart is waited for, which is long
        self._awaited = 0  # characters of it
        self._steps: dict[str, Callable[[], bool]] = {
            "<": self._angle,
            "[": self._opening,
            "]": self._closing,
            "!": self._exclamation,
            "`": self._ticks,
            "&": self._ampersand,
            "\\": self._backslash,
            "\n": self._newline,
            "~": self._tilde,
            "/": self._slashes,
        }

    def feed(self, text: str) -> list[str]:
        """What can be written now; `Whole` pieces are verified tags and addresses of the user."""
        text = self._with_line_feeds(text)
        if self._waits_for_chart:
            self._waiting.append(text)
            self._awaited += len(text)
            if ">" not in text and self._awaited < CHART_HELD:
                return []
            text, self._awaited = "".join(self._waiting), 0
            self._waiting.clear()
        self._read(text, final=False)
        return self._page.take()

    def end(self) -> list[str]:
        waiting, self._awaited = "".join(self._waiting), 0
        self._waiting.clear()
        self._read(waiting, final=True)
        self._brackets.let_go()
        return self._page.take()

    def end_part(self) -> list[str]:
        """As `end`. What is fed later stands behind a blank line, which is not among the pieces."""
        pieces = self.end()
        self._read("\n\n", final=True)
        self._page.take()
        return pieces

    def _with_line_feeds(self, text: str) -> str:
        if self._after_return and text:
            self._after_return = False
            text = text.removeprefix("\n")
        if "\r" in text:
            self._after_return = text.endswith("\r")
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        return text

    def _read(self, text: str, *, final: bool) -> None:
        self._final = final
        self._text = self._text[self._at :] + text
        self._at = 0
        self._waits_for_chart = False
        while self._at < len(self._text):
            if self._code.fence is not None:
                goes_on = self._in_fence()
            elif self._code.span:
                goes_on = self._in_span()
            else:
                goes_on = self._in_text()
            if not goes_on:
                break

    # Running text. Each step says whether it got on; if not, more text is needed.

    def _in_text(self) -> bool:
        found = _STOP.search(self._text, self._at)
        if found is None:
            return self._write_rest()
        self._write_upto(found.start())
        step = self._steps.get(found.group()[0])
        return step() if step is not None else self._address(found.group())

    def _opening(self) -> bool:
        if self._page.is_escaped:
            return self._write("[")
        self._brackets.open(is_image=False)
        self._at += 1
        return True

    def _exclamation(self) -> bool:
        if self._page.is_escaped:
            return self._write("!")
        following = self._text[self._at + 1 : self._at + 2]
        if not following and not self._final:
            return False
        if following != "[":
            return self._write("!")
        self._brackets.open(is_image=True)
        self._at += 2
        return True

    def _closing(self) -> bool:
        if self._page.is_escaped:
            return self._write("]")
        end = self._brackets.close(self._text, self._at, final=self._final)
        if end is None:
            return False
        self._at = end
        self._brackets.check_size()
        return True

    def _backslash(self) -> bool:
        return self._write("\\")

    def _ampersand(self) -> bool:
        """A reference to a letter, as in `&#106;avascript:`, is read as the letter."""
        found = _REFERENCE.match(self._text, self._at)
        if found is None:
            begun = _BEGUN_REFERENCE.match(self._text, self._at)
            return (self._final or begun is None or begun.end() < len(self._text)) and self._write("&")
        code = int(found.group(1), 16) if found.group(1) else int(found.group(2))
        character = chr(code) if code < 128 else ""
        if not (character.isalnum() or character in (":", "/", ".", "@")):
            return self._write("&")
        self._page.joint()
        self._text, self._at = character + self._text[found.end() :], 0
        return True
