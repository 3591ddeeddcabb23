"""Reads Markdown as it comes, verifies our tags and takes out what would load, link or run something.

Text goes through at once. What may be the beginning of syntax waits, within bounds, until it is clear what it is; the
same text gives the same result in chunks of any size, because no decision is taken before all it depends on is there.
"""

import re
from collections import Counter
from collections.abc import Callable

from app.assistant.shaping import urls
from app.assistant.shaping.angles import Bracketed, Element, Ours, angle, ours
from app.assistant.shaping.brackets import Brackets
from app.assistant.shaping.code import Code
from app.assistant.shaping.entities import CHART_HELD, Entities
from app.assistant.shaping.page import Page

SPAN_HELD = 1_000  # characters of a code span that are waited for when an address or a tag stands in it

_ADDRESS = r"[hH][tT][tT][pP][sS]?://|[fF][tT][pP]://|[wW][wW][wW]\.|(?i:data|javascript|vbscript|mailto):"
_STOP = re.compile(rf"[<\[\]!`&\\|\n~]|//|{_ADDRESS}")
_STOP_IN_SPAN = re.compile(rf"[`\n|<\[\]!]|//|{_ADDRESS}")
_STOP_IN_SURE_SPAN = re.compile(r"[`\n|<]")
_STOP_IN_FENCE = re.compile(r"[\n<]")
_END_OF_SPAN = re.compile(r"`+|\n|\||</?chart", re.IGNORECASE)
_RUN = {"`": re.compile("`+"), "~": re.compile("~+")}
_INDENT = re.compile(r"[ \t]*")
_REFERENCE = re.compile(r"&#(?:[xX]([0-9a-fA-F]{1,6})|([0-9]{1,7}));")
_BEGUN_REFERENCE = re.compile(r"&(?:#(?:[xX][0-9a-fA-F]{0,6}|[0-9]{0,7}))?")
_BEHIND_SCHEME = re.compile(r"[A-Za-z0-9]:\Z")
_BLANK = " \t"


