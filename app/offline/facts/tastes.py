"""What somebody likes and how they want things done: preferences, habits, standing instructions."""

import re
from itertools import pairwise

from app.offline.facts.plain import Slot, key_of, value_of
from app.offline.facts.word_lists import LANGUAGES, PREPOSITIONS, WEEKDAYS, gerund, is_adjective

_LIKING = re.compile(
    r"i (?:really |much |strongly |personally |usually |generally |always |now |still |also |just |absolutely "
    r"|mostly |actually |truly |do |even |rather |quite )*"
    r"(?P<verb>prefer|like|love|enjoy|hate|dislike|detest|adore|avoid|can not stand|could not stand|do not"
    r" (?:really |particularly |much )?(?:like|enjoy|love|want)|no longer (?:like|enjoy|love|want|prefer)"
    r"|would (?:much )?(?:rather have|rather|prefer)|am (?:really |not |no |a big |a |not a |not a big |a huge "
    r"|very )*(?:fan of|keen on|into|fond of)|have a preference for) (?P<what>.+)",
    re.IGNORECASE,
)
_NOT_OF_ANYTHING = re.compile(
    r"(?:it|this|that|these|those|your|him|her|them|you|how|what|when|where|if|the (?:idea|list|first|second|third"
    r"|last|way|new|result|answer|one|plan|look|sound|design)|to (?:see|know|do|have|add|create|make|get|ask|be"
    r" able|say|thank|go with|talk about)"
    r"|working with you|hearing|seeing|a (?:task|list|note|project|reminder|summary)|both|all of)\b(?! called)",
    re.IGNORECASE,
)
_NEGATIVE = re.compile(r"hate|dislike|detest|avoid|not\b|no longer|am no ", re.IGNORECASE)
_THIRD_PERSON = {
    "prefer": "prefers",
    "like": "likes",
    "love": "loves",
    "enjoy": "likes",
    "hate": "hates",
    "dislike": "dislikes",
    "detest": "hates",
    "adore": "loves",
    "avoid": "avoids",
    "can not stand": "hates",
    "could not stand": "hates",
}
_OVER = re.compile(
    r"(?P<more>(?!to )[^,]{1,60}?) (?:over|to|rather than|instead of|more than|than|better than|not)"
    r" (?P<less>[^,]{1,60})",
    re.IGNORECASE,
)
_TO_BE = re.compile(
    r"(?:my |your |the |our |all |any )?(?P<noun>[\w-]+(?: [\w-]+)?) (?:to be |being )(?P<how>.+)", re.IGNORECASE
)
_NOUN_FIRST = re.compile(
    r"(?:my|your|the|all) (?P<noun>[\w-]+(?: [\w-]+)?) (?P<how>[\w-]+(?:,? (?:and |but )?[\w-]+)?)", re.IGNORECASE
)
_ANSWERS = re.compile(r"^(?:answers?|replies|reply|responses?|explanations?)$", re.IGNORECASE)
_IN_LANGUAGE = re.compile(
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
_ADVERB = (
    r"always|never ever|never|usually|normally|typically|generally|mostly|often|rarely|seldom|hardly ever"
    r"|sometimes|tend to|no longer|do not usually|do not normally|only|do not ever"
)
_HABIT = re.compile(
    rf"(?:i|we) (?:now |also |will |would |have |am )*(?P<adverb>{_ADVERB}) (?P<what>.+)", re.IGNORECASE
)
_DO_NOT = re.compile(
    r"i (?:really |still |just )*(?:do not|can not(?= (?:eat|drink)\b)) (?P<what>(?:eat|drink|work|smoke|take"
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
_DRINK = re.compile(r"i (?:take|drink|like|have) my (?P<noun>coffee|tea) (?P<how>.+)", re.IGNORECASE)
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
    r"(?:please )?use (?P<how>(?:[\w-]+ ){1,3})(?P<noun>spelling|units|dates|date format|format|tone|style"
    r"|language|time|numbers|english)",
    re.IGNORECASE,
)
_WANTED = re.compile(
    r"i (?:want|need|would like|would love)(?: to have)? (?P<how>(?:[\w,-]+ ){1,4})(?P<noun>answers|replies"
    r"|responses|explanations|emails|summaries|reports|lists|meetings)",
    re.IGNORECASE,
)
_ALLOWED = re.compile(r"you (?:can|may) (?P<what>.+) again", re.IGNORECASE)
_NONE_OF = re.compile(
    r"no (?P<noun>[\w-]+(?: [\w-]+)?) (?P<when>(?:before|after|on|at|in|between|during|over) .+)", re.IGNORECASE
)
_WHEN = re.compile(
    r"(?P<when>(?:when|whenever|every time|each time|if) (?:i|you|we|someone|a|an|the) [^,]{3,80}),\s*(?:then "
    r"|please |always |you should )*(?P<what>.+)",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"\d|\b(?:noon|midnight|lunch|breakfast|dinner)\b")
_BECAUSE = re.compile(r",? (?:because|since|as it|but|so that|so|which)\b.*", re.IGNORECASE)


def taste_slots(sentence: str, *, lasts: bool) -> list[Slot]:
    """What the sentence, in its long form, says of the speaker's tastes and ways. `lasts`: "from now on" stood before it."""
    slot = _liking(sentence) or _routine(sentence) or _instruction(sentence, lasts=lasts)
    return [slot] if slot is not None and all(slot) else []


def _liking(sentence: str) -> Slot | None:
    if (drink := _DRINK.fullmatch(sentence)) is not None:
        return drink["noun"].lower(), value_of(drink["how"])
    match = _LIKING.fullmatch(sentence)
    if match is None or _NOT_OF_ANYTHING.match(match["what"]):
        return None
    verb, what = match["verb"].lower(), value_of(_BECAUSE.sub("", match["what"]))
    first, _, more = what.partition(", ")
    if more and not is_adjective(first.split()[-1]):  # short, direct answers; short answers, two or three sentences
        what = first
    return _liked(_plain_verb(verb), what, is_negative=_NEGATIVE.search(match[0][: match.start("what")]) is not None)


def _plain_verb(verb: str) -> str:
    if verb in _THIRD_PERSON:
        return _THIRD_PERSON[verb]
    if verb.startswith(("do not", "am not", "am no ")):
        return "does not like"
    if verb.startswith("no longer"):
        return "no longer likes"
    return "prefers" if "would" in verb or "preference" in verb else "likes"


def _liked(verb: str, what: str, *, is_negative: bool) -> Slot | None:
    negation = "not " if is_negative else ""
    if (spoken := _IN_LANGUAGE.fullmatch(re.sub(r"^to ", "", what))) is not None or (
        verb == "prefers" and re.fullmatch(rf"(?i:{LANGUAGES})", what)
    ):
        return "language", negation + (spoken["v"] if spoken else what)
    if re.fullmatch(r"to be called .+", what, re.IGNORECASE):
        return "name", negation + what[len("to be called ") :]
    if verb in ("prefers", "likes") and (both := _OVER.fullmatch(what)) is not None and not is_negative:
        return _compared(both["more"], both["less"])
    for pattern in (_TO_BE, _NOUN_FIRST):
        if (described := pattern.fullmatch(what)) is not None and (
            pattern is _TO_BE or is_adjective(described["how"].split()[0])
        ):
            return _noun(described["noun"]), negation + value_of(described["how"])
    if (doing := _doing(what)) is not None:
        return _way(doing, "" if not is_negative else "not", otherwise=verb)
    return _of_thing(what, negation, verb)


def _compared(more: str, less: str) -> Slot:
    """ "tea over coffee" and "coffee over tea" are about the same; "short answers over long ones" is about answers."""
    *how, noun = more.split()
    if how and all(is_adjective(each) for each in how):
        return _noun(noun), " ".join(how)
    one, other = sorted((key_of(_doing(more) or more), key_of(_doing(less) or less)))
    return f"{one} or {other}" if one and other and len(one) + len(other) < 56 else key_of(more), value_of(more)


def _doing(what: str) -> str | None:
    """`to work from home`, `working from home` → `working from home`; None for things."""
    if (match := re.fullmatch(r"(?:to )(?P<verb>[a-z]+)(?P<rest>.*)", what, re.IGNORECASE)) is not None:
        return gerund(match["verb"].lower()) + match["rest"]
    first = what.split(maxsplit=1)[0].lower() if what else ""
    is_doing = (
        len(first) > 4
        and first.endswith("ing")
        and first not in ("morning", "evening", "spring", "nothing", "anything", "something", "everything")
    )
    return what if is_doing else None


def _of_thing(what: str, negation: str, verb: str) -> Slot | None:
    words = re.sub(r"^(?:my |the |an? |some |having |getting )", "", what, flags=re.IGNORECASE).split()
    place = next((at for at, word in enumerate(words) if at and word.lower() in PREPOSITIONS), len(words))
    head, rest = words[:place], " ".join(words[place:])
    if rest.lower().startswith("for ") and len(words) - place <= 4:  # mornings for meetings
        return _noun(rest[len("for ") :]), negation + " ".join(head)
    adjectives = [word for word in head[:-1] if is_adjective(word) or word.lower() in ("and", "but", "very", "more")]
    if len(head) > 1 and len(adjectives) == len(head) - 1:
        return _noun(head[-1]), f"{negation}{' '.join(adjectives)}{' ' + rest if rest else ''}"
    if rest:
        return _noun(" ".join(head)), f"{negation}{rest}" if verb in (
            "prefers",
            "likes",
            "does not like",
            "dislikes",
        ) else f"{verb} them {rest}"
    return (_noun(" ".join(head)), verb) if 0 < len(head) <= 6 else None


def _noun(words: str) -> str:
    key = key_of(words)
    return "answers" if _ANSWERS.match(key) else key


def _routine(sentence: str) -> Slot | None:
    if (match := _DO_NOT.fullmatch(sentence)) is not None:
        return _way(match["what"], "no longer" if re.search(r"any more$", match["what"]) else "does not")
    if (match := _HABIT.fullmatch(sentence)) is not None and not re.match(
        r"(?:think|thought|want|wanted|know|knew|said|had|been|saw|got|get|forget|wonder|understood|need|feel"
        r"|heard|have to)\b",
        match["what"],
        re.IGNORECASE,
    ):
        return _way(match["what"], match["adverb"].lower().replace("do not ", "not "))
    if (match := _ROUTINE.fullmatch(sentence)) is not None and _RECURS.search(sentence):
        return _way(match["what"], "")
    if (match := _TIMED.fullmatch(sentence)) is not None and _CLOCK.search(sentence):
        return _way(match["what"], "")
    return None


def _instruction(sentence: str, *, lasts: bool) -> Slot | None:
    if (match := _WANTED.fullmatch(sentence) or _STYLED.fullmatch(sentence)) is not None:
        how = match["how"].replace(" and ", " ").replace(",", " ").split()
        return (
            (_noun(match["noun"]), match["how"].strip())
            if "use " in sentence.lower() or all(map(is_adjective, how))
            else None
        )
    if (match := _ALLOWED.fullmatch(sentence)) is not None:
        return _way(match["what"], "allowed", otherwise="allowed")
    if (match := _NONE_OF.fullmatch(sentence)) is not None:
        return _noun(match["noun"]), f"none {match['when']}"
    if (match := _WHEN.fullmatch(sentence)) is not None and (lasts or not match["when"].lower().startswith("if ")):
        is_ours = re.search(r"\b(?:i|you)\b", match["when"], re.IGNORECASE) and not re.match(
            r"(?:i|we|it|he|she|they|there|the)\b", match["what"], re.IGNORECASE
        )
        return (key_of(match["when"]), value_of(match["what"])) if is_ours else None
    if (asked := _WANTS_OF_YOU.fullmatch(sentence)) is not None:
        return _instruction(asked["what"], lasts=lasts)
    what, adverb = sentence, ""
    if (match := _STANDING.fullmatch(sentence)) is not None:
        what, adverb = match["what"], match["adverb"].lower()
        first, _, rest = what.partition(" ")
        what = f"{_TO_BASE.get(first.lower(), first)} {rest}".strip() if adverb == "stop" else what
    is_lasting = (
        lasts or adverb in ("always", "never", "do not ever") or (adverb != "" and _STYLE.match(what) is not None)
    )
    return _manner(what, adverb, lasts=is_lasting)


def _manner(what: str, adverb: str, *, lasts: bool) -> Slot | None:
    negation = "not " if adverb not in ("", "always", "only") else ""
    if (match := _IN_LANGUAGE.fullmatch(what)) is not None:
        return "language", negation + match["v"].capitalize()
    if (
        (match := _MANNER.fullmatch(what)) is not None
        and match["noun"].lower() not in ("it", "this", "that", "sure")
        and is_adjective(match["how"].split()[0])
    ):
        is_general = lasts or match["noun"].lower().endswith("s")
        return (_noun(match["noun"]), negation + match["how"]) if is_general else None
    if not lasts:
        return None
    if (match := _BE_SO.fullmatch(what)) is not None and is_adjective(match["how"].split()[0]):
        return "answers", negation + match["how"]
    if (match := _USE.fullmatch(what)) is not None and not negation:
        *how, noun = match["what"].split()
        if how and all(is_adjective(each) for each in how):
            return _noun(noun), " ".join(how)
    if adverb in ("do not", "stop") and _ONCE.match(what) and not _STYLE.match(what):
        return None
    return _way(
        what, {"do not": "never", "stop": "never", "do not ever": "never"}.get(adverb, adverb), otherwise="always"
    )


def _way(what: str, adverb: str, *, otherwise: str = "yes") -> Slot | None:
    """`take calls before 10`, never → ("take calls", "never before 10"). What is said of when goes into the value, so that
    another time for the same thing replaces it; days that something is never done belong to the key."""
    words = value_of(_BECAUSE.sub("", what)).split()
    places = [at for at, word in enumerate(words) if at and word.lower() in PREPOSITIONS]
    parts = [words[start:end] for start, end in pairwise([*places, len(words)])]
    head, rest = words[: places[0] if places else len(words)], [" ".join(part) for part in parts]
    is_never = adverb in ("never", "never ever", "no longer", "does not", "not", "rarely", "seldom", "hardly ever")
    timed = [part for part in rest if _CLOCK.search(part) or part.lower().startswith(("every ", "each ", "per "))]
    if not is_never and not timed and rest:
        timed = rest[-1:]
    key = key_of(" ".join([*head, *(part for part in rest if part not in timed)]))
    value = " ".join([*([adverb] if adverb else []), *timed])
    return (key, value or otherwise) if key and len(key.split()) <= 9 else None
