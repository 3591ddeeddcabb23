"""Who somebody is: name, work, home, people, health."""

import re
from collections.abc import Callable, Iterator

from app.offline.facts.plain import Slot, key_of, value_of
from app.offline.facts.word_lists import (
    CONDITIONS,
    DIETS,
    ILLNESSES,
    LANGUAGES,
    MONTHS,
    NATIONALITIES,
    NO_PROFESSION,
    PEOPLE,
    PETS,
    PROFESSION,
    THINGS,
    WEEKDAYS,
    is_name,
)
from app.offline.words import joined

Match = re.Match[str]
Reading = Callable[[Match], Iterator[Slot]]
_ADVERBS = (
    r"(?:now |currently |still |just |recently |also |actually |really |originally |already |mostly |usually "
    r"|have |have just )*"
)
_CALL_NOT_BY_NAME = re.compile(
    r"(?:later|tomorrow|today|tonight|back|when|if|at|on|before|after|again|now|in|by|as soon|asap|an?|the|crazy"
    r"|old-fashioned|any|only|once|every|during|from"
    r"|instead|first|with|and|or|for|about|to|it|not|this|that|up|out)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(
    r",? (?:with|because|since|and|but|so|where|which|who|when|for now|for (?:\d+|many|some|a few|two|three|five"
    r"|ten) years?)\b.*| [-–—] .*",
    re.IGNORECASE,
)


def identity_slots(sentence: str) -> list[Slot]:
    """What the sentence, in its long form, says of who the speaker is; empty for one about anything else."""
    for pattern, reading in _TABLE:
        match = pattern.fullmatch(sentence)
        slots = [(key, value_of(value)) for key, value in reading(match)] if match is not None else []
        if slots and all(key and value for key, value in slots):
            return slots
    return []


def asides(sentence: str) -> Iterator[Slot]:
    """ "My wife Anna is a doctor" also says who the wife is."""
    match = _ASIDE.search(sentence)
    if match is not None and is_name(match["v"]):
        yield key_of(match["k"]), value_of(match["v"])


def _no(match: Match) -> str:
    """The negation in front of a value."""
    groups = match.groupdict()
    negation = (groups.get("no") or "").strip().lower()
    if not negation:
        return ""
    return "no longer " if "longer" in negation or "any more" in match.string else "not "


def _short(words: str) -> str:
    return _CLAUSE.sub("", words)


def _name(match: Match) -> Iterator[Slot]:
    value = _short(match["v"].split(",")[0])
    if len(value.split()) <= 4 and _CALL_NOT_BY_NAME.match(value) is None:
        yield "name", _no(match) + value


def _self(match: Match) -> Iterator[Slot]:
    """ "I am Ada Lovelace, a designer at Acme": capitals make the name."""
    if (
        is_name(match["v"], most=3)
        and re.fullmatch(rf"(?i:{NATIONALITIES}|{WEEKDAYS}|{MONTHS}|ok|ceo|cto|cfo|coo|pm|hr)", match["v"]) is None
    ):
        yield "name", match["v"]
        if match["rest"] and PROFESSION.fullmatch(match["rest"]):
            yield "job", match["rest"]


def _fixed(key: str, value: str | None = None) -> Reading:
    def reading(match: Match) -> Iterator[Slot]:
        yield key, _no(match) + (value if value is not None else _short(match["v"]))

    return reading


def _whole(key: str) -> Reading:
    def reading(match: Match) -> Iterator[Slot]:
        yield key, _no(match) + match["v"]

    return reading


def _of_key(match: Match) -> Iterator[Slot]:
    yield _thing(match["k"]), _no(match) + re.sub(r"^on (?=\d|the \d|[A-Z])", "", match["v"])


def _left(match: Match) -> Iterator[Slot]:
    yield "company", f"no longer {match['v']}"


def _person(match: Match) -> Iterator[Slot]:
    value = _short(match["v"].split(",")[0])
    is_called = (match.groupdict().get("called") or "").strip() != ""
    if is_name(value) or (is_called and len(value.split()) <= 3):
        yield key_of(match["k"]), _no(match) + value


def _yes(match: Match) -> Iterator[Slot]:
    yield key_of(match["k"]), "no" if _no(match) else "yes"


def _job(match: Match) -> Iterator[Slot]:
    value = match["v"]
    if NO_PROFESSION.match(value) is None and PROFESSION.fullmatch(value) is not None:
        yield "job", _no(match) + _short(value)


def _company(match: Match) -> Iterator[Slot]:
    company, _, job = match["v"].partition(" as ")
    if re.match(
        r"(?:home|myself|night|\d|me|it|least|this|that|the (?:moment|project|same))\b", company, re.IGNORECASE
    ):
        return
    yield "company", _no(match) + _short(company)
    if job:
        yield "job", re.sub(r"^(?:an?|the) ", "", _short(job))


def _home(match: Match) -> Iterator[Slot]:
    place = (
        re.split(r" (?:to) ", match["v"])[-1] if match["link"].lower() == "from" else re.split(r" from ", match["v"])[0]
    )
    place = _short(place)
    if re.match(r"(?:[A-ZÀ-Þ]|the (?:[A-Z]|country|city|mountains|suburbs))", place):
        yield "home", _no(match) + ("near " if match["link"].lower() == "near" else "") + place


