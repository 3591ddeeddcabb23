"""Where in core memory a statement goes that fills no slot: under what it is about, the whole of it.

A key is never cut off: two statements have the same one only when they say something of the same thing.
"""

import re

from app.offline.facts.others import predicate
from app.offline.facts.plain import Slot, key_of, long_form, value_of
from app.offline.facts.word_lists import MONTHS, PREPOSITIONS, WEEKDAYS, is_adjective
from app.offline.words import folded

MOST_KEY = 64  # characters
_MOST_VALUE = 4  # words of what something is called, or how much it is
_BE = frozenset({"is", "are", "was", "were"})
_DAY = (
    rf"(?:the )?(?:\d{{1,2}}(?:st|nd|rd|th)?(?: of)?(?: (?:{MONTHS}))?|(?:{WEEKDAYS})s?"
    rf"|(?:{MONTHS})(?: \d{{1,2}}(?:st|nd|rd|th)?)?)(?: \d{{4}})?"
)
_HOUR = (
    r"\d{1,2}(?:[:.]\d{2})?(?: ?[ap]\.?m\.?| o'clock)?|noon|midnight|lunch|(?:one|two|three|four|five|six|seven|eight|nine"
    r"|ten|eleven|twelve)(?: o'clock)?"
)
_TIME = re.compile(
    rf"(?:(?:on|by|until|till|from|before|after|since|every|each|in|for)? ?(?:{_DAY})"
    rf"|(?:at|by|until|before|after) (?:{_HOUR})"
    r"|(?:every|each|once a|twice a|in|next|this) (?:\w+ )?(?:day|week|month|quarter|year|morning|evening|spring|summer"
    r"|autumn|winter|weekday|weekend))",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"(?:in|at|on|near|behind|under|above|next to|opposite|inside|outside|between|with) (?:(?:the|an?|my|our|his|her|their) "
    r"|(?-i:[A-ZÀ-Þ0-9]))",
    re.IGNORECASE,
)
_DEFINITE = re.compile(r"(?:the|our|my|his|her|their)\b|[\w-]+(?: [\w-]+)?'s? ", re.IGNORECASE)
_NO_SUBJECT = re.compile(r"(?:it|this|that|these|those|there|he|she|they|you|i|we)\b", re.IGNORECASE)
_ARTICLE = re.compile(r"(?:an?|the|not|no|one of|my|our)\b", re.IGNORECASE)
_MANY = re.compile(r"\b(?:and|or)\b|,(?! ?\d)", re.IGNORECASE)
_NOW = re.compile(r"(?:now|currently|just|still|already) ", re.IGNORECASE)
_MOVED = re.compile(  # to another day or amount
    r" (?:(?:has|have|had|is|are|was|were|been|just|now) )*(?:moved|shifted|slipped|changed|postponed|pushed back"
    rf"|rescheduled|raised|lowered|cut|increased|reduced) to (?=[€$£]?\d|(?:the )?(?:{_DAY})\b)",
    re.IGNORECASE,
)
_ASKS_FOR = re.compile(r"(?P<what>when|where) (?P<rest>.+)")
# what a key does without; with a denial the same thing is spoken of
_SMALL = (
    "a an the my our your his her its their i we you it that this of to for in on at with by from and is are am was were"
    " be been being do does did has have had will not no never longer any more there"
)
_SMALL_WORDS = frozenset(_SMALL.split())


def place_of(statement: str) -> Slot | None:
    """ "The code name is Redwing" → (code name, Redwing); "the router is in the cellar" → (where the router is, in the
    cellar); "the standup needs a projector" → its telling words, and itself. None when that is too long for a key."""
    plain = long_form(statement)
    key, value = _answered(plain) or ("", "")
    if not key or len(key) > MOST_KEY:
        key, value = _telling_words(plain), statement
    return (key, value) if 0 < len(key) <= MOST_KEY else None


def told_under(key: str, value: str) -> str:
    """The statement that stands in core memory: "My home is Rome", "the router is in the cellar"."""
    if is_told_by(key, value):
        return value
    asked = _ASKS_FOR.fullmatch(key)
    return f"{asked['rest']} {value}" if asked is not None else f"My {key} is {value}"


def is_told_by(key: str, value: str) -> bool:
    """Is the key made of the value's own words, in their order?"""
    words = iter(folded(long_form(value)).split())
    return len(folded(value).split()) > 1 and all(word in words for word in folded(key).split())


def value_under(key: str, statement: str) -> str | None:
    """What the statement says of the thing that this key is about; None when it does not plainly say it."""
    found = _predicate(long_form(statement))
    if found is None:
        return None
    subject, verb, rest = found
    asked = _ASKS_FOR.fullmatch(key)
    if asked is not None:
        return rest if folded(_plain_key(f"{subject} {verb}")) == folded(asked["rest"]) and rest else None
    if verb not in _BE:
        return None
    if folded(key_of(subject)) == folded(key):
        return rest or None
    return subject if folded(key_of(rest)) == folded(key) and not _NO_SUBJECT.match(subject) else None


def _answered(plain: str) -> Slot | None:
    """What, when or where something is: of these each thing has one."""
    found = _predicate(plain)
    if found is None or _NO_SUBJECT.match(found[0]) or _MANY.search(found[2]):
        return None
    subject, verb, rest = found
    is_when = _TIME.fullmatch(rest) is not None
    if verb in _BE and (is_when or (_DEFINITE.match(subject) and _is_value(rest))):
        return key_of(subject), rest
    if is_when or (_PLACE.match(rest) and not _TIME.match(rest)):
        return _plain_key(f"{'when' if is_when else 'where'} {subject} {verb}"), rest
    return None


def _predicate(plain: str) -> tuple[str, str, str] | None:
    """ "The launch has moved to 10 March": it is then."""
    found = predicate(_MOVED.sub(" is ", plain, count=1))
    return (found[0], found[1], value_of(_bare(found[2]))) if found is not None else None


def _bare(rest: str) -> str:
    match = _NOW.match(rest)
    return rest[match.end() :] if match is not None else rest


def _is_value(rest: str) -> bool:
    """A name or an amount, and nothing that describes."""
    words = rest.split()
    if not 0 < len(words) <= _MOST_VALUE or _ARTICLE.match(rest) or any(each.lower() in PREPOSITIONS for each in words):
        return False
    if rest[0].isdigit() or rest[0] in "€$£#" or all(each[:1].isupper() or each[:1].isdigit() for each in words):
        return True
    return len(words) == 1 and not is_adjective(rest) and not rest.lower().endswith(("ed", "ing", "en"))


def _telling_words(plain: str) -> str:
    words = re.findall(r"\w[\w'&./-]*\w|\w", plain.lower())
    return " ".join([each for each in words if each not in _SMALL_WORDS] or words)


def _plain_key(words: str) -> str:
    return " ".join(re.findall(r"[\w'+#&/.-]+", words.lower()))
