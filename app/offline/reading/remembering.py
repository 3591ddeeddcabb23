"""Wishes to have something remembered: said in so many words (`remember that …`), or a plain statement about oneself."""

import re

from app.offline.calendar_words import CLOCK, DAY
from app.offline.facts import SaidFact, fact_of, facts_of, long_form, place_of, sentences, tells_secret
from app.offline.facts.passing import is_order, is_question
from app.offline.facts.plain import statement
from app.offline.own_words import own_words
from app.offline.wishes import Wish
from app.offline.words import Masked

MEMORY = "memory"
_MOST_STATEMENT = 300  # characters of a statement that nobody asked to remember

_FLAGS = re.IGNORECASE | re.DOTALL
_KEEP = re.compile(
    r"(?:remember|(?:keep|bear) in mind|(?:don't|do not|dont|never) forget)(?: for me)?"
    r"(?P<sure>\s*,?\s+that\s*[,:]?\s+(?!one\b)|(?:\s+(?:this|the following))?\s*:\s*)?(?(sure)|\s*,?\s+)(?P<what>.+)",
    _FLAGS,
)
_KNOW = re.compile(r"(?:know|be aware) that\s+(?P<what>.+)", _FLAGS)  # after "I want you to"
_NOTE = re.compile(r"(?:take )?note(?: that|,)\s+(?P<what>(?:i|i'm|i've|i'd|my|me|we|we're|our|call me)\b.+)", _FLAGS)
_FROM_NOW_ON = re.compile(
    r"(?:from (?:now|here|today) on(?:wards?)?|going forward|for future reference|"
    r"in (?:the )?future(?=\s*,|\s+(?:please|i|call|always|never|keep|use|answer|be|don't|write)\b))\s*[,:]?\s+"
    r"(?:please\s+)?(?P<what>.+)",
    _FLAGS,
)
_BY_THE_WAY = re.compile(
    r"(?:fyi|btw|by the way|for your information|(?:just )?so you know)\s*[,:]?\s+(?P<what>.+)", _FLAGS
)
_CALL_ME = re.compile(
    rf"(?:(?:you (?:can|may|should) )?call me|i go by)\s+(?P<what>(?!{DAY}|{CLOCK.format('c')}|"
    r"(?:back|later|when|if|at|on|in|about|a|an|the|up|once|after|before|as|and|or|to|from|for|by|now|soon|maybe|again|asap|please|crazy)\b).+)",
    _FLAGS,
)
_NO_FACT = re.compile(r"(?:to|when|what|where|who|which|how|why|if|whether|me|him|her|them|it|this|that|us)\b", _FLAGS)
_MOST_KEPT = 500  # characters of a sentence that is read for facts after its turn, frame and all
_GIVES = re.compile(r"\b(?:is|are|was)\b|[:=]|['’]s\b", re.IGNORECASE)  # a value
_SAYS_SOMETHING = re.compile(
    r"\b(?:is|are|am|was|were|will|has|have|had|likes?|prefers?|needs?|wants?|lives?|works?|does|don't|doesn't|isn't|aren't"
    r"|can|can't|cannot|must|should|never|always|(?:i|it|he|she|they|we|there|that)'\w+)\b",
    re.IGNORECASE,
)


def read_keeping(text: str, masked: Masked) -> list[Wish]:
    """What somebody asks to have remembered, a wish for each fact; empty when the text asks for something else."""
    for pattern in (_CALL_ME, _NOTE, _BY_THE_WAY):
        if (match := pattern.fullmatch(text)) is not None:
            said = masked.plain(text if pattern is _CALL_ME else match["what"])
            return _facts(said) if fact_of(said) is not None else []
    if (match := _FROM_NOW_ON.fullmatch(text) or _KNOW.fullmatch(text)) is not None:
        return _facts(masked.plain(match["what"]))
    match = _KEEP.fullmatch(text)
    if match is None or (not match["sure"] and not _is_fact(match["what"], masked)):
        return []
    return _facts(masked.plain(match["what"]))


def read_statement(text: str, masked: Masked) -> list[Wish]:
    """What somebody simply says: a wish for each fact that has a place of its own (a name, a home, a preference), the last
    of them with `rest` when more was said. One to keep it in mind when nothing of it has such a place: that needs no tool,
    for what is said is read for facts after each turn."""
    said = own_words(masked.plain(text), ())
    if len(said) > _MOST_STATEMENT:
        return []
    if secret := _secret(said):
        return secret
    found = list(facts_of(said))
    keyed = _latest([_wish(each) for each in found if each.key])
    if all(each.key for each in found) or _asks_for_more(said):
        return keyed
    return [*keyed[:-1], keyed[-1].but(rest=True)] if keyed else [Wish("keep", MEMORY)]


def states_only(text: str, masked: Masked) -> bool:
    """Is each sentence of the text a fact? A text longer than anybody's statement is none."""
    said = masked.plain(text)
    if len(said) > _MOST_STATEMENT or own_words(said, ()).split() != said.split():
        return False
    return all(any(facts_of(each)) or tells_secret(long_form(each)) for each in sentences(said))


def _asks_for_more(said: str) -> bool:
    """Is there a question or an order in it beside its facts?"""
    others = (each for each in sentences(said) if not any(facts_of(each)))
    return any(is_question(each) or is_order(each) for each in others)


def key_of(sentence: str) -> str:
    """The place of what such a sentence says; empty when it has none."""
    fact = fact_of(sentence)
    return fact.key or "" if fact is not None else ""


def _is_fact(what: str, masked: Masked) -> bool:
    """`remember my wife's name is Anna`, and not `remember to buy milk` or `remember the milk`."""
    if _NO_FACT.match(what):
        return False
    return _SAYS_SOMETHING.search(what) is not None or fact_of(masked.plain(what)) is not None


def _facts(said: str) -> list[Wish]:
    """Several when each of its sentences says something; what says nothing that is known is kept as it is. Nothing of a
    text that tells a secret."""
    if secret := _secret(said):
        return secret
    found = list(facts_of(said))
    if len(found) < max(2, len(sentences(said))):
        found = [found[0] if len(found) == 1 else SaidFact(None, statement(said), said)]
    return _latest([_wish(each) for each in found])


def _secret(said: str) -> list[Wish]:
    stated = (each for each in sentences(said) if not is_question(each) and not is_order(each))
    is_told = any(tells_secret(long_form(each)) and _GIVES.search(each) is not None for each in stated)
    return [Wish("keep", MEMORY, {"secret": True})] if is_told else []


def _wish(fact: SaidFact) -> Wish:
    """Under its key, or what it is about. What is too long for that is kept in mind: it is read for facts after its turn,
    unless it is too long for that as well."""
    place = (fact.key, fact.value) if fact.key else place_of(fact.value)
    if place is None:
        return Wish("keep", MEMORY, {"too_long": True} if len(fact.value) > _MOST_KEPT else {})
    return Wish("remember", MEMORY, {"key": place[0], "content": place[1]})


def _latest(wishes: list[Wish]) -> list[Wish]:
    """Of several for one key the last, for people correct themselves; what is only kept in mind once."""
    return list({each.text("key"): each for each in wishes}.values())
