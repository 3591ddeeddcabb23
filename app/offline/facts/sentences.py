"""A message in sentences, and sentences in the statements they join."""

import re
from collections.abc import Iterator

# each run of marks or blanks is looked at once: hence what must not stand before them
_END = re.compile(r"(?<![.!?…])[.!?…]+[\"')\]”’]*\s+|(?<!\s)\s*\n\s*|;\s+|(?<=\S)\s[–—]\s")
_SHORT = (
    "dr mr mrs ms prof st e.g i.e eg ie vs approx inc ltd co corp dept jr sr jan feb mar apr jun jul aug sep sept"
    " oct nov dec"
    " mt fig vol ca resp incl excl min max tel ext est gov gen rev hon u.s u.k d.c"
)
_ABBREVIATIONS = frozenset(_SHORT.split())
_BEFORE_SMALL = frozenset({"etc", "a.m", "p.m"})
_MONTH = re.compile(r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)", re.IGNORECASE)
_NO_PARTS = re.compile(r"(?:if|unless|suppose|imagine|assuming|what if)\b", re.IGNORECASE)
_TOLD = re.compile(
    r"\b(?:said|says|told|wrote|writes|thinks|thought|claims|claimed|asked|asks|mentioned|according to)\b",
    re.IGNORECASE,
)
_SUBJECT = (
    r"(?:i|i['’]m|i['’]ve|i['’]d|we|we['’]re|my|our|call me|please|remember|don['’]t|do not|never|always|from now on)"
)
_JOINED = re.compile(
    rf",?\s+(?:and|but|so)\s+(?:also\s+)?(?={_SUBJECT}\b)|,\s+(?:so\s+)?(?=(?:can|could|would|will) you\b"
    rf"|please\b(?!,|[.!]*$))",
    re.IGNORECASE,
)
_SPLICED = re.compile(
    r",\s+(?=(?:i|i['’]m|i['’]ve|my|we|our|he|she|they)\b(?! (?:think|guess|mean|suppose|believe|hope)))", re.IGNORECASE
)
_DEPENDENT = re.compile(
    r"(?:when|whenever|although|though|because|since|as|after|before|while|once|every time|each time|from now on"
    r"|in|on|for|until)\b",
    re.IGNORECASE,
)
_SAME_SUBJECT = re.compile(
    r",?\s+(?:and|but)\s+(?:also\s+)?(?=(?:(?:now|currently) )?(?:work|live|am|have|speak|prefer|like|love|hate|don['’]t"
    r"|do not|never|always|usually|drink|eat|use|play|drive|report)\b)",
    re.IGNORECASE,
)
_FIRST_PERSON = re.compile(r"i(?:['’]m|['’]ve)?\s+(?!(?:\w+\s+){0,2}to\s)", re.IGNORECASE)
_ASKS = re.compile(
    r"[,–-]\s+(?=(?:so )?(?:can|could|would|will|do|does|should|what|how|when|where|who|is|are|shall)\b)", re.IGNORECASE
)


def sentences(text: str) -> list[str]:
    """In their order, as they stand in the text, without blanks around. Abbreviations, dates and initials end none."""
    return [sentence for sentence in _sentences(text) if sentence]


def statements(sentence: str) -> Iterator[str]:
    """The statements a sentence joins: "I live in Rome and my manager is Eva" are two. What somebody else says and what is
    only supposed stays whole. Words are taken from the sentence; "I" is repeated where it was left out."""
    if _NO_PARTS.match(sentence) or _TOLD.search(sentence):
        yield sentence
    elif sentence.endswith("?"):
        yield from _before_a_question(sentence)
    else:
        parts = _JOINED.split(sentence)
        if not _DEPENDENT.match(sentence):
            parts = [each for part in parts for each in _SPLICED.split(part)]
        for part in parts:
            yield from _with_subject(part)


def is_spliced(sentence: str) -> bool:
    """Are its statements joined by a mere comma?"""
    return _DEPENDENT.match(sentence) is None and _SPLICED.search(sentence) is not None


def _sentences(text: str) -> Iterator[str]:
    start = 0
    for end in _END.finditer(text):
        if _ends(text, end):
            yield text[start : end.end()].strip(" \t\r\n;–—")
            start = end.end()
    yield text[start:].strip(" \t\r\n;–—")


def _ends(text: str, end: re.Match[str]) -> bool:
    mark = end[0]
    if not mark.startswith("."):
        return True
    if mark.startswith("..") or "\n" in mark:
        return not mark.startswith("..") or text[end.end() : end.end() + 1].isupper()
    before = text[max(0, end.start() - 16) : end.start()]
    word = before.split()[-1].strip("(\"'“‘") if before.split() else ""
    after = text[end.end() : end.end() + 3]
    if word.lower() in _ABBREVIATIONS or (len(word) == 1 and word.isalpha() and word != "I"):
        return False
    if word.isdigit() and (_MONTH.match(after) or not before[: -len(word)].split("\n")[-1].strip()):
        return False  # the 3. March; the number of a list's line
    if word.lower() == "no" and after[:1].isdigit():
        return False
    return not (after[:1].islower() and word.lower() in _BEFORE_SMALL)


def _before_a_question(sentence: str) -> Iterator[str]:
    """ "My manager is Eva, can you write to her?" states something before it asks."""
    parts = _ASKS.split(sentence, maxsplit=1)
    yield from parts


def _with_subject(part: str) -> Iterator[str]:
    first, *others = _SAME_SUBJECT.split(part) if _FIRST_PERSON.match(part) else [part]
    yield first
    for other in others:
        yield f"I {other}"
