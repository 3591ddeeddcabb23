"""When two statements cannot both hold: they say another day, number, name or state of the same thing.

A statement is taken apart into what it is about (the words before its verb), the rest, and its details by kind. It replaces
an earlier one about the same when both have a detail of one kind and it is not the same, when one denies what the other
says, or when it says all that the other does and more.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.offline.words import folded, stem

_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr"
    r"|jun|jul|aug|sept?|oct|nov|dec)"
)
_DAY = re.compile(
    rf"\b(?:the )?(?P<d1>\d{{1,2}})(?:st|nd|rd|th|\.)?(?: of)? (?P<m1>{_MONTH})\b|\b(?P<m2>{_MONTH})"
    rf" (?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\b(?!:)"
    r"|\b(?P<iso>\d{4}-\d{2}-\d{2})\b",
    re.IGNORECASE,
)
_KINDS = (
    ("clock", re.compile(r"\b\d{1,2}(?::\d{2}| ?[ap]m\b)(?: ?[ap]m\b)?|\b(?:noon|midnight)\b", re.IGNORECASE)),
    ("weekday", re.compile(r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b", re.IGNORECASE)),
    ("month", re.compile(rf"\b{_MONTH}\b|\bq[1-4]\b|\b(?:spring|summer|autumn|winter)\b", re.IGNORECASE)),
    (
        "number",
        re.compile(
            r"[€$£]? ?\d[\d.,']*\d ?(?:k|m|%|percent)?(?![\w])|[€$£]? ?\d ?(?:k|m|%|percent)?(?![\w])", re.IGNORECASE
        ),
    ),
    ("number", re.compile(r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b", re.IGNORECASE)),
    (
        "state",
        re.compile(
            r"\b(?:on hold|paused|cancelled|canceled|active|live|done|finished|signed|approved|rejected|open|closed"
            r"|delayed|running|over|vegetarian|vegan|monthly|weekly|daily|quarterly|yearly|biweekly)\b",
            re.IGNORECASE,
        ),
    ),
)
_WHEN = frozenset({"day", "weekday", "month", "clock"})
_VERB = re.compile(
    r"\b(?P<be>is|are|was|were|will be|has been|have been)\b"
    r"|\b(?P<move>moved|moves|shifted|slipped|postponed|rescheduled|pushed|delayed|changed|starts?|begins?"
    r"|launches|takes place|happens)\b"
    r"|\b(?P<other>uses?|prefers?|likes?|loves?|hates?|wants?|costs?|charges?|pays?|bills?|invoices?|deploys?"
    r"|ships?|releases?|meets?|works?|lives?|drives?|manages?|leads?|owns?|handles?|reports?|ends?|closes?|opens?"
    r"|expires?"
    r"|renews?|has|have|needs?|hosts?|runs?|plays?|learning|studying|decided|agreed|signed|sells?|orders?|speaks?"
    r"|drinks?|eats?|takes?)\b",
    re.IGNORECASE,
)
_DENIES = re.compile(r"\b(?:not|no longer|never|any ?more|stopped|dropped|without|no)\b|n['’]t\b", re.IGNORECASE)
_FORMER = re.compile(
    r"(?:,? (?:instead of|rather than)|, (?:and )?not| from(?= the \d| \d| (?:mon|tues|wednes|thurs|fri|satur"
    r"|sun)day| [A-Z][a-z]+ \d)) [^,.]*?(?=,| to | on |[.!]?$)",
    re.IGNORECASE,
)
_BARE_VERB = re.compile(r"(?:s|ed|ing|place)$", re.IGNORECASE)
_EMPTY_WORDS = (
    "the a an our my your his her their on in at to of for by until till from with and now also actually still"
    " just back forward out up been be being is are was were has have had will it s again instead currently first"
    " new every each always usually only we i moved date get got that this since pushed postponed rescheduled"
    " delayed shifted slipped brought changed set scheduled planned due"
)
_FILLERS = frozenset(_EMPTY_WORDS.split())
_NAME = re.compile(r"(?<!^)(?<![.!?] )\b[A-ZÀ-Þ][\w&-]*")


@dataclass(frozen=True, slots=True)
class Claim:
    """`about` and `rest`: stems. `head`: the last word of what it is about. `details`: kind → values, all comparable."""

    about: frozenset[str]
    head: str
    verb: str
    rest: frozenset[str]
    names: frozenset[str]
    details: Mapping[str, frozenset[str]]
    denies: bool


def claim_of(text: str) -> Claim:
    """Never fails: a text without a verb it knows is about nothing, and contradicts nothing."""
    text = " ".join(text[:600].split())
    details, plain = _details(_FORMER.sub("", text) if _VERB.search(text) else text)
    match = next((each for each in _VERB.finditer(plain) if _is_verb(each, plain[: each.start()])), None)
    if match is None:
        return Claim(frozenset(), "", "", frozenset(_stems(plain)), frozenset(), details, denies=False)
    subject, rest = _own(plain[: match.start()]), plain[match.end() :]
    about = _stems(subject) or [word for word in folded(subject).split() if word in ("we", "i")]
    return Claim(
        about=frozenset(about),
        head=about[-1] if about else "",
        verb="be" if match["be"] or match["move"] else stem(match[0].lower()),
        rest=frozenset(word for word in _stems(rest) if not _is_denial(word)),
        names=frozenset(folded(each) for each in _NAME.findall(f"{match[0]} {rest}")),
        details=details,
        denies=_DENIES.search(text[len(subject) :]) is not None,
    )


def _is_verb(match: re.Match[str], before: str) -> bool:
    """ "We charge" and "Acme charges" have one here; "the release is" has not yet: a bare form follows "I" or "we"."""
    words = folded(before).split()
    is_ours = any(word in ("i", "we", "they", "you") for word in words)
    return is_ours or (
        bool(_stems(before))
        and (match["other"] is None or _BARE_VERB.search(match[0]) is not None or match[0].lower() in ("has", "have"))
    )


def replaces(claim: Claim, known: Sequence[tuple[UUID, Claim]]) -> tuple[UUID, ...]:
    """Those of the known statements that do not hold any more, or say less. One that names its subject in fewer words
    ("the launch") replaces another only when there is just one it can mean."""
    same = [(place, each) for place, each in known if each.about == claim.about]
    shorter = [
        (place, each) for place, each in known if claim.about and each.head == claim.head and claim.about < each.about
    ]
    meant = same or (shorter if len({each.about for _, each in shorter}) == 1 else [])
    return tuple(place for place, each in meant if claim.about and each.verb == claim.verb and _takes_over(claim, each))


def _takes_over(new: Claim, old: Claim) -> bool:
    if new.denies != old.denies:
        return new.rest == old.rest and _differing(new, old) == set()
    is_close = new.rest <= old.rest or old.rest <= new.rest
    differing = _differing(new, old)
    if differing:
        return is_close if differing & _WHEN or "state" in differing else new.rest == old.rest
    if new.verb == "be" and not new.details and not old.details:
        return _names_another(new, old)
    return old.rest <= new.rest and all(
        each <= new.details.get(kind, frozenset()) for kind, each in old.details.items()
    )


def _differing(new: Claim, old: Claim) -> set[str]:
    return {kind for kind, values in new.details.items() if kind in old.details and old.details[kind] != values}


def _names_another(new: Claim, old: Claim) -> bool:
    """ "The contact is Jon" and "the contact is Ann": both say nothing but a name. Of what is many, both may be so."""
    is_one = all(set(each.rest) <= {stem(word) for name in each.names for word in name.split()} for each in (new, old))
    return is_one and bool(new.names) and bool(old.names) and new.names != old.names


def _details(text: str) -> tuple[dict[str, frozenset[str]], str]:
    """Details by kind, and the text without them."""
    found: dict[str, set[str]] = {}

    def take_day(match: re.Match[str]) -> str:
        found.setdefault("day", set()).add(_day(match))
        return " "

    text = _DAY.sub(take_day, text)
    for kind, pattern in _KINDS:
        values = {
            re.sub(r"[\s,']", "", each.lower()).removesuffix("s" if kind == "weekday" else "")
            for each in pattern.findall(text)
        }
        if values:
            found.setdefault(kind, set()).update(value[:3] if kind == "month" else value for value in values)
            text = pattern.sub(" ", text)
    return {kind: frozenset(values) for kind, values in found.items()}, text


def _day(match: re.Match[str]) -> str:
    """`3 March`, `March 3rd`, `2026-03-03` → `03-03`."""
    if match["iso"]:
        return match["iso"][5:]
    name = (match["m1"] or match["m2"]).lower()[:3]
    return f"{_MONTH_NAMES.index(name) + 1:02}-{int(match['d1'] or match['d2']):02}"


def _own(subject: str) -> str:
    return re.sub(r"['’]s?\b", " ", subject)


def _stems(text: str) -> list[str]:
    return [stem(word) for word in folded(_own(text)).split() if word not in _FILLERS and not _is_denial(word)]


def _is_denial(word: str) -> bool:
    return word in (
        "not",
        "no",
        "longer",
        "never",
        "any",
        "more",
        "anymore",
        "don",
        "doesn",
        "isn",
        "aren",
        "t",
        "do",
        "does",
    )
