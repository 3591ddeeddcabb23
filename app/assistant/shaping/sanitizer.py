"""Keeps our own words from users: prompts, tool descriptions, internal names, secrets."""

from collections import Counter
from collections.abc import Iterable

from app.assistant.shaping.cuts import Cuts
from app.assistant.shaping.fingerprints import Fingerprints
from app.assistant.shaping.masked import Masked, Names, Secrets, Words
from app.assistant.shaping.masks import Masks


class SanitizerStream:
    """One text on its way to a user, in chunks of any size. What comes out does not depend on the chunks."""

    def __init__(self, masked: Iterable[Masked], fingerprints: Fingerprints, removed: Counter[str]) -> None:
        self.removed = removed
        # One after the other: what is a whole word, or consecutive, shows when the secrets are out.
        self._steps: list[Masks | Cuts] = [Masks(each, removed) for each in masked if each.strings]
        self._steps.append(Cuts(fingerprints, removed))

    def feed(self, text: str) -> str:
        for step in self._steps:
            text = step.feed(text)
        return text

    def end_part(self) -> str:
        """What was still held, before something that is no text, or is verified. The text goes on behind it."""
        rest = ""
        for step in self._steps:
            rest = step.feed(rest) + step.end_part()
        return rest

    def end(self) -> str:
        """What was still held. What is fed later is a text of its own."""
        rest = ""
        for step in self._steps:
            rest = step.feed(rest) + step.end()
        return rest


class Sanitizer:
    """Built once per process from every text that must not be quoted."""

    def __init__(self, texts: Iterable[str], *, identifiers: Iterable[str] = (), secrets: Iterable[str] = ()) -> None:
        kept = set(identifiers)
        self._names = [Names(name for name in kept if "_" in name), Words(name for name in kept if "_" not in name)]
        self._masked = [Secrets(secrets), *self._names]
        originals = list(texts)
        # Internal names are replaced before passages are looked for, so the passages are known with and without them.
        self._fingerprints = Fingerprints([*originals, *map(self._without_names, originals)])

    def _without_names(self, text: str) -> str:
        for names in self._names:
            masks = Masks(names, Counter())
            text = masks.feed(text) + masks.end()
        return text

    def stream(self, removed: Counter[str] | None = None) -> SanitizerStream:
        counts: Counter[str] = Counter() if removed is None else removed
        return SanitizerStream(self._masked, self._fingerprints, counts)

    def finds_private(self, text: str) -> bool:
        """Do our prompts or keys stand in it? Internal names may: people use such words."""
        found: Counter[str] = Counter()
        self.clean(text, found)
        return bool(found["prompt"] or found["secret"])

    def clean(self, text: str, removed: Counter[str]) -> str:
        """A whole text at once."""
        stream = self.stream(removed)
        return stream.feed(text) + stream.end()
