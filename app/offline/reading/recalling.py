"""Questions about what is remembered of the user, and wishes to forget something of it."""

import re
from datetime import datetime

from app.offline.dates import whole
from app.offline.facts import fact_of, place_of
from app.offline.facts.plain import statement
from app.offline.reading.remembering import MEMORY, key_of
from app.offline.reading.targets import ANY_NOUN
from app.offline.reading.templates import fits, phrasings
from app.offline.wishes import Value, Wish
from app.offline.words import Masked

_FLAGS = re.IGNORECASE | re.DOTALL
_ALL = phrasings("""
    what do|can|did you know|remember|recall|learn about|of me|myself
    what do|can you remember|recall
    what have you learned|learnt|remembered|stored|saved|noted|kept [about] [me]
    what have i told you [so_far|before|already]
    what did|have i tell|told you [about] [me|myself]
    what do you have on|about me
    what did|have i ask|asked|tell|told you to_remember|keep_in_mind
    tell|show me what|everything|anything you know|remember [about] [me|myself]
    tell|show me everything|all that you know|remember [about] [me|myself]
    tell me [something] about me|myself
    do you know|remember me|anything|something [about] [me|myself]
    show|list|open|see|view [me] [all] [of] my|your memory|memories
    what's|what_is in|on your|my memory
    what are my preferences|habits
""")
_WHO = phrasings("""
    who am i
    do you know|remember who i am
    tell me who i am
""")
_SESSIONS = re.compile(
    r"what (?:have|did|were|had) (?:we|i) (?:been )?(?:(?:just )?(?:talk(?:ed|ing)?|spoken|speak(?:ing)?|chat(?:ted|ting)?|"
    r"discuss(?:ed|ing)?|cover(?:ed)?)(?: (?:to|with) you)?(?: about)?|"
    r"(?:do|done|ask(?:ed)?(?: you)?)(?=.* (?:time|sessions?|conversations?)$))"
    r"(?P<rest>.*)",
    _FLAGS,
)
_LATELY = re.compile(
    r"(?:lately|recently|before|so far|earlier|previously|in the past|these days|(?:the )?last time|the other day|until now|"
    r"(?:in|during) (?:our|the|my) (?:last|latest|previous|earlier|past)(?: \w+)? (?:sessions?|conversations?|chats?))",
    re.IGNORECASE,
)
_ASKED = r"(?:when|where|what|who|whom|which|how|why|if|whether|that)"
_SAID = r"(?:ever |already )?(?:tell|told|say|said|mention|mentioned)(?: to)?(?: you)? "
_TOPIC = tuple(
    re.compile(pattern, _FLAGS)
    for pattern in (
        rf"what (?:did|have|had) i {_SAID}(?:about|regarding|on|concerning|of) (?P<about>.+)",
        r"(?:what|anything|everything) (?:do|can) you (?:still )?(?:remember|recall) (?:about|of|on|from) (?P<about>.+)",
        r"(?:tell|show) me (?:what|everything|all|anything)(?: that)? you (?:remember|recall) (?:about|of|on) (?P<about>.+)",
        rf"what do you know about (?P<about>(?:my|our) (?!(?:\S+ ){{0,3}}(?:{ANY_NOUN})\b).+)",
        rf"(?:do you )?(?:still )?(?:remember|recall) (?P<about>{_ASKED} .+)",
        r"(?:do you )(?:still )?(?:remember|recall) (?:anything about |something about |about )?(?P<about>.+)",
        r"(?:remember|recall) (?P<about>(?:my|our) .+)",
        rf"do you know (?P<about>(?:my|our) .+|{_ASKED} (?:.+ )?(?:i|my|our|we)\b.*)",
        rf"(?:did|have) i {_SAID}(?:about |that )?(?P<about>.+)",
        rf"remind me (?!.* to )(?P<about>{_ASKED} .+)",
    )
)
_MINE = re.compile(
    r"(?:what|who|where|when|which|how)(?:'s|'re| is| are| was| were) (?P<about>(?:my|our) .+?)(?: called| again)*",
    _FLAGS,
)
# what is asked → a statement that answers it: it has the same place in memory
_PROBES = tuple(
    (re.compile(pattern, _FLAGS), statement)
    for pattern, statement in (
        (r"where (?:do i|i) live", "I live in Rome"),
        (r"where (?:do i|i) work", "I work at Acme"),
        (r"what (?:do i|i) do(?: for (?:a living|work))?", "I work as a nurse"),
        (
            r"(?:what|how) (?:do i|i) (?:like|prefer|want) (?:my |your |the )?(?P<what>answers|replies)(?: to be)?",
            "I prefer short {what}",
        ),
        (r"how (?:do i|i) (?:like|take|prefer) my (?P<what>[\w ]{1,40})", "I like my {what} black"),
        (r"what (?:am i|i am|i'm) called|what (?:do|should|will|can) you call me", "My name is Ada"),
        (
            r"(?:what|when|who|where) (?:is |are |was |were )?(?:my|our) (?P<what>[\w' -]{1,40}?)(?: is| are| was| were)?",
            "My {what} is Rome",
        ),
        (r"(?:my|our) (?P<what>[\w' -]{1,40})", "My {what} is Rome"),
    )
)
_SELF = re.compile(
    r"where do i (?:live|work|come from|study)|what do i (?:do for (?:a living|work)|(?:usually |normally )?(?:eat|drink))"
    r"|(?:what|how) do i (?:like|prefer|love|hate|want|take)\b.*"
    r"|do i (?:ever |still |usually |always |never )?(?:like|love|hate|prefer|eat|drink|live|own|speak|work|study|play|use"
    r"|drive|take|smoke|travel|commute)\b.+"
    r"|am i (?!free|busy|late|done|ready|available|behind|on)(?:a |an )?\w.*"
    r"|what am i called|what (?:do|should|will|can) you call me",
    _FLAGS,
)
_ROW = re.compile(
    rf"\b(?:{ANY_NOUN}|agenda|schedule|calendar|day|week|deadlines?|status|plate|next|priorit\w+)\b", re.IGNORECASE
)
_FORGET = (
    re.compile(r"(?:forget|stop remembering|(?:don't|do not) remember) (?P<what>.+)", _FLAGS),
    re.compile(r"(?:delete|remove|erase|drop|clear) (?P<what>.+) (?:from|in|out of) (?:your|my|the) memory", _FLAGS),
    re.compile(
        r"(?:delete|remove|erase|clear) (?P<what>(?:what|everything|all) (?:that )?you (?:know|remember) .+)", _FLAGS
    ),
    re.compile(r"(?:delete|erase|clear|wipe) (?:all )?(?P<what>(?:of )?(?:my|your) (?:memory|memories))", _FLAGS),
)
_WHAT_ABOUT = re.compile(
    r"(?:what|everything|all|anything)(?: that)? "
    r"(?:you (?:know|remember|learned|stored|saved)|i (?:told|said to) you|i said)? ?(?:about|of|on) (?P<about>.+)",
    _FLAGS,
)
_EVERYTHING = re.compile(
    r"(?:everything|all|all of it|me|(?:of )?(?:my|your) (?:memory|memories)|everything about me)"
    r"(?: (?:that )?you (?:know|remember))?(?: (?:about|of) me)?"
    r"|(?:what|everything|all)(?: that)? (?:you (?:know|remember)|i (?:told|said to) you)(?: (?:about|of) (?:me|myself))?",
    _FLAGS,
)
_NOT_MEMORY = re.compile(
    rf"(?:about )?(?:it|this|that|them|these|those|the last one)$|to\b|"
    rf"(?:about )?(?:(?:the|my|our|this|that) )?(?:{ANY_NOUN})\b",
    _FLAGS,
)

