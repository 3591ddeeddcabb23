"""What the speaker is called, and who belongs to them."""

import re
from collections.abc import Iterator

from app.offline.facts.plain import Slot, key_of, value_of
from app.offline.facts.readings import NO, Match, negation, row, short
from app.offline.facts.word_lists import MONTHS, NATIONALITIES, PEOPLE, PETS, PROFESSION, WEEKDAYS, is_name

_CALL_NOT_BY_NAME = re.compile(
    r"(?:later|tomorrow|today|tonight|back|when|if|at|on|before|after|again|now|in|by|as soon|asap|an?|the|crazy"
    r"|old-fashioned|any|only|once|every|during|from"
    r"|instead|first|with|and|or|for|about|to|it|not|this|that|up|out)\b",
    re.IGNORECASE,
)
_SAME_PERSON = {
    "boss": "manager",
    "line manager": "manager",
    "supervisor": "manager",
    "team lead": "manager",
    "team leader": "manager",
    "lead": "manager",
    "superior": "manager",
    "mum": "mother",
    "mom": "mother",
    "dad": "father",
    "fiance": "partner",
    "fiancé": "partner",
    "fiancee": "partner",
    "fiancée": "partner",
    "gp": "doctor",
    "grandma": "grandmother",
    "grandpa": "grandfather",
    "tax advisor": "accountant",
    "cofounder": "co-founder",
}


def asides(sentence: str) -> Iterator[Slot]:
    """ "My wife Anna is a doctor" also says who the wife is."""
    match = _ASIDE.search(sentence) or _ASIDE_AFTER.match(sentence)
    if match is not None and is_name(match["v"]):
        yield _relation(match["k"]), value_of(match["v"])


def _relation(words: str) -> str:
    key = key_of(words)
    return _SAME_PERSON.get(key, key)


def _name(match: Match) -> Iterator[Slot]:
    value = short(match["v"].split(",")[0])
    if len(value.split()) <= 4 and _CALL_NOT_BY_NAME.match(value) is None:
        yield "name", negation(match) + value


def _self(match: Match) -> Iterator[Slot]:
    """ "I am Ada Lovelace, a designer at Acme": capitals make the name."""
    if (
        is_name(match["v"], most=3)
        and re.fullmatch(rf"(?i:{NATIONALITIES}|{WEEKDAYS}|{MONTHS}|ok|ceo|cto|cfo|coo|pm|hr)", match["v"]) is None
    ):
        yield "name", match["v"]
        if match["rest"] and PROFESSION.fullmatch(match["rest"]):
            yield "job", match["rest"]


def _person(match: Match) -> Iterator[Slot]:
    value = short(match["v"].split(",")[0])
    is_called = (match.groupdict().get("called") or "").strip() != ""
    if is_name(value) or (is_called and len(value.split()) <= 3):
        yield _relation(match["k"]), negation(match) + value


def _pet(match: Match) -> Iterator[Slot]:
    yield key_of(match["k"]), "no" if negation(match) else "yes"


def _count(match: Match) -> Iterator[Slot]:
    yield {"kids": "children"}.get(match["k"].lower(), match["k"].lower()), match["v"] + (match["rest"] or "")


_BE = rf"(?:is|are) (?:now |currently |still |actually |really )*{NO}(?P<called>called |named )?(?:now )?"
_ASIDE = re.compile(
    rf"\b(?:[Mm]y|[Oo]ur) (?:new )?(?P<k>{PEOPLE}|{PETS}),? (?P<v>[A-ZÀ-Þ][\w'-]+(?: [A-ZÀ-Þ][\w-]+)?)(?=,| |$)"
)
_ASIDE_AFTER = re.compile(rf"(?P<v>[A-ZÀ-Þ][\w'-]+(?: [A-ZÀ-Þ][\w'-]+)?), (?:my|our) (?:new )?(?P<k>{PEOPLE}),")
NAMES = (
    row(rf"my (?:first |full |real |preferred )?name is (?:now |actually )*{NO}(?P<v>.+)", _name),
    row(
        r"(?:you can |you may |just |everyone |everybody |people |my friends |friends |they )*(?:all |usually |mostly"
        r" )*calls? me (?:by my )?(?P<v>.+)",
        _name,
    ),
    row(rf"i (?:go by|am {NO}called|am known as) (?P<v>.+)", _name),
    row(r"(?P<no>do not |never |stop )call(?:ing)? me (?P<v>.+)", _name),
)
SELF = row(r"i am (?P<v>(?-i:[A-ZÀ-Þ])[^,]{0,60})(?:, (?:an? |the )?(?P<rest>.+))?", _self)
ROWS = (
    row(
        r"i (?:now )?(?P<k>report)(?:ing)? (?:now )?to (?P<v>.+)", lambda match: iter([("manager", short(match["v"]))])
    ),
    row(rf"(?:my|our) (?:new |current |old )?(?P<k>{PEOPLE}|{PETS})(?:'?s'? name)? {_BE}(?P<v>.+)", _person),
    row(
        rf"(?P<v>[\w'. -]{{2,40}}?) (?:is|became|will be) (?:now |currently |actually )*{NO}my (?:new )?(?P<k>{PEOPLE})"
        rf"(?: now)?(?:(?: from|,| since| as of) .*)?",
        _person,
    ),
    row(rf"(?:i|we) have (?:an? )(?:new )?(?P<k>{PEOPLE}|{PETS})(?P<called> called| named|,)? (?P<v>.+)", _person),
    row(rf"(?:i|we) (?P<no>do not |no longer )?have (?:an? |any )(?:old |young |new )?(?P<k>{PETS})", _pet),
    row(
        r"(?:i|we) have (?P<v>\d+|no|one|two|three|four|five|six) (?P<k>kids|children|daughters|sons|siblings"
        r"|brothers|sisters|dogs|cats)(?P<rest>.*)",
        _count,
    ),
)
