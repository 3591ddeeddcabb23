"""Every six consecutive words of our own texts, in a form that can be followed word by word."""

from collections.abc import Iterable

from app.assistant.shaping.words import words_of

WINDOW = 6  # words; shorter quotations are ordinary language
NOTHING: frozenset[str] = frozenset()


class Fingerprints:
    """For each beginning of a window (one to five words): which words come next in one of our texts.

    A window of numbers only is no fingerprint: it says nothing about us, and tables are full of them.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._next: dict[tuple[str, ...], set[str]] = {}
        self.first: dict[str, set[str]] = {}  # the words windows begin with, and what follows them
        for text in texts:
            words = words_of(text)
            for start in range(len(words) - WINDOW + 1):
                self._add(tuple(words[start : start + WINDOW]))

    def _add(self, window: tuple[str, ...]) -> None:
        if "" in window or all(word.isdigit() for word in window):
            return
        for size in range(1, WINDOW):
            self._next.setdefault(window[:size], set()).add(window[size])
        self.first[window[0]] = self._next[window[:1]]

    def after(self, beginning: tuple[str, ...]) -> set[str] | frozenset[str]:
        """The words that follow this beginning of one to five words."""
        return self._next.get(beginning, NOTHING)

    def begins(self, beginning: tuple[str, ...]) -> bool:
        return beginning in self._next
