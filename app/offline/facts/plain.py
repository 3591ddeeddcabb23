"""A sentence as patterns read it: straight apostrophes, long forms, no words before or after that say nothing."""

import re

LONGEST = 600  # characters of a sentence that is read; more is a text, not a statement
Slot = tuple[str, str]  # key, value

_LONG_FORMS = tuple(
    (re.compile(short, re.IGNORECASE), long)
    for short, long in (
        (r"\bi(?:['’`]m|m)\b", "I am"),
        (r"\bi(?:['’`]ve|ve)\b", "I have"),
        (r"\b(do|does|did|is|are|was|were|has|have|had|would|should|could)(?:n['’`]t|nt)\b", r"\1 not"),
        (r"\bcan(?:['’`]t|t|not)\b", "can not"),
        (r"\bwon['’`]t\b", "will not"),
        (r"(\w)['’`]re\b", r"\1 are"),
        (r"(\w)['’`]ve\b", r"\1 have"),
        (r"(\w)['’`]ll\b", r"\1 will"),
        (r"(\w)['’`]d\b", r"\1 would"),
        (r"\b(it|that|there|what|who|where|how|when|he|she|here|name)['’`]s\b", r"\1 is"),
        (r"\bfavorite\b", "favourite"),
        (r"\bcolor\b", "colour"),
        (r"\bany ?more\b|\bany longer\b", "any more"),
        (r"\bwont\b", "will not"),
    )
)
_FREE = (
    r"oh|well|so|and|but|also|actually|btw|by the way|fyi|for your information|for the record|just so you know"
    r"|just to let you know|as you know|in fact|to be honest|honestly|anyway|personally|to clarify|please|plus|as"
    r" i said"
)
_WITH_A_MARK = (
    r"no|yes|yeah|yep|sure|right|now|update|correction|sorry|thanks|thank you|hi|hey|hello|hi there|ok|okay|great|good"
    r"|(?:hi|hey|hello) \w+|good (?:morning|afternoon|evening)|one more thing|in general|generally|as a rule"
    r"|important|no wait|wait"
)
_FILLERS = re.compile(
    rf"(?:(?:{_FREE})\b[\s,:]*|(?:{_WITH_A_MARK})\s*(?:[,:!.–—]|-\s)\s*|(?:ok|okay|now|hi|hey)\s+)(?=\S)", re.IGNORECASE
)
_LEAD_INS = re.compile(
    r"(?:you should know|let me tell you|i should (?:mention|say)|it is important) that |before (?:we|i) (?:start"
    r"|begin|forget)[:,] ",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"[\s,]+(?:now|please|by the way|btw|actually|though|too|as well|these days|any more|instead|again|thanks"
    r"|thank you|ok|okay|in general|if possible|you know|so much|very much|a lot|from now on|at all)$",
    re.IGNORECASE,
)
_MARKS = ' \t.!?,;:–—-"“”'
_MOST_FILLERS = 6


def straight(sentence: str) -> str:
    """One line, with straight apostrophes and no list mark."""
    line = " ".join(sentence.replace("’", "'").replace("‘", "'").replace("`", "'").split())
    return re.sub(r"^(?:[-*•–—+]|\(?\d{1,3}[.)])\s+", "", line)


def bare(sentence: str) -> str:
    """Without the words at its beginning that say nothing ("by the way, ...")."""
    for _ in range(_MOST_FILLERS):
        shorter = _FILLERS.sub("", sentence, count=1) if _FILLERS.match(sentence) else sentence
        if shorter == sentence:
            break
        sentence = shorter
    return sentence


def long_form(sentence: str) -> str:
    """`I'm`, `don't` → `I am`, `do not`; without marks at its end."""
    for short, long in _LONG_FORMS:
        sentence = short.sub(long, sentence)
    return bare(_LEAD_INS.sub("", sentence, count=1)).rstrip(_MARKS)


def value_of(words: str) -> str:
    """A value as it is kept: without marks and words at its end that say nothing."""
    words = words.strip(_MARKS)
    for _ in range(_MOST_FILLERS):
        shorter = _TAIL.sub("", words).strip(_MARKS)
        if shorter == words:
            break
        words = shorter
    return words


def key_of(words: str) -> str:
    """Lower case, words separated by spaces; empty when that is too long to name anything."""
    key = " ".join(re.findall(r"[\w'+#&/.-]+", words.lower())).strip(" .-'")
    key = re.sub(r"^(?:the|an?|my|our|your|some|any) ", "", key)
    return key if len(key) <= 64 else ""


def statement(sentence: str) -> str:
    """A sentence by itself: a capital first, a mark last."""
    sentence = sentence.strip().rstrip(" ,;:–—-")
    return sentence[:1].upper() + sentence[1:] + ("" if sentence[-1:] in ".!?…" else ".")
