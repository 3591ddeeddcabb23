"""One statement in other words, so that it can be compared: clause by clause, and said of what it changes."""

import re

from app.offline.facts import is_name, long_form, main_clause
from app.offline.words import folded

_LONGEST = 600  # characters that are read
_MOST_CLAUSES = 6
_CLAUSES = re.compile(
    r"[,;] (?:and |but |so )?(?!not\b|instead\b|rather\b|and\b|or\b|from\b|to\b|in\b|on\b|at\b|until\b)"
)
_MOVES = re.compile(
    r"(?P<who>[\w'& .-]{0,60}?)(?: have| has| had|'ve|’ve)?(?: just| now| finally| again)? ?\b(?:moved|shifted|pushed"
    r"|postponed|rescheduled|delayed|changed|brought|raised|lowered|increased|reduced|cut|extended)(?: back| forward)?"
    r" (?P<what>(?:the|our|my|their|his|her|its) [^,]{2,60}?)(?: back| forward| out)? (?P<link>to|until|till|by|at)"
    r" (?P<rest>.+)",
    re.IGNORECASE,
)
_HOLDS = re.compile(
    r"(?:we|i) (?:now |always |usually )*(?:have|hold|do|run) (?P<what>(?:the|our|my) [^,]{2,60}?)"
    r" (?P<rest>(?:at|on|in|every|each) .+)",
    re.IGNORECASE,
)
_HAS = re.compile(
    r"(?P<who>[A-ZÀ-Þ][\w-]+(?: [A-ZÀ-Þ][\w-]+)?) (?:now |always |usually )*has (?P<what>(?!an?\b|another\b|\d|two\b"
    r"|three\b)[\w-]+(?: [\w-]+)?)"
    r" (?P<rest>(?:now )?(?:at|on|in|every|each) .+)"
)
_SWITCHES = re.compile(
    r"(?P<who>i|we|[\w&.-]{1,40}?)(?:'ve|’ve| have| has)?(?: just| now)? (?:switched|moved|changed|migrated)(?: over)? from"
    r" (?P<old>(?!\d|the \d|(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov"
    r"|dec))[^,]{2,40}?) to [^,]+",
    re.IGNORECASE,
)
_IS_ROLE = re.compile(
    r"(?P<who>[^,]{2,40}?) (?:is|will be) (?P<now>now )?(?P<what>(?P<whose>the|my|our) .+)", re.IGNORECASE
)
_NOW = re.compile(r"\b(?:now|from now on|these days|instead)\b", re.IGNORECASE)


def clauses(text: str) -> list[str]:
    """At least one, which may be empty."""
    return _CLAUSES.split(" ".join(text[:_LONGEST].split()))[:_MOST_CLAUSES]


def reworded(clause: str) -> tuple[str, str]:
    """What the clause begins with ("from May on"), and the clause said of what it changes: "we moved the launch to May" →
    "the launch is to May"; "Ann is the contact" → "the contact is Ann"; "we switched from A to B" → "we no longer use A"."""
    clause = long_form(clause)
    main = main_clause(clause)
    before = clause[: -len(main)] if main and clause.endswith(main) else ""
    return before, _of_what_changes(main)


def _of_what_changes(clause: str) -> str:
    if (match := _MOVES.fullmatch(clause)) is not None:
        who = match["who"].strip()
        whose = f" of {who}" if who and folded(who) not in ("we", "i", "they", "he", "she") else ""
        return f"{match['what']}{whose} is {match['link']} {match['rest']}"
    if (match := _HOLDS.fullmatch(clause)) is not None:
        return f"{match['what']} is {match['rest']}"
    if (match := _HAS.fullmatch(clause)) is not None:
        return f"{match['what']} of {match['who']} is {match['rest']}"
    if (match := _SWITCHES.fullmatch(clause)) is not None and not match["old"][:1].isdigit():
        return f"{match['who']} no longer use {match['old']}"
    if (match := _IS_ROLE.fullmatch(clause)) is not None and is_name(match["who"]):
        is_one = match["whose"].lower() in ("the", "my") or _NOW.search(clause) is not None
        return f"{match['what']} is {match['who']}" if is_one else clause
    return clause
