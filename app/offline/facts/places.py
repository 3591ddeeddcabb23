"""Where somebody lives, and where what is theirs is."""

import re
from collections.abc import Iterator

from app.offline.facts.plain import Slot, key_of, undated, value_of
from app.offline.facts.readings import ADVERBS, Match, negation, row, short
from app.offline.facts.word_lists import MONTHS

_PLACE = re.compile(r"(?:[A-ZÀ-Þ]|the (?:[A-Z]|country|city|mountains|suburbs|coast|sea))")
_IS_DAY = re.compile(rf"(?i:the \d|\d|{MONTHS}|monday|tuesday|wednesday|thursday|friday|saturday|sunday|next|q[1-4])\b")
_SITES = (
    "studio|office|shop|store|workshop|warehouse|practice|desk|flat|house|apartment|headquarters|garage|lab|gym|clinic"
    "|restaurant|caf[eé]|bakery|salon|gallery|farm|servers?|data ?cent(?:er|re)|parking space|bank"
)


def _home(match: Match) -> Iterator[Slot]:
    link = match["link"].lower()
    place = re.split(r" to ", match["v"])[-1] if link == "from" else re.split(r" from (?=[A-ZÀ-Þ])", match["v"])[0]
    place = short(place)
    if _PLACE.match(place) and not _IS_DAY.match(place):
        yield "home", negation(match) + ("near " if link == "near" else "") + place


def _moving(match: Match) -> Iterator[Slot]:
    place = undated(re.split(r" from (?=[A-ZÀ-Þ])", value_of(match["v"]))[0])
    if _PLACE.match(place) and not _IS_DAY.match(place):
        yield "home", f"moving to {place}"


def _site(match: Match) -> Iterator[Slot]:
    place = undated(value_of(match["v"]))
    if not _IS_DAY.match(place):
        yield key_of(match["k"]), f"{match['link'].lower()} {place}".strip() if match["link"] != "to" else place


ROWS = (
    row(r"i (?:have )?(?:just |recently )*(?:moved|relocated) (?P<link>from) (?P<v>.+)", _home),
    row(
        rf"(?:i|we) {ADVERBS}(?P<no>do not |no longer )?(?:live|moved|have moved|relocated|am based|am living|am"
        rf" located|reside|are based|are living|settled)(?: back| house)? (?P<link>in|to|near|at) (?P<v>.+)",
        _home,
    ),
    row(rf"i {ADVERBS}am {ADVERBS}(?P<no>not |no longer )?(?:based|living|located) (?P<link>in|near) (?P<v>.+)", _home),
    row(r"(?:my|our) (?:new )?(?:home|home town) is (?:now )?(?P<link>in|near) (?P<v>.+)", _home),
    row(r"(?:my|our) (?:new )?home is (?:now |currently )*(?P<link>)(?P<v>.+)", _home),
    row(r"(?:i|we) (?:am|are|will be) (?:now |also |all )*(?:moving|relocating) (?:back )?to (?P<v>.+)", _moving),
    row(
        rf"(?:my|our) (?:new )?(?P<k>{_SITES}) (?:is|are) (?:now |still |located )*(?P<link>in|on|at|near|above|behind"
        rf"|opposite|next to|under) (?P<v>.+)",
        _site,
    ),
    row(
        rf"(?:i|we) {ADVERBS}(?:moved|relocated|are moving|am moving) (?:the|my"
        rf"|our) (?P<k>{_SITES}) (?:from [^,]{{2,40}}? )?"
        rf"(?P<link>to|into) (?P<v>.+)",
        _site,
    ),
    row(rf"(?:the|my|our) (?P<k>{_SITES}) (?:has |have )?moved (?P<link>to|into) (?P<v>.+)", _site),
)
