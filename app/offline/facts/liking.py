"""What somebody likes, prefers and cannot stand."""

import re

from app.offline.facts.instructions import IN_LANGUAGE
from app.offline.facts.plain import Slot, key_of, value_of
from app.offline.facts.ways import BECAUSE, noun_key, way
from app.offline.facts.word_lists import LANGUAGES, PREPOSITIONS, gerund, is_adjective

_LIKING = re.compile(
    r"i (?:really |much |strongly |personally |usually |generally |always |now |still |also |just |absolutely "
    r"|mostly |actually |truly |do |even |rather |quite )*"
    r"(?P<verb>prefer|like|love|enjoy|hate|dislike|detest|adore|avoid|can not stand|could not stand|do not"
    r" (?:really |particularly |much )?(?:like|enjoy|love|want)|no longer (?:like|enjoy|love|want|prefer)"
    r"|would like(?= .{1,60} (?:instead of|rather than) )|would (?:much )?(?:rather have|rather|prefer)|am (?:really "
    r"|not |no |a big |a |not a |not a big |a huge "
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
_ADDS = re.compile(
    r"(?:with|without|at most|at least|no more|not more|about|around|in|on|preferably|ideally|(?:and )?(?:never|always)"
    r"|one|two|three|four|five|\d)\b",
    re.IGNORECASE,
)
_DRINK = re.compile(r"i (?:take|drink|like|have) my (?P<noun>coffee|tea) (?P<how>.+)", re.IGNORECASE)


def liking(sentence: str) -> Slot | None:
    if (drink := _DRINK.fullmatch(sentence)) is not None:
        return drink["noun"].lower(), value_of(drink["how"])
    match = _LIKING.fullmatch(sentence)
    if match is None or _NOT_OF_ANYTHING.match(match["what"]):
        return None
    verb, what = match["verb"].lower(), value_of(BECAUSE.sub("", match["what"]))
    first, _, more = what.partition(", ")
    first = value_of(first)
    if not more or is_adjective(first.split()[-1]):  # short, direct answers; short answers, two or three sentences
        first, more = what, ""
    slot = _liked(_plain_verb(verb), first, is_negative=_NEGATIVE.search(match[0][: match.start("what")]) is not None)
    return (slot[0], f"{slot[1]}, {more}") if slot is not None and more and _ADDS.match(more) else slot


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
    if (spoken := IN_LANGUAGE.fullmatch(re.sub(r"^to ", "", what))) is not None or (
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
            return noun_key(described["noun"]), negation + value_of(described["how"])
    if (doing := _doing(what)) is not None:
        return way(doing, "" if not is_negative else "not", otherwise=verb)
    return _of_thing(what, negation, verb)


def _compared(more: str, less: str) -> Slot:
    """ "tea over coffee" and "coffee over tea" are about the same; "short answers over long ones" is about answers."""
    *how, noun = more.split()
    if how and all(is_adjective(each) for each in how):
        return noun_key(noun), " ".join(how)
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
        return noun_key(rest[len("for ") :]), negation + " ".join(head)
    adjectives = [word for word in head[:-1] if is_adjective(word) or word.lower() in ("and", "but", "very", "more")]
    if len(head) > 1 and len(adjectives) == len(head) - 1:
        return noun_key(head[-1]), f"{negation}{' '.join(adjectives)}{' ' + rest if rest else ''}"
    if rest:
        return noun_key(" ".join(head)), f"{negation}{rest}" if verb in (
            "prefers",
            "likes",
            "does not like",
            "dislikes",
        ) else f"{verb} them {rest}"
    return (noun_key(" ".join(head)), verb) if 0 < len(head) <= 6 else None
