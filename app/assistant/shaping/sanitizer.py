"""Keeps our own words from users: prompts, tool descriptions, internal names, secrets."""

from collections import Counter
from collections.abc import Iterable

from app.assistant.shaping.cuts import Cuts
from app.assistant.shaping.fingerprints import Fingerprints
from app.assistant.shaping.masks import MaskedStrings, Masks


class SanitizerStream:
    """One text on its way to a user, in chunks of any size. What comes out does not depend on the chunks."""

    def __init__(
        self, secrets: MaskedStrings, names: MaskedStrings, fingerprints: Fingerprints, removed: Counter[str]
    ) -> None:
        self.removed = removed
        # One after the other: what is a whole word, or consecutive, shows when the secrets are out.
        self._secrets, self._names = Masks(secrets, removed), Masks(names, removed)
        self._cuts = Cuts(fingerprints, removed)

    def feed(self, text: str) -> str:
        return self._cuts.feed(self._names.feed(self._secrets.feed(text)))

    def end(self) -> str:
        """What was still held. What is fed later is a text of its own."""
        rest = self._names.feed(self._secrets.end()) + self._names.end()
        return self._cuts.feed(rest) + self._cuts.end()


class Sanitizer:
    """Built once per process from every text that must not be quoted."""

    def __init__(self, texts: Iterable[str], *, identifiers: Iterable[str] = (), secrets: Iterable[str] = ()) -> None:
        self._secrets, self._names = MaskedStrings((), secrets), MaskedStrings(identifiers, ())
        originals = list(texts)
        # Internal names are replaced before passages are looked for, so the passages are known with and without them.
        self._fingerprints = Fingerprints([*originals, *map(self._masked, originals)])

    def _masked(self, text: str) -> str:
        masks = Masks(self._names, Counter())
        return masks.feed(text) + masks.end()

    def stream(self, removed: Counter[str] | None = None) -> SanitizerStream:
        counts: Counter[str] = Counter() if removed is None else removed
        return SanitizerStream(self._secrets, self._names, self._fingerprints, counts)

    def clean(self, text: str, removed: Counter[str]) -> str:
        """A whole text at once."""
        stream = self.stream(removed)
        return stream.feed(text) + stream.end()
