"""A statement without what stands around it: a label, the time or place it begins with, an apposition."""

import re

_LABEL = re.compile(
    r"(?P<label>(?:[\w'&-]+ ){0,4}[\w'&-]+): (?=\S)",
)
_NO_LABEL = re.compile(
    r"(?:.* )?(?:tasks?|to-?dos?|reminders?|notes?|titles?|subject|questions?|re|cc|bcc|to|from|date|sent|milestones?"
    r"|deadlines?|named|called|following|this|these)$|(?:add|create|make|write|draft|set|put|change|rename|update|tell"
    r"|send|list|order|say|says|said|wrote|told)\b",
    re.IGNORECASE,
)
_NEW = re.compile(r"(?:(?:our|my|the|a|another) )?new (?:[\w-]+ )?[\w-]+$", re.IGNORECASE)
_ADJUNCT = re.compile(
    r"(?:in|on|at|for|from|since|until|till|after|before|during|with|as of|starting|by|every|each|between|within|as"
    r"|when|whenever|while|once|because of|outside|unlike|apart from)\b(?:"
    r"(?: [\w'&:./-]+){1,3}? on(?:wards)?,? (?=\S)|(?: [\w'&:./-]+){1,7}? (?=(?:I|we|my|our|nobody|everybody|everyone)\b)"
    r"| [^,]{2,60}?, (?=\S))",
    re.IGNORECASE,
)
_NOW = re.compile(r"(?:now|currently|these days|nowadays|at present),? (?=\S)", re.IGNORECASE)
_APPOSITION = re.compile(
    r"(?P<who>(?:(?:my|our|the) [\w-]+(?: [\w-]+)?|[A-ZÀ-Þ][\w'-]+(?: [A-ZÀ-Þ][\w'-]+)?)), (?!and |or |but |so )"
    r"(?:[^, ]+ ?){1,8}, (?!and |or |but |so )"
)


def main_clause(sentence: str) -> str:
    """ "In the retro we agreed on X" → "we agreed on X"; "Meera, my cousin, feeds the cat" → "Meera feeds the cat"."""
    _, rest = labelled(sentence)
    rest = _NOW.sub("", rest, count=1) if _NOW.match(rest) else rest
    rest = _ADJUNCT.sub("", rest, count=1) if _ADJUNCT.match(rest) else rest
    return _APPOSITION.sub(r"\g<who> ", rest, count=1) if _APPOSITION.match(rest) else rest


def labelled(sentence: str) -> tuple[str, str]:
    """ "New client: Fjord makes salt" → the label and the rest; no label for one that asks for a row ("Task: call Ann")."""
    match = _LABEL.match(sentence)
    if match is None or _NO_LABEL.match(match["label"]):
        return "", sentence
    return match["label"], sentence[match.end() :]


def is_news(label: str) -> bool:
    """ "New client", "our new address"."""
    return _NEW.match(label) is not None
