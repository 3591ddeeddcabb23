"""Takes fingerprinted passages out of a stream of text.

The first word of a passage cannot be told from any other word and has been sent by the time the second arrives; from
the second on they are held, at most five, and sent or cut when the sixth decides. What is compared is the sequence of
words the user would read, also over a cut or over something that is no text, so no window of six can ever stand in it,
whatever the chunks were.
"""

import re
from collections import Counter

from app.assistant.shaping.fingerprints import NOTHING, WINDOW, Fingerprints
from app.assistant.shaping.omission import Cut
from app.assistant.shaping.words import ASCII_WORD, IN_WORD, LONGEST, WORD, folded, words_of

GAP = 256  # characters between two words past which nothing is held


class Cuts:
    """One text on its way to a user. `removed["prompt"]` counts the passages."""

    def __init__(self, fingerprints: Fingerprints, removed: Counter[str]) -> None:
        self._prints, self._removed = fingerprints, removed
        self._text = ""  # not sent yet
        self._read = 0  # up to where it has been read; a word that may go on is unread
        self._begun = ""  # a word whose first part was sent already
        self._window: tuple[str, ...] = ()  # the last five words of the passage that is being cut
        self._forget()

    def _forget(self) -> None:
        self._cut: Cut | None = None
        self._recent: tuple[str, ...] = ()  # the last words read, sent and held, that may be part of a passage
        self._matched = 0  # how many of them begin a window
        self._held: list[int] = []  # where the held ones start

    def feed(self, text: str) -> str:
        if not text:
            return ""
        self._text += text
        return self._go_on(final=False)

    def end_part(self) -> str:
        """The rest. A passage that goes on in what comes later is cut from there on."""
        return self._go_on(final=True)

    def end(self) -> str:
        """The rest. What comes later is a text of its own."""
        sent = self._go_on(final=True)
        self._forget()
        return sent

    def _go_on(self, *, final: bool) -> str:
        out: list[str] = []
        while not self._pass(out, final=final):
            pass
        return "".join(out)

    def _pass(self, out: list[str], *, final: bool) -> bool:
        """Read to the end; false when text was taken out on the way and the rest has to be read anew."""
        if self._begun and not self._finish_begun(out, final=final):
            return True
        text = self._text
        pattern = ASCII_WORD if text.isascii() else WORD
        read = self._skim(text, pattern) if self._matched < 2 and self._cut is None else self._read
        for found in pattern.finditer(text, read):
            start, end = found.span()
            if end == len(text) and not final:
                return self._may_go_on(out, start)
            if start - self._read > GAP and (self._held or self._cut is not None):
                self._let_go(out, start)
                return False
            if not self._word(out, folded(found.group()), start, end):
                return False
            if not self._held and self._cut is None:
                return False
        return self._rest(out, final=final)

    def _skim(self, text: str, pattern: re.Pattern[str]) -> int:
        """Read on to the first word a passage may go on with, or the last: most words are read here."""
        first, read, last = self._prints.first, self._read, ""
        following = self._prints.after(self._recent)
        if following:
            last = self._recent[-1]
        for found in pattern.finditer(text, read):
            word = folded(found.group())
            end = found.end()
            if end == len(text) or word in following:
                break
            last, following, read = word, first.get(word, NOTHING), end
        self._read = read
        self._matched, self._recent = (1, (last,)) if following else (0, ())
        return read

    def _finish_begun(self, out: list[str], *, final: bool) -> bool:
        """Read the rest of a word that was sent in part; false if it has not ended yet."""
        found = IN_WORD.match(self._text)
        more = found.group() if found else ""
        self._begun = (self._begun + more)[: LONGEST + 1]
        if len(more) == len(self._text) and not final:
            out.append(self._send(len(more)))
            return False
        word, self._begun = folded(self._begun), ""
        self._matched, self._recent = (1, (word,)) if word in self._prints.first else (0, ())
        self._read = len(more)
        return True

    def _word(self, out: list[str], word: str, start: int, end: int) -> bool:
        if self._cut is not None:
            return self._word_in_cut(out, word, end)
        size = self._size_with(word)
        self._read = end
        if size == WINDOW:
            self._begin_cut(out, word, start, end)
            return False
        self._follow(word, size)
        if size > 1 or self._held:
            self._held.append(start)
            del self._held[: max(len(self._held) - max(size - 1, 0), 0)]
        return True

    def _size_with(self, word: str) -> int:
        """How many of the last words read begin a window if this is the next."""
        size = self._matched
        while size and word not in self._prints.after(self._recent[-size:]):
            size -= 1
        return size + 1 if size or word in self._prints.first else 0

    def _follow(self, word: str, size: int) -> None:
        self._recent = (*self._recent, word)[-size:] if size else ()
        self._matched = size

    def _begin_cut(self, out: list[str], word: str, start: int, end: int) -> None:
        """Cut from the first held word to this one. Numbers at the edges stay: they may be those of a list."""
        starts, words = [*self._held, start], [*self._recent[len(self._recent) - len(self._held) :], word]
        self._window = (*self._recent, word)[1 - WINDOW :]
        self._recent = self._recent[: len(self._recent) - len(self._held)]
        solid = [at for at, each in enumerate(words) if not each.isdigit()] or [0, len(words) - 1]
        self._recent = (*self._recent, *words[: solid[0]])
        stop = end if solid[-1] == len(words) - 1 else self._end_of_word(starts[solid[-1]])
        out.append(self._text[: starts[solid[0]]])
        self._cut = Cut()
        self._removed["prompt"] += 1
        self._cut.take(self._text[starts[solid[0]] : stop])
        self._held = []
        self._send(stop)

    def _end_of_word(self, start: int) -> int:
        found = WORD.match(self._text, start)
        return found.end() if found else start

    def _word_in_cut(self, out: list[str], word: str, end: int) -> bool:
        assert self._cut is not None
        if word not in self._prints.after(self._window):
            self._end_cut(out)
            return False
        self._window = (*self._window[1:], word)
        self._read = end
        return True if word.isdigit() else self._swallow(end)

    def _swallow(self, end: int) -> bool:
        assert self._cut is not None
        self._cut.take(self._text[:end])
        # The text is cut off behind this word, so the words after it have to be found anew.
        self._send(end)
        return False

    def _end_cut(self, out: list[str]) -> None:
        out.append(str(self._cut))
        self._cut = None
        self._read = 0
        self._match_recent()

    def _match_recent(self) -> None:
        sizes = range(min(WINDOW - 1, len(self._recent)), 0, -1)
        self._matched = next((size for size in sizes if self._prints.begins(self._recent[-size:])), 0)
        self._recent = self._recent[-self._matched :] if self._matched else ()

    def _may_go_on(self, out: list[str], start: int) -> bool:
        """The text ends in a word, perhaps not a whole one: hold it if it may be the next of a passage."""
        part = folded(self._text[start:])
        if self._cut is not None:
            if self._continues(self._window, part):
                return True
            self._end_cut(out)
            return False
        if any(self._continues(self._recent[-size:], part) for size in range(self._matched, 0, -1)):
            out.append(self._send(self._held[0] if self._held else start))
            return True
        self._begun = self._text[start : start + LONGEST + 1]
        self._held = []
        out.append(self._send(len(self._text)))
        return True

    def _continues(self, beginning: tuple[str, ...], part: str) -> bool:
        return part != "" and any(word.startswith(part) for word in self._prints.after(beginning))

    def _rest(self, out: list[str], *, final: bool) -> bool:
        """What comes after the last word read: sent at once unless something before it is held."""
        if self._cut is not None:
            if len(self._text) - self._read > GAP or (final and (self._cut or self._text)):
                self._let_go(out, len(self._text))
            return True
        if self._held and not final and len(self._text) - self._read <= GAP:
            out.append(self._send(self._held[0]))
            return True
        self._held = []
        out.append(self._send(len(self._text)))
        return True

    def _let_go(self, out: list[str], upto: int) -> None:
        """Nothing more is waited for: what is held is sent, and what goes on with it will be cut."""
        if self._cut is not None:
            upto -= self._let_go_of_numbers(self._cut)
            out.append(str(self._cut))
            self._cut = Cut()
        self._held = []
        out.append(self._send(upto))

    def _let_go_of_numbers(self, cut: Cut) -> int:
        """In a cut, numbers wait for a word behind them. They are sent, or left out if they complete a passage themselves.

        How many characters were left out.
        """
        self._match_recent()
        for word in words_of(self._text[: self._read]):
            size = self._size_with(word)
            if size == WINDOW:
                cut.take(self._text[: self._read])
                return len(self._send(self._read))
            self._follow(word, size)
        return 0

    def _send(self, upto: int) -> str:
        sent, self._text = self._text[:upto], self._text[upto:]
        self._read = max(self._read - upto, 0)
        self._held = [start - upto for start in self._held]
        return sent