_MAY_BE_ROWS = re.compile(r"do you know\b|(?:do you )?(?:still )?(?:remember|recall) (?:my|our)\b", re.IGNORECASE)


def read_recalling(text: str, masked: Masked, now: datetime | None) -> Wish | None:
    """What somebody asks to be told of what is remembered, in words that mean nothing else."""
    text = re.sub(r"[\s?!.]+$", "", text)
    for kind, table in (("all", _ALL), ("who", _WHO)):
        if any(fits(text, table)):
            return Wish("recall", MEMORY, {"what": kind})
    if (sessions := _SESSIONS.fullmatch(text)) is not None:
        return _sessions(sessions["rest"].strip(" ,"), masked, now)
    for pattern in _TOPIC:
        if (asked := pattern.fullmatch(text)) is not None:
            is_about_rows = _MAY_BE_ROWS.match(text) is not None and _ROW.search(asked["about"]) is not None
            return None if is_about_rows else _topic(asked["about"], masked)
    return None


def read_own_question(text: str, masked: Masked) -> Wish | None:
    """A question about the user (`what's my name?`) that may be about rows as well (`when is my holiday?`)."""
    text = re.sub(r"[\s?!.]+$", "", text)
    if _ROW.search(text):
        return None
    if (mine := _MINE.fullmatch(text)) is not None:
        return _topic(mine["about"], masked, text)
    return _topic(text, masked) if _SELF.fullmatch(text) else None


