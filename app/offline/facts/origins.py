"""Where somebody comes from, how old they are, whom they have married, what they speak."""

import re
from collections.abc import Iterator

from app.offline.facts.plain import Slot
from app.offline.facts.readings import ADVERBS, NO, Match, fixed, negation, row, whole
from app.offline.facts.word_lists import LANGUAGES, NATIONALITIES
from app.offline.words import joined


def _languages(match: Match) -> Iterator[Slot]:
    """Together when all are told; each by itself when one is added, or is not spoken."""
    spoken = re.findall(rf"\b(?:{LANGUAGES})\b", match["v"], re.IGNORECASE)
    if negation(match) or " also " in match.string.lower():
        yield from ((each.lower(), "does not speak it" if negation(match) else "speaks it") for each in spoken)
    else:
        yield "languages", joined(spoken)


ROWS = (
    row(rf"i am {NO}(?:half |originally )?(?P<v>{NATIONALITIES})(?: by birth)?", fixed("nationality")),
    row(r"i am (?P<v>\d{1,3})(?: years old)?", fixed("age")),
    row(r"i was born (?:on|in) (?P<v>.+)", whole("born")),
    row(r"i (?:turn|will turn) \d{1,3} on (?P<v>.+)", fixed("birthday")),
    row(rf"i am {ADVERBS}{NO}(?P<v>(?:married|single|divorced|engaged|widowed)(?: to .+)?)", whole("marital status")),
    row(r"i (?:just |recently )?got (?P<v>married|divorced|engaged)(?: .*)?", whole("marital status")),
    row(r"i (?:am originally|come|am) from (?P<v>[A-Z].+)", fixed("origin")),
    row(
        rf"i {ADVERBS}(?P<no>do not |can not )?speak (?P<v>(?:(?:fluent|a little|some|a bit of|good|basic|both|only)"
        rf" )*(?:{LANGUAGES})\b.*)",
        _languages,
    ),
)
