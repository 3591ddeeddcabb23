"""What stands between a model's words and the user. docs/shaping.md tells what passes and what does not."""

from collections import Counter
from collections.abc import Iterable
from string import punctuation

from app.assistant.shaping.entities import Entities
from app.assistant.shaping.markup import Markup
from app.assistant.shaping.omission import CUT
from app.assistant.shaping.page import Whole
from app.assistant.shaping.sanitizer import Sanitizer
from app.assistant.shaping.seen import SeenIds

_SAYS_NOTHING = f"{punctuation}{CUT}“”‘’«»•– \t\n"


class Shaper:
    """One turn's text: `feed` while it comes, `end_message` between two messages of the model, `end` once.

    Syntax comes first: it takes text out and joins what stood on both sides. The sanitizer reads what remains, as the user
    would, and leaves a mark wherever it cuts, so it joins nothing. Verified tags pass it untouched.
    """

    def __init__(self, *, sanitizer: Sanitizer, seen: SeenIds, own_urls: frozenset[str] | set[str], tags: bool) -> None:
        self.removed: Counter[str] = Counter()
        self._says_something = False
        self._sanitizer = sanitizer
        self._seen = seen
        self._stream = sanitizer.stream(self.removed)
        entities = Entities(seen, self._clean, self.removed, are_allowed=tags)
        self._markup = Markup(entities, {url.strip() for url in own_urls}, self.removed)

    def feed(self, text: str) -> list[str]:
        """Chunks that can be sent now, a tag never split over two."""
        return self._chunks(self._sanitized(self._markup.feed(text)))

    def end_message(self) -> list[str]:
        """What was held. What is fed later has to be sent behind a blank line, and is read as the rest of the same text."""
        return self._chunks([*self._sanitized(self._markup.end_part()), self._stream.end_part()])

    def end(self) -> list[str]:
        """What was held. Syntax that did not end is text, an unfinished tag is dropped."""
        return self._chunks([*self._sanitized(self._markup.end()), self._stream.end()])

    def recall(self, said: str) -> None:
        """Read what another shaper has sent of this turn, so that what is fed now is read as the rest of it."""
        self.feed(said)
        self.end_message()
        self.removed.clear()

    @property
    def has_removed_all(self) -> bool:
        """Was something taken out, and nothing sent but punctuation and marks of omission?"""
        return not self._says_something and self.removed.total() > 0

    def _sanitized(self, pieces: Iterable[str]) -> list[str]:
        ready: list[str] = []
        text: list[str] = []
        for piece in pieces:
            if isinstance(piece, Whole):
                ready += self._stream.feed("".join(text)), self._stream.end_part(), piece
                text.clear()
            else:
                text.append(piece)
        ready.append(self._stream.feed("".join(text)))
        return ready

    def _clean(self, text: str) -> str:
        """A text inside a chart: the same rules, and no tags."""
        entities = Entities(self._seen, str, self.removed, are_allowed=False)
        markup = Markup(entities, frozenset(), self.removed)
        return self._sanitizer.clean("".join([*markup.feed(text), *markup.end()]), self.removed)

    def _chunks(self, pieces: list[str]) -> list[str]:
        chunk = "".join(pieces)
        self._says_something = self._says_something or chunk.strip(_SAYS_NOTHING) != ""
        return [chunk] if chunk else []
