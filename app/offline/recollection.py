"""What a turn was told that is remembered of its user: the memory block of the context message.

It is data. Its lines are shown and searched, and never read as wishes.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.offline.words import folded, stem

_BLOCK = re.compile(r'<data-(?P<mark>\w{1,64}) kind="(?P<kind>[^"\n]{1,64})">\n?')
_SECTIONS = {"About the user": "core", "Said before": "said", "Earlier sessions": "sessions", "Habits": "habits"}
_CONFIDENCE = re.compile(r" \(confidence [01](?:\.\d+)?\)$")
_SAID_ON = re.compile(r" \(\d{4}-\d{2}-\d{2}\)$")
_ABOUT_ANSWERS = re.compile(r"\b(?:answer|repl|response)", re.IGNORECASE)
_SHORT = re.compile(r"\b(?:short(?:er)?|brief(?:er)?|concise|terse)\b", re.IGNORECASE)
_NOT_SHORT = re.compile(r"\b(?:not|no|never|too|don't|neither)\b", re.IGNORECASE)
_SMALL = "a an the my our your of to for and in on with about is are was were do does did i it that me you we what when"
_SMALL_WORDS = frozenset(_SMALL.split(" "))
# of questions, which their answers do without
_ASKING = (
    "where who whom whose which why how much many will would can could should shall has have had be been been at by from"
    " s re t there this these those happen happens happening take takes place date day time exactly again please tell"
    " know now still currently us or not if remind starting scheduled planned am whats wheres whens whos ever any may kind"
    " sort type"
)
_ASKING_WORDS = frozenset(_ASKING.split(" "))
_TOPIC = re.compile(
    r"(?:.*\b)?(?:did|have|had|was|were) (?:(?:we|i) )?\w+(?: \w+)? (?:about|on|regarding|concerning) (?P<topic>.+)",
    re.IGNORECASE | re.DOTALL,
)

_OF_ME = re.compile(
    r"(?:what|which)(?: (?:kind|sort|type)s? of)? (?P<sort>[\w' -]{2,40}?) (?:do|am|did|have|can|should) i"
    r" (?P<done>.{2,80})",
    re.IGNORECASE,
)
_LIKING = frozenset(stem(word) for word in ("like", "likes", "love", "loves", "enjoy", "enjoys", "prefer", "prefers"))


@dataclass(frozen=True, slots=True)
class Recollection:
    """`core`: (key, value). `said`: sentences, with `(2026-11-03)` at their end. `sessions`: `2026-11-20: what was done`.
    `habits`: sentences."""

    core: tuple[tuple[str, str], ...] = ()
    said: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    habits: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.core or self.said or self.sessions or self.habits)

    def value(self, key: str) -> str:
        """Empty when nothing is remembered under this key."""
        return next((value for each, value in self.core if folded(each) == folded(key)), "")

    def likes_short_answers(self) -> bool:
        return any(
            _ABOUT_ANSWERS.search(key) and _SHORT.search(value) and not _NOT_SHORT.search(value)
            for key, value in self.core
        )


NOTHING = Recollection()


def recollection_of(context: str) -> Recollection:
    """Of the text of a context message."""
    found: dict[str, list[str]] = {name: [] for name in _SECTIONS.values()}
    section = ""
    for line in _memory_block(context).splitlines():
        if line.startswith("## "):
            section = _SECTIONS.get(line[3:].strip(), "")
        elif line.startswith("- ") and section:
            found[section].append(line[2:].strip())
    pairs = (each.partition(": ") for each in found["core"])
    return Recollection(
        tuple((key, value) for key, _, value in pairs if key and value),
        tuple(found["said"]),
        tuple(found["sessions"]),
        tuple(_CONFIDENCE.sub("", each) for each in found["habits"]),
    )


def about(lines: Sequence[str], topic: str) -> list[str]:
    """The lines that share a word with the topic, small words aside; those that share most come first."""
    wanted = telling_words(topic)
    shared = [(len(wanted & telling_words(_SAID_ON.sub("", each))), each) for each in lines]
    return [each for count, each in sorted(shared, key=lambda pair: -pair[0]) if count]


def answers(recollection: Recollection, question: str) -> list[str]:
    """What the user has said that may answer a question: the lines that share most of its telling words, when these are
    more than half of them; of a question about the user, also those that say what they do (“What car do I drive?”) or what
    is asked for (“Which languages do I speak?”). Core facts come as `key: value`."""
    topic = _TOPIC.match(question)
    wanted = _wanted(topic["topic"] if topic is not None else question)
    lines = [*(f"{key}: {value}" for key, value in recollection.core), *recollection.said]
    words = [telling_words(_SAID_ON.sub("", each)) for each in lines]
    most = max((len(wanted & each) for each in words), default=0)
    if 2 * most > len(wanted):
        return [line for line, each in zip(lines, words, strict=True) if len(wanted & each) == most]
    own = _OF_ME.fullmatch(question.strip(" ?!."))
    if own is None:
        return []
    done, sort = _with_synonyms(_wanted(own["done"])), _wanted(own["sort"])
    told = zip(lines, words, strict=True)
    return [line for line, each in told if done & each or (sort and sort <= telling_words(line.partition(": ")[0]))]


def _wanted(question: str) -> set[str]:
    return {stem(word) for word in folded(question).split() if word not in _SMALL_WORDS | _ASKING_WORDS}


def _with_synonyms(words: set[str]) -> set[str]:
    return words | _LIKING if words & _LIKING else words


def telling_words(text: str) -> set[str]:
    return {stem(word) for word in folded(text).split() if word not in _SMALL_WORDS}


def _memory_block(context: str) -> str:
    """The text of the first block of this kind. Blocks are walked from end to start: what looks like one inside another
    is that one's text, for it cannot know the mark that ends it."""
    data, place = context.partition("</context>")[2], 0
    while (opening := _BLOCK.search(data, place)) is not None:
        closing = f"</data-{opening['mark']}>"
        end = data.find(closing, opening.end())
        if end < 0:
            return ""
        if opening["kind"] == "memory":
            return data[opening.end() : end]
        place = end + len(closing)
    return ""
