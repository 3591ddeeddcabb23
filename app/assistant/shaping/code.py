"""Where in the written text code stands, which renderers show literally.

Only what is code in every reading of the text is treated as code. A code span has to open and close on one line, outside
table cells, with no backticks of the same number left over before it in its block. A fence has to close, or be left, in a
way that does not depend on lists and quotes around it. In doubt text is not code, and an address in it is put into a code
span whose backticks differ in number from all that are left over, so that it is code in either reading.
"""

import re
from dataclasses import dataclass

_BLANK = " \t"
_LIST_HEAD = re.compile(r" {0,3}(?:[*+-]|1[.)]) {1,4}")
_NUMBERED_HEAD = re.compile(r" {0,3}\d{1,9}[.)] {1,4}")


@dataclass(slots=True, frozen=True)
class Fence:
    mark: str  # ` or ~
    length: int
    indent: int  # columns before it


class Code:
    def __init__(self) -> None:
        self.span = 0  # backticks that opened the span we may be in
        self.is_sure = False  # the span's end has been seen
        self.fence: Fence | None = None
        self.is_closing = False  # this line may end the fence
        self._inside: set[int] = set()  # other runs of backticks since the span opened
        self._left_over: set[int] = set()  # runs of backticks in this block that found no partner
        self._begun: Fence | None = None  # this line may be the beginning of a fence
        self._after_blank = True  # the line before this one is blank
        self._is_doubtful = False  # whether we are in a fence depends on the reading, from here to the end

    def ticks(self) -> str:
        """Backticks for a span of ours, such that no other run in this block can pair with them."""
        if self._begun is not None and self._begun.mark == "`":
            self._begun = None  # the first line of such a fence has no others
        return "`" * next(size for size in range(1, len(self._left_over) + 2) if size not in self._left_over)

    def run(self, length: int, head: str | None) -> None:
        """Backticks were written outside of spans and fences, `head` before them if they begin a line."""
        self._begun = None
        if head is not None and length >= 3 and not self._is_doubtful:
            self._begin("`", length, head)
            self._left_over.add(length)
        elif self._is_doubtful or length in self._left_over:
            self._left_over.add(length)
        else:
            self.span, self.is_sure = length, False

    def run_in_span(self, length: int, *, after_backslash: bool) -> None:
        if length == self.span:
            self.span, self.is_sure = 0, False
            self._inside.clear()
        else:
            self._inside.add(length)
            if after_backslash:
                self._inside.add(length - 1)

    def escaped_run(self, length: int) -> None:
        """A backslash stands before this run: inside a span it would count whole, outside by one less."""
        if self._left_over or self._is_doubtful:
            self._left_over |= {length, length - 1}

    def tildes(self, length: int, head: str) -> None:
        if length >= 3 and not self._is_doubtful:
            self._begin("~", length, head)

    def give_up_span(self) -> None:
        if self.span:
            self._left_over |= {self.span} | self._inside
            self._inside.clear()
            self.span, self.is_sure = 0, False

    def _begin(self, mark: str, length: int, head: str) -> None:
        if not head.strip(" "):
            is_certain = len(head) <= 3 or self._after_blank
        else:
            is_certain = _LIST_HEAD.fullmatch(head) is not None or (
                self._after_blank and _NUMBERED_HEAD.fullmatch(head) is not None
            )
        if is_certain:
            self._begun = Fence(mark, length, len(head))
        else:
            self._is_doubtful = True

    def newline(self, head: str | None) -> None:
        """A line ends outside of fences; `head` is all of it if it held nothing but marks."""
        self.give_up_span()
        self._after_blank = head is not None and not head.strip(_BLANK)
        if self._after_blank:
            self._left_over.clear()
        self.fence, self._begun = self._begun, None
        self.is_closing = False

    def newline_in_fence(self) -> None:
        if self.is_closing:
            self.fence, self.is_closing, self._after_blank = None, False, False
            self._left_over.clear()

    def line_in_fence(self, indent: str) -> None:
        """The first mark of a line in a fence comes behind this indentation."""
        assert self.fence is not None
        if self.fence.indent and ("\t" in indent or len(indent) < self.fence.indent):
            self._doubt()

    def run_in_fence(self, mark: str, length: int, indent: str) -> None:
        """A line in a fence begins with these marks."""
        fence = self.fence
        if fence is None or mark != fence.mark or length < fence.length:
            return
        if fence.indent == 0:
            self.is_closing = "\t" not in indent and len(indent) <= 3
        elif len(indent) == fence.indent:
            self.is_closing = True
        else:
            self._doubt()

    def _doubt(self) -> None:
        self.fence, self._is_doubtful = None, True
