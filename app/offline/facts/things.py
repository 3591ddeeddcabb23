"""What somebody has one of: an address, a rate, a favourite colour."""

import re
from collections.abc import Iterator

from app.offline.facts.plain import Slot, key_of, undated, value_of
from app.offline.facts.readings import ADVERBS, Match, negation, row
from app.offline.facts.word_lists import THINGS

_SAME_THING = {
    "email address": "email",
    "phone number": "phone",
    "mobile number": "mobile",
    "role": "job",
    "profession": "job",
    "occupation": "job",
    "job title": "job",
    "title": "job",
    "employer": "company",
    "mother tongue": "native language",
    "first language": "native language",
    "home address": "address",
    "surname": "last name",
    "nickname": "name",
}


def _of_key(match: Match) -> Iterator[Slot]:
    value = undated(value_of(re.sub(r"^on (?=\d|the \d|[A-Z])", "", match["v"])))
    yield _thing(match["k"]), negation(match) + value


def _thing(words: str) -> str:
    words = key_of(words).replace("timezone", "time zone").replace("e-mail", "email")
    words = re.sub(r"^(?:working|office|work|business) (hours|days)$", r"working \1", words)
    words = re.sub(r"^(?:day|daily) rate$", "day rate", words)
    return _SAME_THING.get(words, words)


ROWS = (
    row(
        rf"my (?:new |current |own )?(?P<k>{THINGS}) (?:is|are) (?:now |currently |actually |still )*(?P<no>not "
        rf"|no longer )?"
        rf"(?P<v>.+)",
        _of_key,
    ),
    row(
        rf"i {ADVERBS}(?:changed|switched|updated|raised|lowered|moved) my (?P<k>{THINGS})(?:,? (?:and )?it is(?: now)?| to)"
        rf" (?P<v>.+)",
        _of_key,
    ),
    row(
        r"my (?P<k>favourite [\w-]+(?: [\w-]+){0,2}) (?:is|are) (?:now |still |actually )*(?P<no>not |no longer"
        r" )?(?P<v>.+)",
        _of_key,
    ),
    row(
        r"(?P<v>[\w' -]{2,60}) (?:is|are) (?:now |still )*(?P<no>not |no longer )?my (?:new )?(?P<k>favourite"
        r" [\w-]+(?: [\w-]+){0,2})",
        _of_key,
    ),
)