def _allergy(match: Match) -> Iterator[Slot]:
    for each in re.split(r",? and |, ?| or ", re.sub(r"^(?:both|all) ", "", _short_allergy(match["v"]))):
        thing = key_of(each)
        thing = thing[:-1] if thing.endswith("s") and not thing.endswith("ss") else thing
        yield f"{thing} allergy" if thing else "", "no" if _no(match) else "yes"


def _short_allergy(words: str) -> str:
    return re.split(r" (?:so|but|because|which|since)\b|\.", words)[0]


def _languages(match: Match) -> Iterator[Slot]:
    """Together when all are told; each by itself when one is added, or is not spoken."""
    spoken = re.findall(rf"\b(?:{LANGUAGES})\b", match["v"], re.IGNORECASE)
    if _no(match) or " also " in match.string.lower():
        yield from ((each.lower(), "does not speak it" if _no(match) else "speaks it") for each in spoken)
    else:
        yield "languages", joined(spoken)


def _count(match: Match) -> Iterator[Slot]:
    yield {"kids": "children"}.get(match["k"].lower(), match["k"].lower()), match["v"] + (match["rest"] or "")


def _eats(match: Match) -> Iterator[Slot]:
    yield "diet", f"no {match['v']}" if match["no"] else f"eats {match['v']}"


def _thing(words: str) -> str:
    words = key_of(words).replace("timezone", "time zone").replace("e-mail", "email")
    words = re.sub(r"^(?:working|office|work|business) (hours|days)$", r"working \1", words)
    words = re.sub(r"^(?:day|daily) rate$", "day rate", words)
    return {
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
    }.get(words, words)


def _row(pattern: str, reading: Reading) -> tuple[re.Pattern[str], Reading]:
    return re.compile(pattern, re.IGNORECASE), reading


