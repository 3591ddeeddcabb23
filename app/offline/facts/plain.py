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
_SHORTENED = re.compile(
    r"['’`]|\b(?:im|ive|wont|can(?:t|not)|\w{2,6}nt|favorite|color|any ?(?:more|longer))\b", re.IGNORECASE
)
_FREE = (
    r"oh|well|so|and|but|also|actually|btw|by the way|fyi|for your information|for the record|just so you know"
    r"|just to let you know|as you know|in fact|to be honest|honestly|anyway|personally|to clarify|please|plus|as"
    r" i said"
)
_WITH_A_MARK = (
    r"no|yes|yeah|yep|sure|right|now|update|correction|sorry|thanks|thank you|hi|hey|hello|hi there|ok|okay|great|good"
    r"|(?:hi|hey|hello) \w+|good (?:morning|afternoon|evening)|one more thing|in general|generally|as a rule"
    r"|important|no wait|wait|news|(?:good|bad|sad|great|big|small|quick) (?:news|update|change|correction|thing)"
    r"|change of plans?|heads[- ]up|one thing|another thing|reminder|small thing|ps|p\.s\.|to be clear|for context"
    r"|context|background|fun fact|in short"
)
_FILLERS = re.compile(
    rf"(?:(?:{_FREE})\b[\s,:]*|(?:{_WITH_A_MARK})\s*(?:[,:!.–—]|-\s)\s*|(?:ok|okay|hi|hey)\s+)(?=\S)", re.IGNORECASE
)
_LEAD_INS = re.compile(
    r"(?:you should know|let me tell you|i should (?:mention|say|add|tell you)|it is important|the thing is|fact is"
    r"|it turns out|turns out|good to know|for the record|just so you know|to let you know|you might want to know"
    r"|i (?:wanted to|have to) (?:tell you|mention|say)|one thing you should know is|what you should know is"
    r"|we (?:have )?learned)(?: that|[:,]) |before (?:we|i) (?:start"
    r"|begin|forget)[:,] ",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"[\s,]+(?:now|please|by the way|btw|actually|though|too|as well|these days|any more|instead|again|thanks"
    r"|thank you|ok|okay|in general|if possible|you know|so much|very much|a lot|from now on|at all)$",
    re.IGNORECASE,
)
_HAVE_BEEN = re.compile(r"(?<![\w'])(?P<who>I|we) have (?:now |always |also |just )*been\b", re.IGNORECASE)
_HAVE_GOT = re.compile(r"\bhave got(?= (?:an?|the|my|no|some|two|three|four|five|six|\d))", re.IGNORECASE)
_SINCE = re.compile(
    r"\b(?:since|for (?:\d|an?|many|some|over|almost|about|two|three|four|five|six|ten|twenty|years))\b"
)
_REMINDS = re.compile(
    r",? (?:in case (?:you|i|it)\b[^,]{2,40}|as (?:you (?:may |might )?know|i said(?: before)?|always|usual|agreed"
    r"|mentioned)"
    r"|just so you know|for your information|fyi|if you did not know|remember)$",
    re.IGNORECASE,
)
_SINCE_WHEN = re.compile(
    r",? (?:last (?:\w+)|yesterday|recently|this (?:week|month|year|spring|summer|autumn|winter|january)"
    r"|since [^,]{2,40}|(?:a|two|three|some|a few|\d+) (?:days|weeks|months|years|week|month|year) ago|in (?:19|20)\d\d"
    r"|for (?:\d+|many|some|a few|two|three|four|five|six|ten|over \w+|almost \w+) (?:weeks|months|years))$",
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
    if _SHORTENED.search(sentence):
        for short, long in _LONG_FORMS:
            sentence = short.sub(long, sentence)
    sentence = bare(_LEAD_INS.sub("", sentence, count=1)).rstrip(_MARKS)
    sentence = _REMINDS.sub("", sentence)
    sentence = _HAVE_GOT.sub("have", sentence)
    return _HAVE_BEEN.sub(_is_now, sentence) if _SINCE.search(sentence) else sentence


def _is_now(match: re.Match[str]) -> str:
    """ "I have been vegetarian since March": what began and goes on."""
    return {"i": "I am", "we": "we are"}[match["who"].lower()]


def undated(words: str) -> str:
    """Without since when: "Milan last week" → "Milan"."""
    return _SINCE_WHEN.sub("", words)


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
