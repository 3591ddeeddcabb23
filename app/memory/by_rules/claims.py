"""A statement taken apart: what it is about, what it says of it, and its days, numbers and states."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice

from app.memory.by_rules.comparable import details_of
from app.memory.by_rules.rewording import clauses, reworded
from app.offline.facts import predicate
from app.offline.words import folded, stem

WHEN = frozenset({"day", "weekday", "month", "clock"})
_VERB = re.compile(
    r"\b(?P<be>is|are|was|were|will be|has been|have been"
    r"|(?:has|have|had)(?= (?:just |now |been |again )*(?:moved|shifted|slipped|changed|risen|dropped|gone)\b))\b"
    r"|\b(?P<move>moved|moves|shifts?|shifted|slips?|slipped|postponed|rescheduled|pushed|delayed|changed|starts?"
    r"|begins?|raised"
    r"|lowered|increased|reduced|cut|extended"
    r"|launches|takes place|happens|(?:goes|went|rises|rose|drops|dropped|falls|fell|grows|grew)(?: up"
    r"| down)?(?= (?:to|by) (?:the )?[€$£]?\d)"
    r"|moves?)\b"
    r"|\b(?P<other>uses?|prefers?|likes?|loves?|hates?|wants?|costs?|charges?|pays?|bills?|invoices?|deploys?"
    r"|ships?|releases?|meets?|works?|lives?|drives?|manages?|leads?|owns?|handles?|reports?|ends?|closes?|opens?"
    r"|expires?"
    r"|renews?|has|have|needs?|hosts?|runs?|plays?|learning|studying|decided|agreed|signed|sells?|orders?|speaks?"
    r"|drinks?|eats?|takes?|allows?|accepts?|offers?|goes|go|arrives?|handles?|allow|looks after|buys?|writes?|reads?)\b",
    re.IGNORECASE,
)
_DENIES = re.compile(r"\b(?:not|no longer|never|any ?more|stopped|dropped|without|no)\b|n['’]t\b", re.IGNORECASE)
_FORMER = re.compile(
    r"(?:,? (?:instead of|rather than)|, (?:and )?not| from(?= the \d| \d| (?:mon|tues|wednes|thurs|fri|satur"
    r"|sun)day| [A-Z][a-z]+ \d)) [^,.]*?(?=,| to | on |[.!]?$)",
    re.IGNORECASE,
)
_IT = re.compile(r"(?:it|that|they)(?: is|'s|’s| are|'re|’re| will be| was)\b", re.IGNORECASE)
_HAPPENS = frozenset({"runs", "run", "happens", "comes", "goes", "opens", "sits"})
_STAYS = frozenset({"lives", "sits", "stays", "live"})
_OVER = re.compile(r"\b(?:back from|returned from|over with|done with)\b", re.IGNORECASE)
_MOST_VERBS = 12  # that are looked at in a clause
_BARE_VERB = re.compile(r"(?:s|ed|ing|place)$", re.IGNORECASE)
_EMPTY_WORDS = (
    "not no longer never any more anymore don doesn isn aren t do does"
    " the a an our my your his her their on in at to of for by until till from with and now also actually still"
    " just back forward out up been be being is are was were has have had will it s again instead currently first"
    " new every each always usually only we i moved date get got that this since pushed postponed rescheduled"
    " delayed shifted slipped brought changed set scheduled planned due cut raised lowered increased reduced"
    " extended decreased goes up down there all slips slip shifts move moves"
)
_FILLERS = frozenset(_EMPTY_WORDS.split())
_NAME = re.compile(r"(?<!^)(?<![.!?] )\b[A-ZÀ-Þ][\w&-]*")
_PLACES = frozenset({"in", "at", "on", "near", "to", "into", "behind", "opposite"})
_LINKS = _PLACES | {"from", "by", "with", "via", "as", "under"}
_IS_NEW = re.compile(
    r"\b(?:now|from now on|no longer|from \w+(?: \w+)? on|instead|these days|as of|moved|moves|takes over|took over)\b",
    re.IGNORECASE,
)


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
    is_over: bool  # "is back from leave"
    is_new: bool  # "now", "no longer"
    link: tuple[str, frozenset[str]] | None  # what stands before its first preposition, and that; None for times


def claims_of(text: str) -> list[Claim]:
    """What a statement says, clause by clause ("Signe has left, our contact is Peter now"); of those with a verb. "It" in a
    later clause is what the first is about."""
    first, *others = clauses(text)
    claims = [claim for claim in [claim_of(first)] if claim is not None]
    for clause in others:
        match = _IT.match(clause)
        if match is not None and claims and not claims[0].details:
            details, _ = details_of(_FORMER.sub("", clause))
            claims[0] = replace(claims[0], details=details)
        elif match is None and (claim := claim_of(clause)) is not None:
            claims.append(claim)
    return claims


def claim_of(clause: str) -> Claim | None:
    """None for one without a verb, or about nothing."""
    before, text = reworded(clause)
    found = _verb_of(_FORMER.sub("", text) if _VERB.search(text) else text)
    if found is None:
        return None
    subject, verb, rest = found
    about = _stems(subject) or [word for word in folded(subject).split() if word in ("we", "i")]
    if not about:
        return None
    details, said = details_of(" ".join(f"{before} {verb} {rest}".split()))
    link = None if WHEN & details.keys() else _link(rest)
    return Claim(
        about=frozenset(about),
        head=about[-1],
        verb="be" if verb in _STAYS and link == ("place", frozenset()) else _kind(verb, details),
        rest=frozenset(_stems(said)) - {stem(verb)},
        names=frozenset(folded(each) for each in _NAME.findall(f"{verb} {rest}")),
        details=details,
        denies=_DENIES.search(f"{subject} {verb} {rest}") is not None,
        is_over=_OVER.search(rest) is not None,
        is_new=_IS_NEW.search(clause) is not None,
        link=link,
    )


def _verb_of(text: str) -> tuple[str, str, str] | None:
    """What stands before a verb, the verb, what stands after it."""
    for match in islice(_VERB.finditer(text), _MOST_VERBS):
        if _is_verb(match, text[: match.start()]):
            return text[: match.start()], _plain(match), text[match.end() :]
    first, *others = text.split(maxsplit=2) or [""]
    if len(others) == 2 and first.lower() in ("i", "we"):
        return first, others[0].lower(), others[1]
    return predicate(text)


def _link(rest: str) -> tuple[str, frozenset[str]] | None:
    """ "handled by Nia" → "by" after "handled"; of a place whichever word leads to it."""
    words = folded(rest).split()
    at = next((at for at, word in enumerate(words[:-1]) if word in _LINKS), None)
    if at is None:
        return None
    return "place" if words[at] in _PLACES else words[at], frozenset(_stems(" ".join(words[:at])))


def _kind(verb: str, details: Mapping[str, frozenset[str]]) -> str:
    """What takes place, or goes from one day or number to another, just is then."""
    is_event = verb in _HAPPENS and bool(WHEN & details.keys())
    match = _VERB.match(f"{verb} to 1")
    is_be = match is not None and match["other"] is None
    return "be" if is_be or is_event else stem(verb)


def _plain(match: re.Match[str]) -> str:
    """ "has moved to May": it is then."""
    return "is" if match["be"] and match[0].lower() in ("has", "have", "had") else match[0].lower()


def _is_verb(match: re.Match[str], before: str) -> bool:
    """ "We charge" and "Acme charges" have one here; "the release is" has not yet: a bare form follows "I" or "we"."""
    words = folded(before).split()
    if any(word in ("i", "we", "they", "you") for word in words) or words[-1:] in (["not"], ["t"], ["longer"]):
        return True
    is_form = match["other"] is None or _BARE_VERB.search(match[0]) is not None or match[0].lower() in ("has", "have")
    return bool(_stems(before)) and is_form


def _own(subject: str) -> str:
    return re.sub(r"['’]s?\b", " ", subject)


def _stems(text: str) -> list[str]:
    return [stem(word) for word in folded(_own(text)).split() if word not in _FILLERS]
