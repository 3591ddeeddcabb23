"""Steps at backticks and tildes, and inside the code they open."""

import re

from app.assistant.shaping.tag_steps import TagSteps
from app.assistant.shaping.urls import IN_TEXT, is_word

SPAN_HELD = 1_000  # characters of a code span that are waited for when an address or a tag stands in it

_STOP_IN_SPAN = re.compile(rf"[`\n|<\[\]!]|//|{IN_TEXT}")
_STOP_IN_SURE_SPAN = re.compile(r"[`\n|<]")
_STOP_IN_FENCE = re.compile(r"[\n<]")
_END_OF_SPAN = re.compile(r"`+|\n|\||</?chart", re.IGNORECASE)
_INDENT = re.compile(r"[ \t]*")
_BLANK = " \t"


class CodeSteps(TagSteps):
    def _ticks(self) -> bool:
        run = self._run()
        if run is None:
            return False
        if self._page.is_escaped:
            self._code.escaped_run(len(run))
            return self._write("`")
        if self._page.ends_code:
            self._page.write(" ")
        self._code.run(len(run), self._page.head)
        return self._write(run)

    def _tilde(self) -> bool:
        head = self._page.head
        if head is None or self._page.is_escaped:
            return self._write("~")
        run = self._run()
        if run is None:
            return False
        self._code.tildes(len(run), head)
        return self._write(run)

    def _in_span(self) -> bool:
        stop = _STOP_IN_SURE_SPAN if self._code.is_sure else _STOP_IN_SPAN
        found = stop.search(self._text, self._at)
        if found is None:
            return self._write_rest()
        self._write_upto(found.start())
        match found.group():
            case "`":
                return self._ticks_in_span()
            case "\n":
                return self._newline()
            case "|":
                self._code.give_up_span()
                return self._write("|")
            case "<" if self._code.is_sure:
                return self._angle_in_code()
            case beginning if beginning[0].isalpha() and is_word(self._page.before_word):
                return self._write(beginning[0])  # no address begins within a word
            case _:
                return self._look_for_end_of_span()

    def _ticks_in_span(self) -> bool:
        run = self._run()
        if run is None:
            return False
        self._code.run_in_span(len(run), after_backslash=self._page.tail.endswith("\\"))
        return self._write(run)

    def _look_for_end_of_span(self) -> bool:
        """Something stands here that is harmless in a code span only: is it in one?"""
        limit = self._at + SPAN_HELD
        for found in _END_OF_SPAN.finditer(self._text, self._at, limit):
            if found.group()[0] != "`" or found.end() == limit:
                break
            if found.end() == len(self._text) and not self._final:
                return False
            if len(found.group()) == self._code.span:
                self._code.is_sure = True
                return True
        else:
            if not self._final and len(self._text) < limit:
                return False
        self._code.give_up_span()
        return True

    def _in_fence(self) -> bool:
        head = self._page.head
        if head is not None and not head.strip(_BLANK):
            return self._line_in_fence()
        found = _STOP_IN_FENCE.search(self._text, self._at)
        end = found.start() if found else len(self._text)
        if self._text[self._at : end].strip(_BLANK):
            self._code.is_closing = False
        self._write_upto(end)
        if found is None:
            return True
        return self._angle_in_code() if found.group() == "<" else self._newline_in_fence()

    def _line_in_fence(self) -> bool:
        indent = _INDENT.match(self._text, self._at)
        if indent is not None and indent.end() > self._at:
            return self._write(indent.group())
        first, head = self._text[self._at], self._page.head or ""
        if first == "\n":
            return self._newline_in_fence()
        run = self._run() if first in "`~" else ""
        if run is None:
            return False
        self._code.line_in_fence(head)
        self._code.run_in_fence(first, len(run), head)
        if self._code.fence is None:
            return True
        if run:
            return self._write(run)
        return self._angle_in_code() if first == "<" else self._write(first)

    def _newline_in_fence(self) -> bool:
        self._code.newline_in_fence()
        self._page.newline()
        self._at += 1
        return True
