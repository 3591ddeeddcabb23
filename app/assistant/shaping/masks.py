"""Takes exact strings out of a stream of text."""

from collections import Counter
from collections.abc import Iterator

from app.assistant.shaping.masked import Masked


class Masks:
    """One text on its way to a user. Counts in `removed` by kind."""

    def __init__(self, strings: Masked, removed: Counter[str]) -> None:
        self._strings, self._removed = strings, removed
        self._forget()

    def _forget(self) -> None:
        self._text = ""  # not sent yet
        self._before = ""  # the end of what was sent, as long as the longest string
        self._begun = 0  # characters of it that may begin a string which goes on behind a part

    def feed(self, text: str) -> str:
        if self._strings.pattern is None:
            return text
        self._text += text
        return "".join(self._pieces(final=False))

    def end_part(self) -> str:
        """What was held. A string that goes on in what is fed later is taken out from there on."""
        if self._strings.pattern is None:
            return ""
        sent = "".join(self._pieces(final=True))
        if not self._strings.goes_over_parts:
            self._forget()
        return sent

    def end(self) -> str:
        """What was held. What is fed later is a text of its own."""
        sent = self.end_part()
        self._forget()
        return sent

    def _pieces(self, *, final: bool) -> Iterator[str]:
        strings, text, start = self._strings, self._before + self._text, len(self._before)
        assert strings.pattern is not None
        at = start - self._begun
        while True:
            held = strings.begins_at(text, at)
            found = strings.pattern.search(text, at) if strings.may_hold(text) else None
            if found is None or (found.start() >= held and not final):
                break
            instead = strings.instead(found.group())
            self._removed[strings.kind] += 1
            yield text[start : found.start()] + instead
            before = (text[: max(start, found.start())] + instead)[-strings.longest - 1 :]
            text, at = before + text[found.end() :], len(before)
            start = at
        upto = len(text) if final else max(held, start)
        yield text[start:upto]
        self._text = text[upto:]
        self._before, self._begun = text[:upto][-strings.longest - 1 :], max(upto - held, 0)
