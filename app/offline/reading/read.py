"""A message as a whole: politeness off, quotations kept apart, several wishes told from one."""

import re
from dataclasses import dataclass
from datetime import datetime

from app.offline.reading.creating import read_creation
from app.offline.reading.listing import read_listing
from app.offline.reading.rows_meant import Read, read_change
from app.offline.reading.small_talk import small_talk
from app.offline.reading.targets import ANY_NOUN
from app.offline.wishes import Wish
from app.offline.words import Masked, mask

_MOST_CHARACTERS = 1_000  # that are read for their meaning; a longer message is a long note, or no everyday request
_MOST_WISHES = 8
_POLITE = re.compile(
    r"(?:(?:hi|hello|hey|ok|okay|so|well|and|now|then|also|please|pls|kindly|assistant|adiuva|good morning)\b[\s,!.:]*)*"
    r"(?:(?:can|could|would|will) you(?: please)?|(?:i|we)(?:'d| would) like(?: you)? to|(?:i|we) want(?: you)? to|"
    r"i need you to|"
    r"i need(?= an? )|let's|lets|"
    r"would you mind|do me a favou?r and|go ahead and|i'd like|i want)?[\s,]*(?:please\b[\s,]*)?(?:just\s+)?",
    re.IGNORECASE,
)
_ENDING = re.compile(r"(?:[\s,]+(?:please|thanks|thank you|for me|now|pls))*[\s.!?]*$", re.IGNORECASE)
# "create a task A and a task B", "mark A as done, then delete B", "… . What is due today?"
_BETWEEN = re.compile(
    r"\s*(?:[.;!?]\s+|\n+|,?\s+and then\s+|,?\s+then\s+|,?\s+and also\s+|,\s+and\s+|\s+and\s+|,\s+)(?:please\s+)?",
    re.IGNORECASE,
)
_AGAIN = re.compile(rf"(?:a|an|another)\s+(?:new\s+|\w+[ -]priority\s+)?(?:{ANY_NOUN})\b", re.IGNORECASE)
_MAKING = re.compile(r"create|add|make|write|set up|new", re.IGNORECASE)
# after these a text belongs to the row: a note's content, a comment, a description
_MANY = r"tasks|to-?dos|projects|milestones|timelines|notes|clients|customers|list"
_FREE_TEXT = re.compile(
    r"\b(?:notes?|comments?|description|content)\b[^:\n]*:|\bsaying\b|\bwith content\b|\bnote that\b|^append\b|"
    r"^(?:note|jot|write) down\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Reading:
    """`talk`: the kind of small talk, when that is all. No wishes and no talk: not understood."""

    wishes: tuple[Wish, ...] = ()
    talk: str = ""


def read(words: str, now: datetime | None) -> Reading:
    """`now`: aware, in the user's zone; without it no date is read."""
    masked = mask(words.replace("’", "'"), _MOST_CHARACTERS)
    if masked is None:
        return Reading()
    text = _bare(masked.text)
    talk = small_talk(text) or small_talk(re.sub(r"[\s.!?]+$", "", masked.text.strip()))
    if talk:
        return Reading(talk=talk)
    return Reading(tuple(_several(text, masked, now)))


def _bare(text: str) -> str:
    text = _POLITE.sub("", text.strip(), count=1) if _POLITE.match(text.strip()) else text.strip()
    return " ".join(_ENDING.sub("", text).split(" "))


def _several(text: str, masked: Masked, now: datetime | None) -> list[Wish]:
    """All wishes of a text: as many as it plainly holds."""
    free = _FREE_TEXT.search(text)
    for between in _BETWEEN.finditer(text):
        if free is not None and between.start() >= free.end() - 1:
            break
        left, right = text[: between.start()], _POLITE.sub("", text[between.end() :], count=1)
        if not left or not right:
            continue
        if _AGAIN.match(right) and (making := _MAKING.match(left)):
            right = f"{making[0]} {right}"
        elif not _stands_alone(right, masked, now):
            continue
        first = _one(_bare(left), masked, now)
        if first and (rest := _several(_bare(right), masked, now)):
            return [*(each.wish for each in first), *rest][:_MOST_WISHES]
    return [each.wish for each in _one(text, masked, now)][:_MOST_WISHES]


_COMMAND = re.compile(
    r"(?:create|add|make|new|mark|set|complete|finish|start|begin|reopen|rename|move|postpone|reschedule|delete|remove|archive|approve|"
    r"assign|show|list|find|search|remind|comment|append|change|update|count|what|what's|how many|tell|"
    r"read|write|close|unarchive|push|note)\b",
    re.IGNORECASE,
)


def _stands_alone(right: str, masked: Masked, now: datetime | None) -> bool:
    """May these words be taken for a wish of their own, and for nothing else?"""
    if not _COMMAND.match(right):
        return False
    found = _several(_bare(right), masked, now)
    first = _one(_bare(_BETWEEN.split(right)[0]), masked, now) or _one(_bare(right), masked, now)
    return bool(found) and bool(first) and first[0].is_plain


_COMMENTS = re.compile(r"(?:add|put|write|post|leave) (?:a |the |an )?(?:new )?(?:comment|description)", re.IGNORECASE)


def _one(text: str, masked: Masked, now: datetime | None) -> list[Read]:
    if not text.strip():
        return []
    created = [] if _COMMENTS.match(text) or _appends(text) else read_creation(text, masked, now)
    if created:
        return [Read(each) for each in created]
    change = read_change(text, masked, now)
    listed = read_listing(text, masked, now)
    if change is not None and not (listed and change.wish.verb == "show" and _asks_for_many(text, listed)):
        return [change]
    return [Read(each) for each in listed]


def _asks_for_many(text: str, listed: list[Wish]) -> bool:
    """`show me my open tasks` is no wish to see a row called "open tasks"."""
    if re.match(r"tell me (?:more )?about|(?:details|info) (?:of|about|on)|when |who ", text, re.IGNORECASE):
        return False
    return len(listed) > 1 or not listed[0].has("about") or bool(re.search(rf"\b(?:{_MANY})\b", text, re.IGNORECASE))


def _appends(text: str) -> bool:
    return bool(
        re.match(r"add (?!a |an |another |new |the |\d).+ to (?:the |my )?(?:note|.+ note\b)", text, re.IGNORECASE)
    ) or bool(re.match(r"add to (?:the |my )?(?:note|.+ note)\b", text, re.IGNORECASE))
