"""How somebody wants things done: standing instructions."""

import re

from app.offline.facts.details import recurs
from app.offline.facts.others import predicate
from app.offline.facts.plain import Slot, key_of, value_of
from app.offline.facts.ways import noun_key, way
from app.offline.facts.word_lists import LANGUAGES, MONTHS, WEEKDAYS, is_adjective

IN_LANGUAGE = re.compile(
    r"(?:(?:please )?(?:answer|reply|respond|write|speak|talk|communicate|chat)(?:ing)?(?: to me| with me| me|"
    r" back)?(?: only)?|(?:your )?(?:answers|replies|responses)(?: to be)?) (?:only )?"
    rf"(?:in )?(?P<v>{LANGUAGES})(?: .*)?",
    re.IGNORECASE,
)
_MANNER = re.compile(
    r"(?:keep|make) (?:your |my |the |all |any |our )*(?P<noun>[\w-]+(?: [\w-]+)?) (?P<how>[\w-]+(?:,? (?:and |but"
    r" )?[\w-]+)?)",
    re.IGNORECASE,
)
_BE_SO = re.compile(
    r"(?:be|keep it) (?:more |very |always |as )*(?P<how>[\w-]+(?: and [\w-]+)?)(?: as possible)?(?: (?:with|to|in"
    r" your answers).*)?",
    re.IGNORECASE,
)
_USE = re.compile(
    r"(?:only )?(?:use|write|send|send me|give|give me|show|show me|prefer|have) (?P<what>.+)", re.IGNORECASE
)
_STANDING = re.compile(
    r"(?:please )?(?:you (?:should|must|can|may) )?(?P<adverb>always|never|do not ever|do not|stop|only)"
    r" (?P<what>(?!mind\b|a\b|an\b|the\b|so\b|been\b|again\b|worry\b|bother\b|know\b|think\b|forget\b|remember\b"
    r"|care\b|see\b).+)",
    re.IGNORECASE,
)
_WANTS_OF_YOU = re.compile(
    r"(?:i (?:want|would like|need|expect) you to|make sure (?:to|you|that you)|be sure to|i (?:want|expect) that"
    r" you) (?P<what>.+)",
    re.IGNORECASE,
)
_ONCE = re.compile(
    r"(?:add|create|delete|remove|move|mark|change|touch|send|include|show|do|tell|start|save|close|archive|list"
    r"|put|share|rename|update|assign|set|stop|finish|go|let|make|get|give|hesitate|have|need|want|understand|like"
    r"|be)\b",
    re.IGNORECASE,
)
_STYLE = re.compile(
    r"(?:use|using|call|calling|schedule|scheduling|book|booking|address|disturb|contact|suggest|suggesting|start"
    r"|end|write|writing|answer|answering|apologi[sz]e|apologi[sz]ing|repeat|repeating|ask|asking|add|adding"
    r"|include|including)\b(?! (?:it|this|that|the|him|her|them)\b)",
    re.IGNORECASE,
)
_TO_BASE = {
    "using": "use",
    "calling": "call",
    "scheduling": "schedule",
    "booking": "book",
    "suggesting": "suggest",
    "writing": "write",
    "answering": "answer",
    "apologizing": "apologize",
    "apologising": "apologise",
    "repeating": "repeat",
    "asking": "ask",
    "adding": "add",
    "including": "include",
}
_STYLED = re.compile(
    r"(?:please )?use (?:the |a )?(?P<how>(?:[\w-]+ ){1,3})(?P<noun>spelling|units|dates|date format|format|tone|style"
    r"|language|time|numbers|english|clock|calendar|system|template|font|currency)",
    re.IGNORECASE,
)
_WANTED = re.compile(
    r"i (?:want|need|would like|would love)(?: to have)? (?P<how>(?:[\w,-]+ ){1,4})(?P<noun>answers|replies"
    r"|responses|explanations|emails|summaries|reports|lists|meetings)",
    re.IGNORECASE,
)
_ALLOWED = re.compile(r"you (?:can|may) (?P<what>.+) again", re.IGNORECASE)
_KEEP_IT = re.compile(
    r"(?:please )?(?:keep|make) (?:it|things) (?:as )?(?P<how>(?:short|brief|concise|simple|crisp|succinct|formal"
    r"|informal|casual"
    r"|plain)(?: and [\w-]+)?)(?: as possible)?",
    re.IGNORECASE,
)
_AT_A_TIME = re.compile(
    r"\b(?:before|after|between|until|past) (?:about )?(?:noon|midnight|lunch|breakfast|dinner|\d+|six|seven|eight|nine|ten"
    r"|eleven|twelve|one|two|three|four|five)\b",
    re.IGNORECASE,
)
_ONE_DAY = re.compile(rf"\b(?:{WEEKDAYS}|today|tomorrow|tonight|{MONTHS}|next|this)\b", re.IGNORECASE)
_WRITTEN = re.compile(
    r"(?:please )?(?:always )?(?:write|format|show|give|spell) (?:the |my |all |any )*(?P<noun>dates|times|numbers"
    r"|prices|amounts|names"
    r"|titles|percentages|currencies|links|hours|units|lists) (?P<how>(?:like|as|in|with|without) .+)",
    re.IGNORECASE,
)
_ANSWER_SO = re.compile(r"(?:please )?answer (?P<how>(?:with|without|in|by) .+)", re.IGNORECASE)
_NONE_AT_ALL = re.compile(r"no (?P<noun>[\w-]+(?: [\w-]+)?),? (?:please|ever|at all)", re.IGNORECASE)
_NONE_OF = re.compile(
    r"no (?P<noun>[\w-]+(?: [\w-]+)?) (?P<when>(?:before|after|on|at|in|between|during|over) .+)", re.IGNORECASE
)
_ON_CONDITION = re.compile(
    r"if (?!(?:i|you|someone|somebody|anyone) (?:ask|say|write|mention|send|give|call)s?\b)", re.IGNORECASE
)
_BE = frozenset({"is", "are", "was", "were"})
_SUBJECT = re.compile(r"(?:the|our|my|a|an|all|every|[A-ZÀ-Þ][\w'-]*)\b(?! (?:always|never)\b)")
_WHEN = re.compile(
    r"(?P<when>(?:when|whenever|every time|each time|if) (?:i|you|we|someone|a|an|the) [^,]{3,80}),\s*(?:then "
    r"|please |always |you should )*(?P<what>.+)",
    re.IGNORECASE,
)


