"""Answers to what was asked before: which one is meant, what it should be called, whether it was meant so."""

import re

from app.offline.answering import MORE, WHICH_ONE
from app.offline.conversation import Mention, Scene
from app.offline.nouns import NOUNS
from app.offline.reading import read
from app.offline.wishes import Wish
from app.offline.words import folded, is_near_enough, meant

_ORDINALS = {"first": 0, "1st": 0, "1": 0, "second": 1, "2nd": 1, "2": 1, "third": 2, "3rd": 2, "3": 2, "last": -1}
_MOST_WORDS = 12
_DID_YOU_MEAN = re.compile(r"Did you mean “([^“”]+)”\?$")
_WHAT_CALLED = re.compile(r"What should the (?P<noun>\w+) be called\?$")
_WHICH_PROJECT = re.compile(r"Which project is the milestone “.{0,2000}” for\?")


def agreed(scene: Scene) -> str:
    """The words; after “Did you mean …?” and a yes, what was agreed to."""
    asked = _DID_YOU_MEAN.search(scene.last_answer())
    if asked is None or read(scene.words, scene.now).talk != "yes":
        return scene.words
    before = read(scene.words_before(), scene.now).wishes
    if "I found no" not in scene.last_answer():
        return asked[1]
    # a name that was near: the same words with it
    named = before[0].text("named") if len(before) == 1 else ""
    words = scene.words_before()
    is_near = named and words.count(named) == 1 and is_near_enough(named, asked[1])
    return words.replace(named, f"“{asked[1]}”", 1) if is_near else scene.words


def follow_up(scene: Scene, wishes: list[Wish]) -> list[Wish]:
    """The wishes that the answer to a question makes; none when these words are no answer to one."""
    if _is_new(scene, wishes):
        return []
    answer, last = scene.words.strip(" .!?\"'“”"), scene.last_answer()
    if (called := _WHAT_CALLED.search(last)) is not None:
        noun = next(each.name for each in NOUNS.values() if each.spoken == called["noun"])
        return list(read(f"create a {NOUNS[noun].spoken} called {answer}", scene.now).wishes)
    before = read(scene.words_before(), scene.now).wishes
    if _WHICH_PROJECT.search(last) and len(before) == 1:
        name = re.sub(r"^(?:for|in|of)?\s*(?:the\s+)?(?:project\s+)?", "", answer, flags=re.IGNORECASE)
        return [before[0].but(project=name)]
    return _choice(scene, before[0], answer) if WHICH_ONE in last and len(before) == 1 else []


def _is_new(scene: Scene, wishes: list[Wish]) -> bool:
    """A wish or small talk of its own."""
    is_long = len(folded(scene.words).split()) > _MOST_WORDS
    return is_long or any(not each.has("picked") for each in wishes) or bool(read(scene.words, scene.now).talk)


def _choice(scene: Scene, wish: Wish, answer: str) -> list[Wish]:
    candidates = scene.mentions()
    named = meant(answer, [each for each in candidates if each.title], lambda each: each.title)
    place = _ORDINALS.get(next((word for word in folded(scene.words).split() if word in _ORDINALS), ""))
    if place is not None and place < len(candidates):
        named = [candidates[place]]
    if not named and MORE in scene.last_answer() and len(folded(answer).split()) <= _MOST_WORDS // 2:
        return [wish.without("it", "picked").but(named=answer)]
    if len(named) != 1:
        return []
    return [chosen(wish, named[0], "comment" if wish.noun == "comment" else named[0].noun)]


def chosen(wish: Wish, row: Mention, noun: str) -> Wish:
    """The wish for this row."""
    ready = wish.without("it", "picked", "named").of(noun).but(id=row.id)
    return ready.but(named=row.title) if row.title else ready