class Markup:
    def __init__(self, entities: Entities, own: frozenset[str] | set[str], removed: Counter[str]) -> None:
        self._entities, self._own, self._removed = entities, own, removed
        self._page, self._code = Page(), Code()
        self._brackets = Brackets(self._page, self._code, own, removed)
        self._text, self._at = "", 0  # what came, and up to where it is read
        self._final = False
        self._after_return = False  # the text ended in a carriage return, written as a line feed
        self._waiting: list[str] = []  # came while a chart is waited for, which is long
        self._waits_for_chart = False
        self._steps: dict[str, Callable[[], bool]] = {
            "<": self._angle,
            "[": self._opening,
            "]": self._closing,
            "!": self._exclamation,
            "`": self._ticks,
            "&": self._ampersand,
            "\\": self._backslash,
            "|": self._bar,
            "\n": self._newline,
            "~": self._tilde,
            "/": self._slashes,
        }

    def feed(self, text: str) -> list[str]:
        """What can be written now; `Whole` pieces are verified tags and addresses of the user."""
        text = self._with_line_feeds(text)
        if self._waits_for_chart:
            self._waiting.append(text)
            if ">" not in text and sum(map(len, self._waiting)) < CHART_HELD:
                return []
            text = "".join(self._waiting)
            self._waiting.clear()
        self._read(text, final=False)
        return self._page.take()

    def end(self) -> list[str]:
        self._read("".join(self._waiting), final=True)
        self._brackets.let_go()
        return self._page.take()

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

    def _write_upto(self, end: int) -> None:
        if end > self._at:
            self._page.write(self._text[self._at : end])
            self._at = end
            self._brackets.check_size()

    def _write_rest(self) -> bool:
        end = len(self._text)
        if not (self._final or self._code.is_sure):
            end = urls.begun(self._text, self._at, self._page.tail[-1:])
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

    def _bar(self) -> bool:
        return self._write("|")

    def _newline(self) -> bool:
        head = self._page.head
        self._brackets.end_line(is_blank=head is not None and not head.strip(_BLANK))
        self._code.newline(head)
        self._page.newline()
        self._at += 1
        return True

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

    # Code

    def _run(self) -> str | None:
        """All the same marks that stand here; None if more may come."""
        found = _RUN[self._text[self._at]].match(self._text, self._at)
        assert found is not None
        return found.group() if self._final or found.end() < len(self._text) else None

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
        run = self._run() if first in _RUN else ""
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

    # Tags, HTML, addresses

    def _angle_in_code(self) -> bool:
        self._code.is_closing = False
        name = ours(self._text, self._at, final=self._final)
        if name is None:
            return False
        return self._tag(name.name) if isinstance(name, Ours) else self._write("<")

    def _angle(self) -> bool:
        if self._page.is_escaped:
            return self._angle_in_code()
        found = angle(self._text, self._at, final=self._final)
        if found is None:
            return False
        if isinstance(found, Ours):
            return self._tag(found.name)
        if isinstance(found, Element):
            self._element(found)
        elif isinstance(found, Bracketed):
            self._bracketed(found)
        else:
            self._page.write("\\<" if found.needs_escape else "<")
            self._at += 1
        return True

    def _tag(self, name: str) -> bool:
        found = self._entities.find(self._text, self._at, name, final=self._final)
        if found is None:
            self._waits_for_chart = name == "chart"
            return False
        if found.instead:
            self._page.write_whole(found.instead)
        else:
            self._page.joint()
        self._at = found.end
        self._brackets.check_size()
        return True

    def _element(self, found: Element) -> None:
        self._removed["html"] += 1
        if found.parts_words and not self._page.tail[-1:].isspace() and self._page.tail:
            self._page.write(" ")
        self._page.joint()
        self._at = found.end

    def _bracketed(self, found: Bracketed) -> None:
        target = urls.address(found.url, self._own)
        if target.becomes == "own":
            self._page.write_whole(f"<{found.url}>")
        elif target.becomes == "mail":
            self._page.joint()
            self._page.write(target.text)
        else:
            self._out_of_use(target.text)
        self._at = found.end
        self._brackets.check_size()

    def _out_of_use(self, url: str) -> None:
        """Show an address as code; leave it out if nothing of it may be shown."""
        self._removed["link"] += 1
        if url:
            self._page.write_code(url, self._code.ticks())
        else:
            self._page.joint()

    def _token(self) -> str | None:
        """The address that begins here, without the punctuation behind it; None if it may go on."""
        limit = self._at + urls.LONGEST
        found = urls.TOKEN.match(self._text, self._at, limit)
        assert found is not None
        if found.end() == len(self._text) and found.end() < limit and not self._final:
            return None
        return urls.trimmed(found.group())

    def _address(self, beginning: str) -> bool:
        if urls.is_word(self._page.tail[-1:]):
            return self._write(beginning[0])
        token = self._token()
        if token is None:
            return False
        if not urls.is_address(token):
            return self._write(beginning)
        token = max(token, beginning, key=len)
        target = urls.address(token, self._own)
        if target.becomes == "own":
            self._page.write_whole(token)
            self._page.ends_own = True
        elif target.becomes == "mail":
            self._page.write(target.text)
        else:
            self._out_of_use(target.text)
        self._at += len(token)
        self._brackets.check_size()
        return True

    def _slashes(self) -> bool:
        """An address of a scheme we do not know, or one that does not begin a word."""
        if _BEHIND_SCHEME.search(self._page.tail) is None:
            return self._write("//")
        token = self._token()
        if token is None:
            return False
        if len(token) <= len("//"):
            return self._write("//")
        self._out_of_use(urls.address(token, frozenset()).text)
        self._at += len(token)
        self._brackets.check_size()
        return True