def instruction(sentence: str, *, lasts: bool) -> Slot | None:
    if (match := _WANTED.fullmatch(sentence) or _STYLED.fullmatch(sentence)) is not None:
        how = match["how"].replace(" and ", " ").replace(",", " ").split()
        return (
            (noun_key(match["noun"]), match["how"].strip())
            if "use " in sentence.lower() or all(map(is_adjective, how))
            else None
        )
    if (match := _ALLOWED.fullmatch(sentence)) is not None:
        return way(match["what"], "allowed", otherwise="allowed")
    if (match := _WRITTEN.fullmatch(sentence)) is not None:
        return noun_key(match["noun"]), match["how"]
    if (match := _NONE_AT_ALL.fullmatch(sentence)) is not None:
        return noun_key(match["noun"]), "none"
    if (match := _NONE_OF.fullmatch(sentence)) is not None:
        return noun_key(match["noun"]), f"none {match['when']}"
    if (match := _WHEN.fullmatch(sentence)) is not None and (lasts or _ON_CONDITION.match(match["when"]) is None):
        is_ours = re.search(r"\b(?:i|you)\b", match["when"], re.IGNORECASE) and not re.match(
            r"(?:i|we|it|he|she|they|there|the)\b", match["what"], re.IGNORECASE
        )
        return (key_of(match["when"]), value_of(match["what"])) if is_ours else None
    if (asked := _WANTS_OF_YOU.fullmatch(sentence)) is not None:
        return instruction(asked["what"], lasts=lasts)
    what, adverb = sentence, ""
    if (match := _STANDING.fullmatch(sentence)) is not None:
        what, adverb = match["what"], match["adverb"].lower()
        first, _, rest = what.partition(" ")
        what = f"{_TO_BASE.get(first.lower(), first)} {rest}".strip() if adverb == "stop" else what
    is_lasting = lasts or adverb in ("always", "never", "do not ever")
    is_lasting = is_lasting or (adverb != "" and (_STYLE.match(what) is not None or _is_standing(what)))
    return _manner(what, adverb, lasts=is_lasting)


def _is_standing(what: str) -> bool:
    """ "plan anything before 10", "send mails on Fridays": not of one day."""
    return recurs(what) or (_AT_A_TIME.search(what) is not None and _ONE_DAY.search(what) is None)


def _says_how_it_is(what: str) -> bool:
    """ "our budget is 40,000 euros": nothing that is to be done."""
    found = predicate(what)
    return found is not None and found[1] in _BE and _SUBJECT.match(what) is not None


def _manner(what: str, adverb: str, *, lasts: bool) -> Slot | None:
    negation = "not " if adverb not in ("", "always", "only") else ""
    if (match := IN_LANGUAGE.fullmatch(what)) is not None:
        return "language", negation + match["v"].capitalize()
    if (
        (match := _MANNER.fullmatch(what)) is not None
        and match["noun"].lower() not in ("it", "this", "that", "sure")
        and is_adjective(match["how"].split()[0])
    ):
        is_general = lasts or match["noun"].lower().endswith("s")
        return (noun_key(match["noun"]), negation + match["how"]) if is_general else None
    if (match := _ANSWER_SO.fullmatch(what)) is not None:
        return "answers", negation + match["how"]
    if (match := _KEEP_IT.fullmatch(what)) is not None:
        return "answers", negation + match["how"]
    if not lasts or _says_how_it_is(what):
        return None
    if (match := _BE_SO.fullmatch(what)) is not None and is_adjective(match["how"].split()[0]):
        return "answers", negation + match["how"]
    if (match := _USE.fullmatch(what)) is not None and not negation:
        *how, noun = match["what"].split()
        if how and all(is_adjective(each) for each in how):
            return noun_key(noun), " ".join(how)
    if adverb in ("do not", "stop") and _ONCE.match(what) and not _STYLE.match(what) and not _is_standing(what):
        return None
    return way(
        what, {"do not": "never", "stop": "never", "do not ever": "never"}.get(adverb, adverb), otherwise="always"
    )
