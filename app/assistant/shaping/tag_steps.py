"""Steps at what begins a tag, HTML or an address."""

import re

from app.assistant.shaping import urls
from app.assistant.shaping.angles import Bracketed, Element, Ours, angle, ours
from app.assistant.shaping.reader import Reader

_BEHIND_SCHEME = re.compile(r"[A-Za-z0-9]:\Z")


class TagSteps(Reader):
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
        if urls.is_word(self._page.before_word):
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
