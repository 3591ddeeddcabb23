"""Exact strings that never reach a user: internal names become a neutral word, secrets a mark of omission."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from app.assistant.shaping.cuts import CUT

NEUTRAL = "assistant"


class MaskedStrings:
    """What to look for, compiled once.

    `identifiers` are found as whole words, in any case, and with their underscores escaped as Markdown does; `secrets`
    wherever they stand, exactly.
    """

    def __init__(self, identifiers: Iterable[str], secrets: Iterable[str]) -> None:
        names = sorted({name for name in identifiers if name}, key=len, reverse=True)
        kept = sorted({secret for secret in secrets if secret}, key=len, reverse=True)
        choices = ["(" + "|".join(map(re.escape, kept)) + ")"] if kept else ["((?!))"]
        if names:
            choices.append(r"(?<!\w)(?i:" + "|".join(_with_escapes(name) for name in names) + r")(?!\w)")
        self.pattern = re.compile("|".join(choices)) if names or kept else None
        spelled = {each.lower() for name in names for each in (name, name.replace("_", "\\_"))}
        self._names = {name[:size] for name in spelled for size in range(1, len(name) + 1)}
        self._secrets = {secret[:size] for secret in kept for size in range(1, len(secret))}
        self._ends = {begun[-1] for begun in self._secrets} | {
            c for name in self._names for c in (name[-1], name[-1].upper())
        }
        self._starts = {each[0] for each in self._secrets} | {
            c for name in self._names for c in (name[0], name[0].upper())
        }
        self._have_underscores = all("_" in name for name in names)
        self._kept = kept
        self._longest = max(map(len, (*spelled, *kept)), default=0)

    def may_hold(self, text: str) -> bool:
        """A quick look: false if none of the strings is in the text."""
        return not self._have_underscores or "_" in text or any(secret in text for secret in self._kept)

    def begins_at(self, text: str, start: int) -> int:
        """Where, from `start` on, the end of the text may be the beginning of one of the strings; its length if nowhere."""
        if text[-1:] not in self._ends:
            return len(text)
        for at in range(max(start, len(text) - self._longest), len(text)):
            if text[at] not in self._starts:
                continue
            rest = text[at:]
            if rest in self._secrets or (rest.lower() in self._names and not _goes_on(text, at)):
                return at
        return len(text)


def _with_escapes(name: str) -> str:
    return r"\\?_".join(map(re.escape, name.split("_")))


def _goes_on(text: str, at: int) -> bool:
    before = text[at - 1 : at] if at else ""
    return before.isalnum() or before == "_"


class Masks:
    """One text on its way to a user. Counts in `removed` as "identifier" and "secret"."""

    def __init__(self, strings: MaskedStrings, removed: Counter[str]) -> None:
        self._strings, self._removed = strings, removed
        self._text = ""
        self._before = ""  # the last character sent: it may make a part of a word of what follows

    def feed(self, text: str) -> str:
        return self._go_on(text, final=False)

    def end(self) -> str:
        sent = self._go_on("", final=True)
        self._before = ""
        return sent

    def _go_on(self, text: str, *, final: bool) -> str:
        if self._strings.pattern is None:
            return text
        self._text += text
        sent = "".join(self._pieces(final=final))
        self._before = sent[-1:] or self._before
        return sent

    def _pieces(self, *, final: bool) -> Iterator[str]:
        text, start = self._before + self._text, len(self._before)
        assert self._strings.pattern is not None
        while True:
            held = len(text) if final else self._strings.begins_at(text, start)
            found = self._strings.pattern.search(text, start) if self._strings.may_hold(text) else None
            if found is None or found.start() >= held:
                break
            yield text[start : found.start()]
            instead = self._instead(is_secret=found.group(1) is not None)
            yield instead
            text, start = instead[-1] + text[found.end() :], 1
        yield text[start:held]
        self._text = text[held:]

    def _instead(self, *, is_secret: bool) -> str:
        self._removed["secret" if is_secret else "identifier"] += 1
        return CUT if is_secret else NEUTRAL
