"""Whether what was found answers what was asked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.offline.words import folded, stem
from benchmarks.recall_cases import Question, Speaker, Worth

WHYS = NOT_KEPT, NOT_FOUND, OUTDATED_TOO = ("never kept", "kept and not found", "found beside what it replaces")
ENOUGH = 0.7  # of the words that are listed with a sentence


@dataclass(frozen=True)
class Verdict:
    """On the texts found for one question, nearest first."""

    question: Question
    found: tuple[str, ...]
    holds: bool  # all that was expected is there
    is_stale: bool  # so is something that is not true any more
    holds_first: bool  # the nearest is among the expected

    @property
    def is_recalled(self) -> bool:
        return self.holds and not self.is_stale


def tells(text: str, worth: Worth) -> bool:
    stems = stems_of(text)
    answer, words = _stemmed(worth.answer), _stemmed(worth.words)
    listed = answer | words
    return answer <= stems and len(listed & stems) >= ENOUGH * len(listed)


def tells_any(text: str, speaker: Speaker, ids: Iterable[str]) -> bool:
    return any(tells(text, speaker.worths[each]) for each in ids)


def judged(speaker: Speaker, question: Question, found: Sequence[str]) -> Verdict:
    true = [speaker.same_as(each) for each in question.expects]
    stale = frozenset().union(*(speaker.stale_since(each) for each in question.expects))
    right = frozenset().union(*true)
    return Verdict(
        question,
        tuple(found),
        holds=all(any(tells_any(text, speaker, each) for text in found) for each in true),
        is_stale=any(tells_any(text, speaker, stale) and not tells_any(text, speaker, right) for text in found),
        holds_first=bool(found) and tells_any(found[0], speaker, right),
    )


def why_missed(speaker: Speaker, verdict: Verdict, held: Sequence[str]) -> str:
    """`held`: all memories there are."""
    if verdict.holds:
        return OUTDATED_TOO
    expected = [speaker.same_as(each) for each in verdict.question.expects]
    is_kept = all(any(tells_any(text, speaker, each) for text in held) for each in expected)
    return NOT_FOUND if is_kept else NOT_KEPT


def junk_among(speaker: Speaker, texts: Sequence[str]) -> list[str]:
    """Memories that tell nothing of what the set calls worth remembering."""
    return [text for text in texts if not tells_any(text, speaker, speaker.worths)]


def stems_of(text: str) -> frozenset[str]:
    return _stemmed(folded(text).split())


def _stemmed(words: Iterable[str]) -> frozenset[str]:
    return frozenset(stem(each) for each in words)
