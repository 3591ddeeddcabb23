"""The supervisor's own tools: what is remembered of the user is kept, told and forgotten without a sub-agent."""

import re

from app.offline.answering import remembered as telling
from app.offline.conversation import Scene
from app.offline.outcome import Outcome, said
from app.offline.recollection import Recollection, about, answers, telling_words
from app.offline.replay import Call, Plan
from app.offline.wishes import Wish
from app.offline.words import folded, is_most_of, meant

_MOST_QUERY = 400  # characters
_LOOKS_UP = ("show", "find", "list", "search")
_QUESTION = re.compile(
    r"(?:(?:hi|hello|hey|ok|okay|so|and|but|please|(?:can|could|would) you)\b[\s,]*)*"
    r"(?:(?:what|when|where|who)s?|whom|whose|which|why|how|tell me|remind me (?!to\b)|do you know"
    r"|(?:do|did|am|are|is|was|were|have|has|can|could|may|should|will|would) (?:i|my|we|our))\b",
    re.IGNORECASE,
)


def with_memory(wish: Wish, scene: Scene) -> Plan[Outcome]:
    if wish.has("secret"):
        return said(wish, telling.NO_SECRETS)
    if not scene.remembers:
        return said(wish, telling.switched_off(wish.verb))
    if wish.verb == "keep":
        return said(wish, telling.TOO_LONG if wish.has("too_long") else telling.KEPT_IN_MIND)
    if wish.verb == "remember":
        (text,) = yield [_update(wish.text("key"), wish.text("content"))]
        return said(wish, telling.kept(text, wish.text("key"), wish.text("content"), has_rest=wish.has("rest")))
    if wish.verb == "forget":
        return (yield from _forget(wish, scene.recollection))
    if wish.text("what") != "topic":
        if scene.recollection.is_empty:
            (text,) = yield [Call("recall_memory", {"query": scene.words[:_MOST_QUERY]})]
            return said(wish, telling.told_nothing(wish, text))
        return said(wish, telling.told(wish, scene.recollection))
    return (yield from _recall(wish, scene.recollection))


def told_before(scene: Scene) -> str:
    """What the user has said that may answer their question; empty when it is none, or nothing answers it."""
    is_question = _QUESTION.match(scene.words.strip()) is not None
    return telling.told_before(answers(scene.recollection, scene.words)) if is_question else ""


def was_not_looked_up(outcome: Outcome) -> bool:
    """Were rows to be looked for, and could not be: the device is away, or which rows was not understood?"""
    is_unclear = outcome.kind == "ask" and not outcome.wish.has("it")
    return (outcome.kind == "error" or is_unclear) and outcome.wish.verb in _LOOKS_UP


def found_nothing(outcome: Outcome) -> bool:
    """Were rows looked for by a name or a topic, and none found?"""
    wish = outcome.wish
    is_none = outcome.kind == "missing" or (outcome.kind == "found" and not outcome.rows)
    return is_none and wish.verb in _LOOKS_UP and (wish.has("named") or wish.has("search"))


def is_known(wish: Wish, scene: Scene) -> bool:
    """Does this ask for one of the user's own facts?"""
    return wish.verb == "recall" and bool(_named(wish, scene.recollection))


def _recall(wish: Wish, recollection: Recollection) -> Plan[Outcome]:
    if key := _named(wish, recollection):
        return said(wish, telling.fact(wish.text("asked"), key, recollection.value(key)))
    (text,) = yield [Call("recall_memory", {"query": wish.text("asked")[:_MOST_QUERY]})]
    return said(wish, telling.found(text, wish.text("about")))


def _named(wish: Wish, recollection: Recollection) -> str:
    """The key of the fact that is asked for, when there is no doubt about it."""
    keys = [key for key, _ in recollection.core]
    for wanted in (wish.text("key"), wish.text("about")):
        same = [key for key in keys if folded(key) == folded(wanted)]
        if same and folded(wanted):
            return same[0]
    wanted_words = telling_words(wish.text("about"))
    same = [key for key in keys if wanted_words and telling_words(key) == wanted_words]
    return same[0] if len(same) == 1 else ""


def _forget(wish: Wish, recollection: Recollection) -> Plan[Outcome]:
    if wish.has("all"):
        return said(wish, telling.ALL_AT_ONCE)
    keys = _meant(wish, recollection)
    if len(keys) > 1:
        return said(wish, telling.which_one(keys, recollection))
    if not keys:
        lines = (*recollection.said, *recollection.habits, *recollection.sessions)
        return said(wish, telling.not_mine_to_forget(about(lines, wish.text("about"))))
    key = keys[0]
    if wish.has("content") and not _says(recollection.value(key), wish):
        return said(wish, telling.says_otherwise(key, recollection.value(key)))
    (text,) = yield [_update(key, "")]
    return said(wish, telling.forgotten(text, key, recollection.value(key)))


def _meant(wish: Wish, recollection: Recollection) -> list[str]:
    """The keys of the facts that may be meant. One that is named by a smaller part of it is not."""
    if key := _named(wish, recollection):
        return [key]
    name, facts = wish.text("about"), list(recollection.core)
    keys = [key for key, _ in meant(name, facts, lambda fact: fact[0]) if is_most_of(name, key)]
    return keys or [key for key, value in facts if folded(value) == folded(name)]


def _says(value: str, wish: Wish) -> bool:
    """Is this the value that is to be forgotten? “I prefer short answers” does not speak of long ones."""
    return folded(value) == folded(wish.text("content")) or telling_words(value) <= telling_words(wish.text("about"))


def _update(key: str, value: str) -> Call:
    return Call("update_core_memory", {"key": key, "value": value})