_NO = r"(?P<no>not |no longer )?"
_BE = rf"(?:is|are) (?:now |currently |still |actually |really )*{_NO}(?P<called>called |named )?(?:now )?"
_ASIDE = re.compile(
    rf"\b(?:[Mm]y|[Oo]ur) (?:new )?(?P<k>{PEOPLE}|{PETS}),? (?P<v>[A-ZÀ-Þ][\w'-]+(?: [A-ZÀ-Þ][\w-]+)?)(?=,| |$)"
)
_TABLE = (
    _row(rf"my (?:first |full |real |preferred )?name is (?:now |actually )*{_NO}(?P<v>.+)", _name),
    _row(
        r"(?:you can |you may |just |everyone |everybody |people |my friends |friends |they )*(?:all |usually |mostly"
        r" )*calls? me (?:by my )?(?P<v>.+)",
        _name,
    ),
    _row(rf"i (?:go by|am {_NO}called|am known as) (?P<v>.+)", _name),
    _row(r"(?P<no>do not |never |stop )call(?:ing)? me (?P<v>.+)", _name),
    _row(rf"i am {_NO}(?:an? )?(?:strict |strictly |mostly )?(?P<v>{DIETS})(?:,? .*)?", _fixed("diet")),
    _row(r"i (?:became|went|turned|have gone|have become|have turned) (?P<v>" + DIETS + ")(?: .*)?", _fixed("diet")),
    _row(
        rf"i {_ADVERBS}(?P<no>do not |no longer |never |stopped )?eat(?:ing)? (?P<v>meat|fish|pork|beef|dairy|eggs"
        rf"|gluten|sugar|animal products|seafood|shellfish|red meat)(?: .*)?",
        _eats,
    ),
    _row(rf"i am {_NO}(?:very |also |really |badly |mildly |severely |deathly )*allergic to (?P<v>.+)", _allergy),
    _row(r"i (?P<no>do not )?have (?:an? |a bad |a severe )?(?P<v>[\w-]+) allergy", _allergy),
    _row(rf"i am (?:also |quite |a bit |very )*{_NO}(?P<k>{CONDITIONS})", _yes),
    _row(
        rf"i (?P<no>do not |no longer )?(?:also )?(?:have|suffer from|get) (?:chronic |bad |severe |mild"
        rf" )?(?P<k>{ILLNESSES})",
        _yes,
    ),
    _row(rf"i am {_NO}(?:half |originally )?(?P<v>{NATIONALITIES})(?: by birth)?", _fixed("nationality")),
    _row(r"i am (?P<v>\d{1,3})(?: years old)?", _fixed("age")),
    _row(r"i was born (?:on|in) (?P<v>.+)", _fixed("born")),
    _row(r"i (?:turn|will turn) \d{1,3} on (?P<v>.+)", _fixed("birthday")),
    _row(
        rf"i am {_ADVERBS}{_NO}(?P<v>(?:married|single|divorced|engaged|widowed)(?: to .+)?)", _whole("marital status")
    ),
    _row(r"i (?:just |recently )?got (?P<v>married|divorced|engaged)(?: .*)?", _whole("marital status")),
    _row(
        rf"(?:i|we) {_ADVERBS}(?P<no>do not |no longer )?(?:live|moved|have moved|relocated|am based|am living|am"
        rf" located|reside)(?: back)? (?P<link>in|to|near|at|from) (?P<v>.+)",
        _home,
    ),
    _row(
        rf"i {_ADVERBS}am {_ADVERBS}(?P<no>not |no longer )?(?:based|living|located) (?P<link>in|near) (?P<v>.+)", _home
    ),
    _row(r"i (?:am originally|come|am) from (?P<v>[A-Z].+)", _fixed("origin")),
    _row(
        rf"i {_ADVERBS}(?P<no>do not |no longer )?(?:work|am employed|am working|consult) (?:at|for) (?P<v>.+)",
        _company,
    ),
    _row(rf"i {_ADVERBS}(?:joined|started (?:working )?at) (?P<v>(?-i:[A-ZÀ-Þ]).+)", _company),
    _row(rf"i {_ADVERBS}(?:left|quit) (?P<v>(?-i:[A-ZÀ-Þ])[\w.&-]+)(?: .*)?", _left),
    _row(rf"i {_ADVERBS}(?P<no>do not |no longer )?work as (?:an? |the )?(?P<v>.+)", _whole("job")),
    _row(r"i (?:am |work )(?P<v>freelance|self-employed)(?: .*)?", _whole("job")),
    _row(r"i am (?P<v>(?-i:[A-ZÀ-Þ])[^,]{0,60})(?:, (?:an? |the )?(?P<rest>.+))?", _self),
    _row(rf"i am {_ADVERBS}{_NO}(?:an?|the|your) (?P<v>.+)", _job),
    _row(
        rf"i am {_ADVERBS}{_NO}(?P<v>(?:head|director|ceo|cto|cfo|coo|founder|co-founder|owner|lead|manager|vp"
        rf"|partner|president)\b.*)",
        _whole("job"),
    ),
    _row(r"i (?:own|run) (?:an? )(?P<v>.+)", _whole("business")),
    _row(
        rf"i {_ADVERBS}(?P<no>do not |can not )?speak (?P<v>(?:(?:fluent|a little|some|a bit of|good|basic|both|only)"
        rf" )*(?:{LANGUAGES})\b.*)",
        _languages,
    ),
    _row(r"i (?:now )?report to (?P<v>.+)", _fixed("manager")),
    _row(
        r"i am (?:in|on) (?:the )?(?P<v>(?:utc|gmt)(?:\s?[+-]\s?\d{1,2}(?::\d{2})?)?|(?:cest|cet|est|edt|pst|pdt|cst"
        r"|mst|bst|ist|jst|aest)|\w+(?: \w+)? time(?: ?zone)?)",
        _fixed("time zone"),
    ),
    _row(
        r"i work (?:from )?(?P<v>\d{1,2}(?::\d\d)?(?: ?[ap]m)? (?:to|till|until|-) \d{1,2}(?::\d\d)?(?: ?[ap]m)?)",
        _fixed("working hours"),
    ),
    _row(
        r"(?:it is best to |the best way to |you can |it is easiest to )?(?:reach|contact) me (?:is )?(?P<v>(?:by|via"
        r"|on|at|through|under) .+)",
        _whole("contact"),
    ),
    _row(rf"(?:my|our) (?:new |current |old )?(?P<k>{PEOPLE}|{PETS})(?:'?s'? name)? {_BE}(?P<v>.+)", _person),
    _row(
        rf"(?P<v>[\w'. -]{{2,40}}?) (?:is|became) (?:now |currently |actually )*{_NO}my (?:new )?(?P<k>{PEOPLE})(?:"
        rf" now)?",
        _person,
    ),
    _row(rf"(?:i|we) have (?:an? )(?P<k>{PEOPLE}|{PETS}) (?P<called>called |named |, )(?P<v>.+)", _person),
    _row(rf"(?:i|we) (?P<no>do not |no longer )?have (?:an? |any )(?:old |young |new )?(?P<k>{PETS})", _yes),
    _row(
        r"(?:i|we) have (?P<v>\d+|no|one|two|three|four|five|six) (?P<k>kids|children|daughters|sons|siblings"
        r"|brothers|sisters|dogs|cats)(?P<rest>.*)",
        _count,
    ),
    _row(
        rf"my (?:new |current |own )?(?P<k>{THINGS}) (?:is|are) (?:now |currently |actually |still )*{_NO}(?P<v>.+)",
        _of_key,
    ),
    _row(
        r"my (?P<k>favourite [\w-]+(?: [\w-]+){0,2}) (?:is|are) (?:now |still |actually )*(?P<no>not |no longer"
        r" )?(?P<v>.+)",
        _of_key,
    ),
    _row(
        r"(?P<v>[\w' -]{2,60}) (?:is|are) (?:now |still )*(?P<no>not |no longer )?my (?:new )?(?P<k>favourite"
        r" [\w-]+(?: [\w-]+){0,2})",
        _of_key,
    ),
)
