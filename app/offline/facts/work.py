"""What somebody does, for whom, when, and for how much."""

import re
from collections.abc import Iterator

from app.offline.facts.people import SELF
from app.offline.facts.plain import Slot
from app.offline.facts.readings import ADVERBS, NO, Match, fixed, negation, row, short, whole
from app.offline.facts.word_lists import NO_PROFESSION, PROFESSION

_NO_COMPANY = re.compile(
    r"(?:home|myself|night|\d|me|it|least|this|that|the (?:moment|project|same)|(?:mon|tues|wednes|thurs|fri|satur"
    r"|sun)days?)\b",
    re.IGNORECASE,
)
_PER = r"(?:an?|per|the|each) (?P<per>hour|day|month|word|page|project)"


def _left(match: Match) -> Iterator[Slot]:
    yield "company", f"no longer {match['v']}"


def _job(match: Match) -> Iterator[Slot]:
    value = match["v"]
    if NO_PROFESSION.match(value) is None and PROFESSION.fullmatch(value) is not None:
        yield "job", negation(match) + short(value)


def _company(match: Match) -> Iterator[Slot]:
    company, _, job = match["v"].partition(" as ")
    if _NO_COMPANY.match(company):
        return
    yield "company", negation(match) + short(company)
    if job:
        yield "job", re.sub(r"^(?:an?|the) ", "", short(job))


def _rate(match: Match) -> Iterator[Slot]:
    """ "I charge 850 an hour" → hourly rate: "850 an hour"."""
    per = {"hour": "hourly", "day": "day", "month": "monthly"}.get(match["per"].lower(), match["per"].lower())
    yield f"{per} rate", match["v"]


ROWS = (
    row(
        rf"i {ADVERBS}(?P<no>do not |no longer )?(?:work|am employed|am working|consult) (?:at|for) (?P<v>.+)",
        _company,
    ),
    row(rf"i {ADVERBS}(?:joined|started (?:working )?at) (?P<v>(?-i:[A-ZÀ-Þ]).+)", _company),
    row(rf"i {ADVERBS}(?:left|quit) (?P<v>(?-i:[A-ZÀ-Þ])[\w.&-]+)(?: .*)?", _left),
    row(rf"i {ADVERBS}(?P<no>do not |no longer )?(?:work|am working) as (?:an? |the )?(?P<v>.+)", fixed("job")),
    row(r"i (?:am |work )(?P<v>freelance|self-employed)(?: .*)?", whole("job")),
    SELF,
    row(rf"i am {ADVERBS}{NO}(?:an?|the|your) (?P<v>.+)", _job),
    row(
        rf"i am {ADVERBS}{NO}(?P<v>(?:head|director|ceo|cto|cfo|coo|founder|co-founder|owner|lead|manager|vp"
        rf"|partner|president)\b.*)",
        whole("job"),
    ),
    row(r"i (?:was |have been |got |have been just )?(?:promoted to|became|have become) (?:an? |the )?(?P<v>.+)", _job),
    row(r"i (?:own|run) (?:an? )(?P<v>.+)", whole("business")),
    row(rf"(?:i|we) {ADVERBS}(?:charge|bill|take|invoice) (?P<v>[^,]{{0,12}}\d[^,]{{0,30}}? {_PER})(?:,? .*)?", _rate),
    row(
        rf"(?:my|our) (?:new |current |normal |usual )?(?:hourly |daily "
        rf"|day )?rate is (?:now )?(?P<v>[^,]{{0,12}}\d[^,]{{0,30}}?"
        rf" {_PER})(?:,? .*)?",
        _rate,
    ),
    row(
        rf"(?:i|we) {ADVERBS}(?:raised|changed|lowered|increased|put up|adjusted|updated) (?:my|our) (?:hourly "
        rf"|daily |day )?"
        rf"rates?(?:,? (?:and )?(?:it|they|that) (?:is|are)(?: now)?"
        rf"| to) (?P<v>[^,]{{0,12}}\d[^,]{{0,30}}? {_PER})(?:,? .*)?",
        _rate,
    ),
    row(
        r"i am (?:in|on) (?:the )?(?P<v>(?:utc|gmt)(?:\s?[+-]\s?\d{1,2}(?::\d{2})?)?|(?:cest|cet|est|edt|pst|pdt|cst"
        r"|mst|bst|ist|jst|aest)|\w+(?: \w+)? time(?: ?zone)?)",
        fixed("time zone"),
    ),
    row(
        r"i work (?:from )?(?P<v>\d{1,2}(?::\d\d)?(?: ?[ap]m)? (?:to|till|until|-) \d{1,2}(?::\d\d)?(?: ?[ap]m)?)",
        fixed("working hours"),
    ),
    row(
        r"(?:it is best to |the best way to |you can |it is easiest to )?(?:reach|contact) me (?:is )?(?P<v>(?:by|via"
        r"|on|at|through|under) .+)",
        whole("contact"),
    ),
)