def read_forgetting(text: str, masked: Masked) -> Wish | None:
    what = next((match["what"] for each in _FORGET if (match := each.fullmatch(text)) is not None), "")
    what = re.sub(r"[\s?!.]+$", "", what)
    if not what or _NOT_MEMORY.match(what):
        return None
    if _EVERYTHING.fullmatch(what):
        return Wish("forget", MEMORY, {"all": True})
    if re.match(r"that\s", what):
        return _statement(masked.plain(what[5:]))
    if (key := _key_asked(masked.plain(what))) and re.match(rf"{_ASKED}\b", what, re.IGNORECASE):
        return Wish("forget", MEMORY, {"about": masked.plain(what), "key": key})
    if (about := _WHAT_ABOUT.fullmatch(what)) is not None:
        what = about["about"]
    name = masked.plain(re.sub(r"^(?:about )?(?:(?:the|my|our|your) )?", "", what, flags=re.IGNORECASE))
    return Wish("forget", MEMORY, {"about": name})


def _statement(said: str) -> Wish:
    """`forget that I live in Rome`: only what is said there."""
    fact = fact_of(said)
    place = (fact.key, fact.value) if fact is not None and fact.key else place_of(statement(said))
    return Wish("forget", MEMORY, {"about": said} | ({"key": place[0], "content": place[1]} if place else {}))


def _key_asked(question: str) -> str:
    """The place in memory where the answer would be; empty when there is none."""
    probe = next((match.expand(_back(say)) for each, say in _PROBES if (match := each.fullmatch(question))), "")
    return key_of(probe) if probe else ""


def _topic(about: str, masked: Masked, asked: str = "") -> Wish:
    """`key`: the place in memory where the answer would be."""
    plain = masked.plain(about)
    details: dict[str, Value] = {"what": "topic", "about": _bare(plain), "asked": masked.plain(asked or about)}
    return Wish("recall", MEMORY, details | ({"key": key} if (key := _key_asked(plain)) else {}))


def _back(statement: str) -> str:
    return statement.replace("{what}", r"\g<what>")


def _bare(topic: str) -> str:
    """`when the Acme launch is` → `the Acme launch`; `my name` → `name`."""
    bare = re.sub(rf"^{_ASKED} (?:(?:is|are|was|were|do|does|did) )?", "", topic, flags=re.IGNORECASE)
    bare = re.sub(r" (?:is|are|was|were)$", "", bare, flags=re.IGNORECASE) if bare != topic else bare
    return re.sub(r"^(?:my|our) (?=\S)", "", bare, flags=re.IGNORECASE)


def _sessions(rest: str, masked: Masked, now: datetime | None) -> Wish:
    """Of all sessions, of some days, or about something."""
    if not rest or _LATELY.fullmatch(rest):
        return Wish("recall", MEMORY, {"what": "sessions"})
    span = whole(rest, now) if now is not None else None
    if span is None or now is None:
        return _topic(re.sub(r"^(?:about|regarding|concerning) ", "", rest, flags=re.IGNORECASE), masked)
    if span.first > now.date():  # "on Monday" was the last one
        return Wish("recall", MEMORY, {"what": "sessions"})
    days = {"first": span.first.isoformat(), "last": span.last.isoformat(), "when": span.words}
    return Wish("recall", MEMORY, {"what": "sessions"} | days)
