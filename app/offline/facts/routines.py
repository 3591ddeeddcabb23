"""What somebody does again and again, or never."""

import re

from app.offline.facts.plain import Slot
from app.offline.facts.ways import CLOCK, way
from app.offline.facts.word_lists import WEEKDAYS

_ADVERB = (
    r"always|never ever|never|usually|normally|typically|generally|mostly|often|rarely|seldom|hardly ever"
    r"|sometimes|tend to|no longer|do not usually|do not normally|only|do not ever"
)
_HABIT = re.compile(
    rf"(?:i|we) (?:now |also |will |would |have |am )*(?P<adverb>{_ADVERB}) (?P<what>.+)", re.IGNORECASE
)
_DO_NOT = re.compile(
    r"i (?:really |still |just )*(?:do not|can not(?= (?:eat|drink|work|attend|travel|drive|fly|swim|do (?!it\b"
    r"|this\b|that\b|the\b|my\b))\b)) (?P<what>(?:eat|drink|work|smoke|take"
    r"|answer|use|drive|read|check|do|go"
    r"|attend|speak|own|travel|fly|watch|sleep|cook|schedule|accept|pick up|wear|meet|buy|sell|offer|celebrate"
    r"|play|write)\b.*)",
    re.IGNORECASE,
)
_RECURS = re.compile(
    rf"\b(?:every|each|on (?:{WEEKDAYS})s|on weekdays|on weekends|at weekends|in the (?:mornings?|evenings?"
    rf"|afternoons?)|once a \w+|twice a \w+|(?:{WEEKDAYS}) (?:mornings|afternoons|evenings)|before bed|daily"
    rf"|weekly)\b",
    re.IGNORECASE,
)
_ROUTINE = re.compile(
    r"i (?:now |also |still )*(?P<what>(?:work|go|have|do|run|swim|cycle|walk|meet|take|start|finish|train"
    r"|exercise|play|get up|wake up|read|plan|drink|eat|cook|commute|travel|fly|teach|study|call|write|review"
    r"|check|attend"
    r"|visit|pick up|drop off|leave|sleep|meditate|practi[sc]e|volunteer|invoice|clean|shop|drive|ride|am off"
    r"|journal|stop)\b.*)",
    re.IGNORECASE,
)
_TIMED = re.compile(
    r"i (?:now |also |still |usually )*(?P<what>(?:get up|wake up|go to bed|start work|finish work|stop work|have"
    r" lunch|eat lunch|leave work) .+)",
    re.IGNORECASE,
)


def routine(sentence: str) -> Slot | None:
    if (match := _DO_NOT.fullmatch(sentence)) is not None:
        return way(match["what"], "no longer" if re.search(r"any more$", match["what"]) else "does not")
    if (match := _HABIT.fullmatch(sentence)) is not None and not re.match(
        r"(?:think|thought|want|wanted|know|knew|said|had|been|saw|got|get|forget|wonder|understood|need|feel"
        r"|heard|have to)\b",
        match["what"],
        re.IGNORECASE,
    ):
        return way(match["what"], match["adverb"].lower().replace("do not ", "not "))
    if (match := _ROUTINE.fullmatch(sentence)) is not None and _RECURS.search(sentence):
        return way(match["what"], "")
    if (match := _TIMED.fullmatch(sentence)) is not None and CLOCK.search(sentence):
        return way(match["what"], "")
    return None
