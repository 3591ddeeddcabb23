"""Takes exact strings out of a stream of text."""

from collections import Counter

from app.assistant.shaping.masked import Masked


class Masks:
    """One text on its way to a user. Counts in `removed` by kind."""

    def __init__(self, masked: Masked, removed: Counter[str]) -> None:
        self._masked, self._removed = masked, removed
        self._kept = masked.longest + 1  # characters that may matter for what follows
        self._forget()

    def _forget(self) -> None:
        self._text = ""  # not sent yet
        self._before = ""  # the end of what was sent
        self._begun = 0  # characters of it that may begin a string which goes on behind a part

    def feed(self, text: str) -> str:
        if not text:
            return ""
        self._text += text
        return self._go_on(final=False)

    def end_part(self) -> str:
        """What was held. A string that goes on in what is fed later is taken out from there on."""
        sent = self._go_on(final=True)
        if not self._masked.goes_over_parts:
            self._forget()
        return sent

    def end(self) -> str:
        """What was held. What is fed later is a text of its own."""
        sent = self._go_on(final=True)
        self._forget()
        return sent

    def _go_on(self, *, final: bool) -> str:
        masked, text, start, sent = self._masked, self._before + self._text, len(self._before), ""
        at = start - self._begun
        held = masked.begins_at(text, at)
        while (found := masked.search(text, at)) is not None and (found[0] < held or final):
            begins, ends = found
            instead = masked.instead(text[begins:ends])
            self._removed[masked.kind] += 1
            sent += text[start:begins] + instead
            before = (text[: max(start, begins)] + instead)[-self._kept :]
            text, start = before + text[ends:], len(before)
            at, held = start, masked.begins_at(text, start)
        upto = len(text) if final else max(held, start)
        sent += text[start:upto]
        self._text = text[upto:]
        self._before, self._begun = text[max(upto - self._kept, 0) : upto], max(upto - held, 0)
        return sent
