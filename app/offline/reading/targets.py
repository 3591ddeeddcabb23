"""Which row is meant: a name, a kind and a name, or a word that points back ("it", "the second one")."""

import re
from dataclasses import dataclass

from app.offline.reading.templates import PRIORITIES, STATUSES
from app.offline.wishes import Value
from app.offline.words import Masked, is_quoted

# the words for each kind of row, the longest first
NOUN_WORDS = {
    "task": r"tasks?|to-?dos?|todo items?|reminders?|action items?|things to do",
    "project": r"projects?",
    "timeline": r"milestones?|timelines?|timeline entr(?:y|ies)",
    "note": r"notes?",
    "client": r"clients?|customers?",
    "comment": r"comments?|remarks?",
}
ANY_NOUN = "|".join(NOUN_WORDS.values())
_ORDINALS = {"first": 0, "1st": 0, "second": 1, "2nd": 1, "third": 2, "3rd": 2, "fourth": 3, "fifth": 4, "last": -1}
_BACK = re.compile(
    rf"(?:it|this|that|this one|that one|the same|(?:this|that|the same) (?P<noun>{ANY_NOUN})|"
    r"(?:the )?(?P<kind>task|to-?do|project|milestone|note|client|comment))",
    re.IGNORECASE,
)
_NO_NAME = frozenset({"as", "to", "off", "with", "for", "of", "done", "up"})  # mark as done: of what?
_ORDINAL = re.compile(
    rf"(?:the )?(?P<which>{'|'.join(_ORDINALS)})(?: (?:one|of them|(?P<noun>{ANY_NOUN})))?", re.IGNORECASE
)
_LEADING = re.compile(
    rf"(?:the |my |our )?(?P<noun>{ANY_NOUN})(?: (?:called|named|titled|with the (?:title|name)))? (?P<name>.+)",
    re.IGNORECASE | re.DOTALL,
)
_TRAILING = re.compile(rf"(?:the |my |our )?(?P<name>.+?) (?P<noun>{ANY_NOUN})", re.IGNORECASE | re.DOTALL)
_ALL = re.compile(
    rf"(?:all|every|each|everything|them|these|those|both)\b.*|(?:my|the|our) (?:{ANY_NOUN})", re.IGNORECASE | re.DOTALL
)
# done tasks, my overdue tasks, tasks that are done
_KIND_OF = (
    f"{'|'.join((*STATUSES.values(), *PRIORITIES.values()))}|overdue|late|old|archived|empty|other|same|duplicate"
)
_SORT = re.compile(
    rf"(?:the |my |our )?(?:(?:{_KIND_OF})(?:[ -]priority)? )+(?:tasks|to-?dos|projects|milestones|notes|clients)|"
    r"(?:the |my |our )?(?:tasks|to-?dos|projects|milestones|notes|clients) "
    r"(?:that|which|due|in|of|for|from|with|assigned)\b.*",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Target:
    """`is_plain`: nobody would take it for part of a title: the kind was said, or the name quoted, or it points back."""

    noun: str
    details: dict[str, Value]
    is_plain: bool = False
    is_many: bool = False


def noun_of(word: str) -> str:
    return next((noun for noun, words in NOUN_WORDS.items() if re.fullmatch(words, word.strip(), re.IGNORECASE)), "")


def target(part: str, masked: Masked, noun: str = "") -> Target:
    """`noun`: what the phrasing itself says about the kind; what the part says is stronger."""
    part = part.strip(" ,")
    if (back := _BACK.fullmatch(part)) is not None:
        return Target(noun_of(back["noun"] or back["kind"] or "") or noun, {"it": 0}, is_plain=True)
    if (ordinal := _ORDINAL.fullmatch(part)) is not None:
        which = _ORDINALS[ordinal["which"].lower()]
        return Target(noun_of(ordinal["noun"] or "") or noun, {"it": which, "picked": True}, is_plain=True)
    if part.lower() in _NO_NAME:
        return Target(noun, {"it": 0})
    if _ALL.fullmatch(part) or _SORT.fullmatch(part):
        return Target(noun, {}, is_many=True)
    said = False
    if (leading := _LEADING.fullmatch(part)) is not None:
        noun, part, said = noun_of(leading["noun"]), leading["name"], True
    elif (trailing := _TRAILING.fullmatch(part)) is not None and not is_quoted(part):
        noun, part, said = noun_of(trailing["noun"]), trailing["name"], True
    name = masked.plain(re.sub(r"^(?:the|my|our) (?=\S)", "", part.strip(" ,:"), flags=re.IGNORECASE))
    return Target(noun, {"named": name}, is_plain=said or is_quoted(part))
