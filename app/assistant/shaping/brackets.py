"""Links and images: text in brackets, and what stands behind it.

An image becomes its alternative text; a link becomes its text and, in a code span, its address. `](` never stands in
what is written except before an address of the user, and `]:` not where it would define a reference.
"""

import re
from collections import Counter

from app.assistant.shaping.code import Code
from app.assistant.shaping.destinations import Destination, NoDestination, destination
from app.assistant.shaping.page import Page, Whole
from app.assistant.shaping.urls import address

LABEL_HELD = 1_000  # characters in open brackets that are waited for
_DEPTH = 8
_REFERENCE = re.compile(r"\[([^\[\]\n]{0,999})\]")
_BEGINS_FENCE = re.compile(r"[ \t>*+\-.)0-9]*(?:```|~~~)")


class Brackets:
    def __init__(self, page: Page, code: Code, own: frozenset[str] | set[str], removed: Counter[str]) -> None:
        self._page, self._code, self._own, self._removed = page, code, own, removed
        self._are_loose = False  # in this block, text was let go behind brackets that may still be closed

    def open(self, *, is_image: bool) -> None:
        if len(self._page.frames) >= _DEPTH:
            self.let_go()
        self._page.open(is_image=is_image)

    def let_go(self) -> None:
        """What is in open brackets is text."""
        if self._page.frames:
            self._are_loose = True
            self._page.unframe()

    def check_size(self) -> None:
        if self._page.framed > LABEL_HELD:
            self.let_go()

    def end_line(self, *, is_blank: bool) -> None:
        """A label does not go on behind a line's end, though renderers would let it."""
        self.let_go()
        if is_blank:
            self._are_loose = False

    def close(self, text: str, start: int, *, final: bool) -> int | None:
        """At a `]`: where the text goes on, or None if more of it is needed."""
        following = text[start + 1 : start + 2]
        if not following and not final:
            return None
        if following == "(":
            found = destination(text, start + 2, final=final)
            if found is None:
                return None
            return self._link(found, start + 2)
        frames = self._page.frames
        if frames and frames[-1].is_image:
            return self._image_reference(text, start + 1, final=final)
        self._plain(following)
        return start + 1

    def _link(self, found: Destination | NoDestination, start: int) -> int:
        page = self._page
        if isinstance(found, NoDestination):
            if page.frames and page.frames[-1].is_image:
                self._image()
            else:
                self._plain(" ")
            page.write(" (")
            return start
        if page.frames and page.frames[-1].is_image:
            self._image()
            return found.end
        self._linked(found)
        return found.end

    def _image(self) -> None:
        frame = self._page.frames[-1]
        self._removed["image"] += 1
        self._page.close(self._label(), keeps_brackets=self._keeps_brackets())
        if frame.pieces or self._page.tail:
            self._page.joint()

    def _image_reference(self, text: str, start: int, *, final: bool) -> int | None:
        """`![alt][reference]`, `![alt][]` or `![alt]`."""
        end = start
        if text.startswith("[", start):
            found = _REFERENCE.match(text, start)
            is_begun = "]" not in text[start:] and "\n" not in text[start:] and len(text) - start < LABEL_HELD
            if found is None and is_begun and not final:
                return None
            end = found.end() if found else start
        self._image()
        return end

    def _linked(self, found: Destination) -> None:
        page = self._page
        target = address(found.url, self._own)
        if target.becomes == "own":
            behind = Whole(f"](<{found.url}>)" if found.is_angled else f"]({found.url})")
            self._as_written(behind)
            return
        self._removed["link"] += 1
        label = self._close_label()
        if target.becomes == "none":
            page.joint()
        elif label.strip("` ") != target.text:
            self._behind(label, target.becomes, target.text)

    def _behind(self, label: str, becomes: str, text: str) -> None:
        page = self._page
        page.write(" (" if label and not label.isspace() else "(")
        if becomes == "mail":
            page.write(text)
        else:
            page.write_code(text, self._code.ticks())
        page.write(")")

    def _as_written(self, behind: Whole) -> None:
        page = self._page
        if not page.frames:
            page.write_whole(behind)
            return
        page.close(["[", *page.frames[-1].pieces, behind], keeps_brackets=True)
        page.ends_own = True

    def _close_label(self) -> str:
        """Write what is in the innermost brackets, without them; the text of it."""
        page = self._page
        if not page.frames:
            page.write("]")
            return "]"
        label = "".join(page.frames[-1].pieces)
        page.close(self._label(), keeps_brackets=self._keeps_brackets())
        return label

    def _label(self) -> list[str]:
        pieces = self._page.frames[-1].pieces
        return ["[", *pieces, "]"] if self._keeps_brackets() else list(pieces)

    def _keeps_brackets(self) -> bool:
        """Without brackets this label would begin a code fence."""
        frame = self._page.frames[-1]
        return frame.head is not None and _BEGINS_FENCE.match(frame.head + "".join(frame.pieces)) is not None

    def _plain(self, following: str) -> None:
        """A `]` that ends neither a link nor an image."""
        page = self._page
        if not page.frames:
            page.write("]\\" if following == ":" and self._are_loose else "]")
            return
        frame = page.frames[-1]
        defines = following == ":" and frame.head is not None and not "".join(frame.pieces).startswith("^")
        page.close(["\\[" if defines else "[", *frame.pieces, "]"], keeps_brackets=True)
