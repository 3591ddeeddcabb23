"""The text that came and how far it is read; what is read is written on the page."""

import re
from collections import Counter

from app.assistant.shaping import urls
from app.assistant.shaping.brackets import Brackets
from app.assistant.shaping.code import Code
from app.assistant.shaping.entities import Entities
from app.assistant.shaping.page import Page

_RUN = {"`": re.compile("`+"), "~": re.compile("~+")}
_BEHIND_SCHEME = re.compile(r"[A-Za-z0-9]:\Z")
_BLANK = " \t"


class Reader:
    """Its subclasses are steps. A step says whether it got on; if not, more text is needed."""

    def __init__(self, entities: Entities, own: frozenset[str] | set[str], removed: Counter[str]) -> None:
        self._entities, self._own, self._removed = entities, own, removed
        self._page, self._code = Page(), Code()
        self._brackets = Brackets(self._page, self._code, own, removed)
        self._text, self._at = "", 0  # what came, and up to where it is read
        self._final = False  # nothing comes any more
        self._waits_for_chart = False  # which is long

    def _write_upto(self, end: int) -> None:
        if end > self._at:
            self._page.write(self._text[self._at : end])
            self._at = end
            self._brackets.check_size()

    def _write_rest(self) -> bool:
        end = len(self._text)
        if not (self._final or self._code.is_sure):
            end = urls.begun(self._text, self._at, self._page.before_word)
            if end == len(self._text) and self._text[-1] == "/":
                before = (self._page.tail + self._text[self._at : -1])[-2:]
                end -= self._code.span > 0 or _BEHIND_SCHEME.search(before) is not None
        self._write_upto(end)
        return end == len(self._text)

    def _write(self, text: str) -> bool:
        self._page.write(text)
        self._at += len(text)
        self._brackets.check_size()
        return True

    def _run(self) -> str | None:
        """All the same marks that stand here; None if more may come."""
        found = _RUN[self._text[self._at]].match(self._text, self._at)
        assert found is not None
        return found.group() if self._final or found.end() < len(self._text) else None

    def _newline(self) -> bool:
        head = self._page.head
        self._brackets.end_line(is_blank=head is not None and not head.strip(_BLANK))
        self._code.newline(head)
        self._page.newline()
        self._at += 1
        return True
