"""From a sentence to what it says of its speaker."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.offline.facts.claims import is_worth_keeping, speaks_of_the_last
from app.offline.facts.clauses import main_clause
from app.offline.facts.details import names_somebody
from app.offline.facts.frames import Framed, framed
from app.offline.facts.identity import identity_slots
from app.offline.facts.others import predicate
from app.offline.facts.passing import is_guess, is_of_another, is_order, is_passing, is_question
from app.offline.facts.people import asides
from app.offline.facts.plain import LONGEST, Slot, bare, long_form, statement, straight
from app.offline.facts.secrets import tells_secret
from app.offline.facts.sentences import is_spliced, sentences, statements
from app.offline.facts.tastes import taste_slots

_OTHERS = re.compile(r",?\s+and\s+(?=(?:the|our|my|his|her)\b|(?!I\b)[A-ZÀ-Þ])")
_POINTS_BACK = re.compile(r"(?:please |and |but |also )*(?:keep|make|write) it\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SaidFact:
    """`key` names what there is one of (home, diet, manager): a later fact with the same key contradicts this one. None: a
    fact for which there is no such name; `value` is the sentence then. `sentence`: without "remember that", in the words of
    the speaker, a capital first and a mark last."""

    key: str | None
    value: str
    sentence: str


def fact_of(sentence: str) -> SaidFact | None:
    """What a sentence says of its speaker or their work; None for what is not worth keeping: questions, orders, greetings,
    guesses, wishes, what somebody is just doing, and texts too long for one sentence."""
    return next(_facts(sentence), None)


def facts_of(text: str) -> Iterator[SaidFact]:
    """All that a text of several sentences says, in its order. A sentence with two statements gives two facts; one about
    "she" or "they" is kept together with the sentence before it, which names them."""
    before, was_order = "", False
    for sentence in sentences(text):
        line = straight(sentence)
        if len(line) > LONGEST or " " not in line:
            before = ""
            continue
        if was_order and _POINTS_BACK.match(line):  # "Write to Ann. Keep it short."
            continue
        was_order = was_order or is_order(bare(line))
        parts = _parts(line)
        for part in parts:
            if before and speaks_of_the_last(long_form(part)) and not is_question(part):
                joined = f"{before} {statement(part)}"
                yield SaidFact(None, joined, joined)
            else:
                yield from _facts(part)
                before = statement(part) if names_somebody(part) and not is_question(part) else ""


def _parts(line: str) -> list[str]:
    """The statements a sentence joins; one, when they explain each other: no part of it fills a slot, and a comma or a part
    that says nothing by itself stands between."""
    parts = [part for each in statements(line) for part in _of_others(each)]
    if len(parts) == 1 or is_question(line) or any(is_order(bare(part)) for part in parts):
        return parts
    facts = [list(_facts(part)) for part in parts]
    if any(fact.key is not None for each in facts for fact in each):
        return parts
    return [line] if any(facts) and (is_spliced(line) or not all(facts)) else parts


def _of_others(part: str) -> Iterator[str]:
    """ "My dentist is Dr. Ek and the launch is on 3 March": a slot, and then something about others."""
    for joint in _OTHERS.finditer(part):
        own, others = part[: joint.start()], part[joint.end() :]
        if predicate(long_form(others)) and any(fact.key for fact in _facts(own)) and any(_facts(others)):
            yield own
            yield from _of_others(others)
            return
    yield part


def _facts(sentence: str) -> Iterator[SaidFact]:
    line = bare(straight(sentence[: LONGEST + 1]))
    if " " not in line or len(line) > LONGEST:  # one word says nothing
        return
    frame = framed(line)
    if frame is None or is_question(frame.rest) or (not frame.is_asked and is_question(line)):
        return
    said, plain = statement(bare(frame.rest)), long_form(frame.rest)
    if tells_secret(plain):
        return
    slots = _slots(frame, plain)
    for key, value in slots:
        yield SaidFact(key, value, said)
    if not slots and _is_kept_whole(frame, plain):
        yield SaidFact(None, said, said)
        yield from (SaidFact(key, value, said) for key, value in asides(frame.rest))


def _slots(frame: Framed, plain: str) -> list[Slot]:
    if not frame.is_asked and (is_of_another(plain) or is_guess(plain)):
        return []
    return identity_slots(plain) or taste_slots(plain, lasts=frame.lasts)


def _is_kept_whole(frame: Framed, plain: str) -> bool:
    if frame.is_asked or frame.lasts:
        return len(frame.rest.split()) > 1
    main = main_clause(plain)
    is_dropped = is_order(main) or is_guess(plain) or is_passing(main) or is_of_another(plain)
    return not is_dropped and is_worth_keeping(plain, is_exclaimed=frame.rest.endswith("!"))
