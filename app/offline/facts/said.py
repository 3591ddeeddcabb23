"""From a sentence to what it says of its speaker."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.offline.facts.claims import is_worth_keeping, names_somebody, speaks_of_the_last
from app.offline.facts.frames import Framed, framed
from app.offline.facts.identity import asides, identity_slots
from app.offline.facts.passing import is_guess, is_of_another, is_order, is_passing, is_question
from app.offline.facts.plain import LONGEST, Slot, bare, long_form, statement, straight
from app.offline.facts.sentences import sentences, statements
from app.offline.facts.tastes import taste_slots
from app.offline.facts.word_lists import SECRETS


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
    before = ""
    for sentence in sentences(text):
        line = straight(sentence)
        if len(line) > LONGEST or " " not in line:
            before = ""
            continue
        for part in statements(line):
            if before and speaks_of_the_last(long_form(part)) and not is_question(part):
                joined = f"{before} {statement(part)}"
                yield SaidFact(None, joined, joined)
            else:
                yield from _facts(part)
                before = statement(part) if names_somebody(part) and not is_question(part) else ""


def _facts(sentence: str) -> Iterator[SaidFact]:
    line = bare(straight(sentence[: LONGEST + 1]))
    if " " not in line or len(line) > LONGEST:  # one word says nothing
        return
    frame = framed(line)
    if frame is None or is_question(frame.rest) or (not frame.is_asked and is_question(line)):
        return
    said = statement(bare(frame.rest))
    slots = _slots(frame)
    for key, value in slots:
        yield SaidFact(key, value, said)
    if not slots and _is_kept_whole(frame):
        yield SaidFact(None, said, said)
        yield from (SaidFact(key, value, said) for key, value in asides(frame.rest))


def _slots(frame: Framed) -> list[Slot]:
    plain = long_form(frame.rest)
    if not frame.is_asked and (is_of_another(plain) or is_guess(plain) or SECRETS.search(plain)):
        return []
    return identity_slots(plain) or taste_slots(plain, lasts=frame.lasts)


def _is_kept_whole(frame: Framed) -> bool:
    if frame.is_asked or frame.lasts:
        return len(frame.rest.split()) > 1
    plain = long_form(frame.rest)
    is_dropped = is_order(plain) or is_guess(plain) or is_passing(plain) or is_of_another(plain)
    return not is_dropped and SECRETS.search(plain) is None and is_worth_keeping(plain)
