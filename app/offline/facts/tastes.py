"""What somebody likes and how they want things done: preferences, habits, standing instructions."""

import re

from app.offline.facts.instructions import instruction
from app.offline.facts.liking import liking
from app.offline.facts.plain import Slot
from app.offline.facts.routines import routine

_WITH_REASON = re.compile(r",? so (?!that\b|much\b|many\b|far\b|long\b|as\b)", re.IGNORECASE)


def taste_slots(sentence: str, *, lasts: bool) -> list[Slot]:
    """What the sentence, in its long form, says of the speaker's tastes and ways. `lasts`: "from now on" stood before it.
    A wish with its reason ("I cycle to work, so no meetings before ten") is none: the two belong together."""
    if _WITH_REASON.search(sentence):
        return []
    slot = liking(sentence) or routine(sentence) or instruction(sentence, lasts=lasts)
    return [slot] if slot is not None and all(slot) else []
