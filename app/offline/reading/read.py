"""A message as a whole: politeness off, quotations kept apart, several wishes told from one."""

import re
from dataclasses import dataclass, replace
from datetime import datetime

from app.offline.own_words import typed_lines
from app.offline.reading.abbreviations import ENDS_SHORT
from app.offline.reading.creating import read_creation
from app.offline.reading.leading import leading_statements
from app.offline.reading.listing import plainly, read_listing, read_search
from app.offline.reading.recalling import read_forgetting, read_own_question, read_recalling
from app.offline.reading.remembering import MEMORY, read_keeping, read_statement
from app.offline.reading.rows_meant import Read, read_change
from app.offline.reading.slips import corrected, expanded
from app.offline.reading.small_talk import small_talk
from app.offline.reading.targets import ANY_NOUN
from app.offline.wishes import Wish
from app.offline.words import Masked, mask

_MOST_CHARACTERS = 1_000  # that are read for their meaning; a longer message is a long note, or no everyday request
_MOST_WISHES = 8
_MOST_DIVISIONS = 16  # between wishes of one message
_MOST_PARTS = 40  # of one message that are read as a wish of their own
_POLITE = re.compile(
    r"(?:(?:hi|hello|hey|ok|okay|so|well|and|now|then|also|please|pls|kindly|assistant|adiuva|good morning)\b[\s,!.:]*)*"
    r"(?:(?:can|could|would|will) you(?: please)?|(?:i|we)(?:'d| would) like(?: you)? to|(?:i|we) want(?: you)? to|"
    r"i need you to|"
    r"i need(?= an? )|let's|lets|"
    r"would you mind|do me a favou?r and|go ahead and|i'd like|i want)?[\s,]*(?:please\b[\s,]*)?"
    r"(?:(?:just|maybe|perhaps|possibly)\s+)?",
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
    """`talk`: the kind of small talk, when that is all. `suggestion`: a sentence that may be meant, to be asked about.
    `own`: wishes about what is remembered of the user, for when the words mean nothing else, or ask for what is known.
    Nothing of all: not understood."""

    wishes: tuple[Wish, ...] = ()
    talk: str = ""
    suggestion: str = ""
    own: tuple[Wish, ...] = ()


def read(words: str, now: datetime | None) -> Reading:
    """`now`: aware, in the user's zone; without it no date is read."""
    masked = mask(words.replace("’", "'"), _MOST_CHARACTERS)
    if masked is None:
        return Reading()
    text = _RUN.sub(", ", expanded(masked.text))
    masked = Masked(_OWNED_FIELD.sub(r"\1 the \3 of \2 to ", text), masked.quotations)
    said, rest = leading_statements(masked, lambda each: bool(_Sentence(masked, now).wishes(_bare(each))))
    if said and (reading := _read(Masked(rest, masked.quotations), now)).wishes:
        return replace(reading, wishes=(*read_statement(said, masked), *reading.wishes)[:_MOST_WISHES], own=())
    return _read(masked, now)


def _read(masked: Masked, now: datetime | None) -> Reading:
    text = _bare(masked.text)
    sentence = _Sentence(masked, now)
    if (wishes := sentence.wishes(text)) and wishes[0].noun == MEMORY:
        return Reading(tuple(wishes))
    created = read_creation(text, masked, now)
    if planned := _only_planned(masked.text, masked):
        return Reading(suggestion=planned)
    own = _own(text, masked)
    talk = small_talk(text) or small_talk(re.sub(r"[\s.!?]+$", "", masked.text.strip()))
    if talk and not (created and talk in _ABOUT_ROWS):
        is_statement = talk in _MAY_STATE and not sentence.wishes(_bare(_CORRECTING.sub("", text)))
        return Reading(talk=talk, own=own if is_statement else ())
    if all(each.verb == "keep" for each in own) and (better := _despite_slips(wishes, text, masked, now)) is not None:
        return better
    is_odd = not wishes or (len(wishes) == 1 and re.search(r" (?:task|todo|to-do)$", wishes[0].text("project")))
    suggestion = _perhaps(text, masked) if is_odd else ""
    return Reading(suggestion=suggestion) if suggestion else Reading(tuple(wishes), own=own)


_RUN = re.compile(r",[\s,;]{8,}")  # commas without end mean no more than one
# set Buy milk's priority to low
_OWNED_FIELD = re.compile(
    r"\b(set|change|update) (?:the )?([^:]+?)'s (priority|status|due date|deadline|title|name|description|industry) to ",
    re.IGNORECASE,
)
_MAY_STATE = ("negation", "correction", "condition")  # "no, the launch is on Monday", "once a week we deploy"
_CORRECTING = re.compile(r"(?:no|nope|wait|sorry|oops)\b[\s,]*", re.IGNORECASE)
_ABOUT_ROWS = ("emptying", "correction", "negation", "condition", "undo", "wholesale")
# "I want to finish the report" is a plan, and no report of its end
_PLAN = re.compile(
    r"(?:(?:i|we)(?:'d| would) like to|(?:i|we) (?:want|need|have|plan|hope) to|(?:i|we)(?:'ll| will| must| should)"
    r"|i'm going to|i am going to|(?:don't|do not|dont) forget to)\s+(?P<what>.+)",
    re.IGNORECASE | re.DOTALL,
)
_DOING = re.compile(r"(?:finish|complete|close|start|begin|do|work on|resolve)\b", re.IGNORECASE)
_NEED = re.compile(
    r"(?:i|we)(?:'ll| will| must| should| (?:need|have|plan|hope) to)|i'm going to|i am|do", re.IGNORECASE
)
_INTO_TASK = re.compile(
    r"(?:add|put) (?P<what>.+?) (?:to|into|on) (?:the |my )?(?P<task>.+?) (?:task|todo|to-do)",
    re.IGNORECASE | re.DOTALL,
)
_CLOSE_PROJECT = re.compile(
    r"(?:close|finish|complete) (?:the |my )?(?:project (?P<one>.+)|(?P<other>.+) project)", re.IGNORECASE | re.DOTALL
)
_BARE_THING = re.compile(r"(?:add|buy|call|write to|e-?mail|send|book|pay|order|pick up|fix|get) .+", re.IGNORECASE)


def _own(text: str, masked: Masked) -> tuple[Wish, ...]:
    asked = read_own_question(text, masked)
    return (asked,) if asked is not None else tuple(read_statement(text, masked))


def _only_planned(text: str, masked: Masked) -> str:
    """What the user means to do is not done yet: it may become a task."""
    plan = _PLAN.fullmatch(_ENDING.sub("", text.strip()))
    if plan is None or not (
        _DOING.match(plan["what"]) or (_NEED.match(text.strip()) and not _COMMAND.match(plan["what"]))
    ):
        return ""
    return f"Create a task: {_titled(plan['what'], masked)}"


def _perhaps(text: str, masked: Masked) -> str:
    """What words that were not understood may have been meant for."""
    text = _ENDING.sub("", text.strip())
    if (into := _INTO_TASK.fullmatch(text)) is not None:
        return f"Add a comment to {_shown(into['task'], masked)}: {_shown(into['what'], masked)}"
    if (closing := _CLOSE_PROJECT.fullmatch(text)) is not None:
        return f"Archive the project {_shown(closing['one'] or closing['other'], masked)}"
    if (cancelled := re.fullmatch(r"cancel (?P<what>.+)", text, re.IGNORECASE | re.DOTALL)) is not None:
        return f"Delete {_shown(cancelled['what'], masked)}"
    if _BARE_THING.fullmatch(text):
        return f"Create a task: {_titled(re.sub('^add ', '', text, flags=re.IGNORECASE), masked)}"
    return ""


def _titled(part: str, masked: Masked) -> str:
    shown = _shown(part, masked)
    return shown[:1].upper() + shown[1:]


def _shown(part: str, masked: Masked) -> str:
    """On one line, and without marks that would end the sentence it is quoted in."""
    return " ".join(re.sub(r"[“”<>]", "", masked.plain(part)).split())


_SHOWING = ("list", "search", "show")


def _despite_slips(wishes: list[Wish], text: str, masked: Masked, now: datetime | None) -> Reading | None:
    """When nothing else is understood: the rows asked for with a slip, or the question whether a change was meant so."""
    if any(each.verb not in _SHOWING for each in wishes) or not all(_is_guess(each) for each in wishes):
        return None
    better = corrected(text)
    found = _Sentence(masked, now).wishes(better) if better != text else []
    if not found or any(_is_guess(each) for each in found):
        return None
    if all(each.verb in _SHOWING for each in found):
        return Reading(tuple(found))
    return Reading(suggestion=_shown(better, masked))


def _is_guess(wish: Wish) -> bool:
    """Words were left over, and taken for what the rows are about; or anything at all for a row's name."""
    return wish.has("about") or (wish.verb == "show" and not wish.noun and wish.has("named"))


def _bare(text: str) -> str:
    text = _POLITE.sub("", text.strip(), count=1) if _POLITE.match(text.strip()) else text.strip()
    return " ".join(_ended(text).split(" "))


def _ended(text: str) -> str:
    """Without the end of a sentence; the dot of `Acme Inc.` is part of the name."""
    bare = _ENDING.sub("", text)
    return f"{bare}." if text[len(bare) :].startswith(".") and ENDS_SHORT.search(bare) else bare


def _line(text: str) -> str:
    return " ".join(text.split())


class _Sentence:
    """Tells the wishes of one message apart, and reads no part of it twice.

    `_MOST_PARTS` bounds the different parts that are read: past it, what is not read yet counts as not understood, so
    that a wish is never taken without the rest of its sentence."""

    def __init__(self, masked: Masked, now: datetime | None) -> None:
        self._masked, self._now = masked, now
        self._read: dict[str, list[Read]] = {}
        self._told_apart: dict[str, list[Wish]] = {}
        self._typed = _line("\n".join(typed_lines(masked.text)))

    def wishes(self, text: str) -> list[Wish]:
        """All wishes of a text: as many as it plainly holds, `_MOST_WISHES` at most."""
        if text not in self._told_apart:
            self._told_apart[text] = self._several(text) or [each.wish for each in self._one(text)][:_MOST_WISHES]
        return self._told_apart[text]

    def _several(self, text: str) -> list[Wish]:
        for left, right, is_again in _divisions(text):
            if not is_again and not self._stands_alone(right):
                continue
            first = self._one(_bare(left))
            if first and (rest := self.wishes(_bare(right))):
                return [*(each.wish for each in first), *rest][:_MOST_WISHES]
        return []

    def _stands_alone(self, right: str) -> bool:
        """May these words, which begin as a command, be taken for a wish of their own, and for nothing else?"""
        if not self._is_own(_BETWEEN.split(right, maxsplit=1)[0]) or not self.wishes(_bare(right)):
            return False
        first = self._one(_bare(_BETWEEN.split(right, maxsplit=1)[0])) or self._one(_bare(right))
        return bool(first) and first[0].is_plain

    def _is_own(self, part: str) -> bool:
        """Has the user typed it, or does it stand in what they have pasted?"""
        return _line(part) in self._typed

    def _one(self, text: str) -> list[Read]:
        if text not in self._read:
            if len(self._read) >= _MOST_PARTS:
                return []
            of_memory = _of_memory(text, self._masked, self._now) if self._is_own(text) else []
            self._read[text] = [Read(each) for each in of_memory] or _one(text, self._masked, self._now)
        return self._read[text]


_COMMAND = re.compile(
    r"(?:create|add|make|new|mark|set|complete|finish|start|begin|reopen|rename|move|postpone|reschedule|delete|remove|archive|approve|"
    r"assign|show|list|find|search|remind|comment|append|change|update|count|what|what's|how many|tell|"
    r"read|write|close|unarchive|push|note)\b",
    re.IGNORECASE,
)


# what is to be remembered goes on past an "and", unless rows are asked for, or something new, after it
_REMEMBERING = re.compile(r"(?:remember|(?:keep|bear) in mind|from now on|note that|forget)\b", re.IGNORECASE)
_LOOKING = re.compile(
    r"(?:show|list|find|count|what|what's|how many|tell|create an?|add an?|remind me)\b", re.IGNORECASE
)
_REMEMBER = re.compile(r"(?:remember that\b|remember:|(?:keep|bear) in mind\b)", re.IGNORECASE)
_OF_MEMORY = re.compile(
    r"(?:remember|(?:keep|bear) in mind|from now on|call me|forget|do you (?:remember|know)|who am i|note that)\b",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"\s*[.;!?\n]")


def _divisions(text: str) -> list[tuple[str, str, bool]]:
    """Where a second wish may begin: what stands before it, its own words, and whether they are more of the first
    (`… and a task B`, with its verb put back). Empty when there are too many: that is no list of wishes."""
    free, making, remembering = _FREE_TEXT.search(text), _MAKING.match(text), _REMEMBERING.match(text)
    found: list[tuple[str, str, bool]] = []
    for between in _BETWEEN.finditer(text):
        if free is not None and between.start() >= free.end() - 1:
            break
        polite = _POLITE.match(text, between.end())
        start = polite.end() if polite is not None else between.end()
        is_again = making is not None and making.end() <= between.start() and _AGAIN.match(text, start) is not None
        begins = _beginnings(is_sentence=bool(_SENTENCE_END.match(between[0])), is_remembered=bool(remembering))
        if between.start() == 0 or not (is_again or any(each.match(text, start) for each in begins)):
            continue
        if len(found) == _MOST_DIVISIONS:
            return []
        verb = f"{making[0]} " if is_again and making is not None else ""
        found.append((text[: between.start()], verb + text[start:], is_again))
    return found


def _beginnings(*, is_sentence: bool, is_remembered: bool) -> tuple[re.Pattern[str], ...]:
    """What a second wish may begin with: after the end of a sentence, or an "and" or the like; and after something that
    is to be remembered."""
    if is_sentence:
        return _COMMAND, _OF_MEMORY
    return (_LOOKING,) if is_remembered else (_COMMAND, _REMEMBER)


_COMMENTS = re.compile(r"(?:add|put|write|post|leave) (?:a |the |an )?(?:new )?(?:comment|description)", re.IGNORECASE)


def _one(text: str, masked: Masked, now: datetime | None) -> list[Read]:
    if not text.strip():
        return []
    created = [] if _COMMENTS.match(text) or _appends(text) else read_creation(text, masked, now)
    if created:
        return [Read(each) for each in created]
    change = read_change(text, masked, now) if plainly(text) == text else None
    listed = read_listing(text, masked, now)
    if change is not None and not (listed and change.wish.verb == "show" and _asks_for_many(text, listed)):
        return [change]
    return [Read(each) for each in listed or read_search(text, masked)]


def _of_memory(text: str, masked: Masked, now: datetime | None) -> list[Wish]:
    if kept := read_keeping(text, masked):
        return kept
    wish = read_forgetting(text, masked) or read_recalling(text, masked, now)
    return [] if wish is None else [wish]


def _asks_for_many(text: str, listed: list[Wish]) -> bool:
    """`show me my open tasks` is no wish to see a row called "open tasks"."""
    if re.match(r"tell me (?:more )?about|(?:details|info) (?:of|about|on)|when |who ", text, re.IGNORECASE):
        return False
    return len(listed) > 1 or not listed[0].has("about") or bool(re.search(rf"\b(?:{_MANY})\b", text, re.IGNORECASE))


def _appends(text: str) -> bool:
    return bool(
        re.match(r"add (?!a |an |another |new |the |\d).+ to (?:the |my )?(?:note|.+ note\b)", text, re.IGNORECASE)
    ) or bool(re.match(r"add to (?:the |my )?(?:note|.+ note)\b", text, re.IGNORECASE))
