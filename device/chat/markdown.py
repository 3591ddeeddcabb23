"""Markdown for a terminal, while it comes: headings and **bold** are bold, `code` is coloured, the rest is as it is."""

import re

from device.chat.screen import PLAIN, Screen

_TOKEN = re.compile(r"```[^\n]*|\*\*|`|\n|#{1,6} ")
# May be the beginning of a token whose end comes in the next piece.
_UNDECIDED = re.compile(r"(?:[*`]+|#{1,6})\Z")


class Markdown:
    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._held = ""
        self._is_line_start = True
        self._is_fenced = self._is_heading = self._is_bold = self._is_code = False

    def feed(self, text: str) -> str:
        """What can be shown now. Where there are no styles, exactly what came."""
        if not self._screen.styled:
            return text
        text, self._held = self._held + text, ""
        if undecided := _UNDECIDED.search(text):
            text, self._held = text[: undecided.start()], undecided.group()
        return self._styled(text)

    def finish(self) -> str:
        """What was held back, and the end of every style."""
        rest, self._held = self._styled(self._held), ""
        was_styled = self._is_bold or self._is_code or self._is_heading
        self._is_bold = self._is_code = self._is_heading = self._is_fenced = False
        return rest + (PLAIN if was_styled else "")

    def _styled(self, text: str) -> str:
        shown, done = [], 0
        for token in _TOKEN.finditer(text):
            before = text[done : token.start()]
            shown.append(before)
            self._is_line_start = self._is_line_start and not before
            shown.append(self._sign(token.group()))
            self._is_line_start = token.group() == "\n"
            done = token.end()
        self._is_line_start = self._is_line_start and not text[done:]
        return "".join([*shown, text[done:]])

    def _sign(self, sign: str) -> str:
        if sign == "\n":
            return self._line_end()
        if sign.startswith("```"):
            if self._is_line_start:
                self._is_fenced = not self._is_fenced
            return sign
        if self._is_fenced:
            return sign
        if sign == "`":
            self._is_code = not self._is_code
            return self._now()
        if sign == "**" and not self._is_code:
            self._is_bold = not self._is_bold
            return self._now()
        if sign.startswith("#") and self._is_line_start:
            self._is_heading = True
            return self._now()
        return sign

    def _line_end(self) -> str:
        """Nothing goes on beyond its line, so that one star too many does not colour the rest."""
        was_styled = self._is_bold or self._is_code or self._is_heading
        self._is_bold = self._is_code = self._is_heading = False
        return (PLAIN if was_styled else "") + "\n"

    def _now(self) -> str:
        styles = [
            self._screen.mark("bold") if self._is_bold or self._is_heading else "",
            self._screen.mark("code") if self._is_code else "",
        ]
        return PLAIN + "".join(styles)
