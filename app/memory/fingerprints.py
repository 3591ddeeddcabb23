"""The user's own words in a message: what they have pasted, quoted or only repeat is somebody else's.

A memory that a model was shown must not come back as if it had been said again, and a mail in a message says nothing of the
user, whoever "I" is in it. Repetition is known by shingles: groups of three words.
"""

import re
from collections.abc import Iterator, Sequence

from app.offline.facts import sentences
from app.offline.words import folded

_SHINGLE = 3
_MOST_REPEATED = 0.6  # of a sentence's shingles; more, and no word of its own: it is repeated
_LONG_QUOTATION = 6  # words
_MOST_SIGNATURE = 4  # lines after "Best regards,"
_EVERYWHERE = (
    "a an the is are was were be been am i my me we our you your it its that this to of in on at for and or but so"
    " do does did"
    " have has had will would can could please remember note keep mind s m re ve"
)
_STOPS = frozenset(_EVERYWHERE.split())
_FENCE = re.compile(r"\s{0,3}(```|~~~)")
_QUOTE_MARK = re.compile(r"\s{0,8}[>|]")
_FORWARDED = re.compile(
    r"\s*(?:-{2,}\s?(?:original message|forwarded message|forwarded by|original appointment)\b|begin forwarded message"
    r"|_{10,}\s*$|-{3,}\s?forwarded)",
    re.IGNORECASE,
)
_WROTE = re.compile(
    r"\s*(?:on .{3,120} wrote:|.{1,80}<[^<>\s]{3,80}> wrote:|le .{3,120} a écrit ?:|am .{3,120} schrieb .{1,80}:)\s*$",
    re.IGNORECASE,
)
_HEADER = re.compile(r"\s*\*{0,2}(?:from|to|cc|bcc|sent|date|subject|reply-to)\*{0,2}:", re.IGNORECASE)
_INTRODUCES = re.compile(
    r"\b(?:wrote|writes|said|says|sent|mail|e-mail|email|message|letter|article|transcript|text|quote|paste|pasted"
    r"|copy|copied|draft|post|chat|slack|minutes"
    r"|below|following|summari[sz]e|translate|proofread|correct|rewrite|review|reply to|answer to)\b[^\n]{0,120}:\s*$",
    re.IGNORECASE,
)
_GREETING = re.compile(
    r"\s*(?:hi|hello|hey|dear|good (?:morning|afternoon|evening))\b[^.!?\n]{0,60}[,!:]?\s*$", re.IGNORECASE
)
_SIGN_OFF = re.compile(
    r"\s*(?:(?:best|kind|warm|many)(?: regards| wishes)?|regards|cheers|sincerely|yours(?: sincerely| truly)?"
    r"|thanks|thank you|many thanks"
    r"|all the best|talk soon|love|sent from my \w+)[,.!]?\s*$",
    re.IGNORECASE,
)
_QUOTATION = re.compile(r"“([^“”]{1,4000})”|„([^„“”]{1,4000})[“”]|\"([^\"]{1,4000})\"|«([^«»]{1,4000})»")
_SPEAKS = re.compile(
    r"(?:said|says|say|wrote|writes|told (?:me|us|him|her|them)|asked|asks|replied|answered|goes|reads"
    r"|states)[:,]?\s*$",
    re.IGNORECASE,
)
_FIRST_PERSON = re.compile(r"\b(?:i|i'm|i’m|my|me|we|our)\b", re.IGNORECASE)


def own_words(message: str, recalled: Sequence[str]) -> str:
    """The message without what the user did not say: quoted lines, code, forwarded and pasted mail, quotations of others,
    and sentences that repeat one of the recalled texts. What is left is in the message, in its order, sentence by line."""
    written = "\n".join(_typed(message.splitlines()))
    spoken = _without_quotations(written)
    repeated = _Repeated(recalled)
    return "\n".join(each for each in sentences(spoken) if each not in repeated)


class _Repeated:
    """What a sentence must not only say again."""

    def __init__(self, texts: Sequence[str]) -> None:
        words = [_fingerprint_words(text) for text in texts]
        self._shingles = {shingle for each in words for shingle in _shingles(each)}
        self._words = {word for each in words for word in each}

    def __contains__(self, sentence: str) -> bool:
        words = _fingerprint_words(sentence)
        content = [word for word in words if word not in _STOPS]
        if not content or not self._words.issuperset(content):
            return False
        shingles = list(_shingles(words))
        return sum(each in self._shingles for each in shingles) >= _MOST_REPEATED * len(shingles)


def _fingerprint_words(text: str) -> list[str]:
    """ "don't" is "do not": a repetition may not turn a meaning round, but may well be written differently."""
    return folded(re.sub(r"n['’]t\b", " not", text)).split()


def _shingles(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Groups of three words in a row; of fewer words, all of them with each of their neighbours."""
    size = min(_SHINGLE, len(words))
    yield from (tuple(words[at : at + size]) for at in range(len(words) - size + 1))


def _typed(lines: Sequence[str]) -> Iterator[str]:
    """The lines that somebody typed."""
    lines = list(_before_forwarded(list(_outside_fences(lines))))
    kept = [line for line in lines if not _QUOTE_MARK.match(line)]
    begin, end = _pasted_letter(kept)
    yield from kept[:begin]
    yield from kept[end:]


def _outside_fences(lines: Sequence[str]) -> Iterator[str]:
    fence = ""
    for line in lines:
        mark = _FENCE.match(line)
        if mark is not None and fence in ("", mark[1]):
            fence = "" if fence else mark[1]
        elif not fence:
            yield line


def _before_forwarded(lines: Sequence[str]) -> Iterator[str]:
    """Up to where a mail, or what the user announces as somebody's text, begins."""
    for at, line in enumerate(lines):
        is_header = _HEADER.match(line) is not None and any(_HEADER.match(each) for each in lines[at + 1 : at + 3])
        if is_header or _FORWARDED.match(line) or (len(line) < 300 and _WROTE.match(line)):
            return
        yield line
        if len(line) < 400 and _INTRODUCES.search(line) and any(each.strip() for each in lines[at + 1 :]):
            return


def _pasted_letter(lines: Sequence[str]) -> tuple[int, int]:
    """Where a letter, from its greeting to its signature, stands among the lines; an empty range when there is none."""
    greeting = next((at for at, line in enumerate(lines) if _GREETING.match(line)), None)
    if greeting is None:
        return 0, 0
    sign_off = next((at for at in range(len(lines) - 1, greeting + 1, -1) if _SIGN_OFF.match(lines[at])), None)
    if sign_off is None:
        return 0, 0
    end = sign_off + 1
    while end < len(lines) and lines[end].strip() and end <= sign_off + _MOST_SIGNATURE:
        end += 1
    return greeting, end


def _without_quotations(text: str) -> str:
    """Titles in quotation marks stay; what somebody said, and what is too long for a title, goes."""

    def shorter(match: re.Match[str]) -> str:
        inside = next(group for group in match.groups() if group is not None)
        before = text[max(0, match.start() - 20) : match.start()]
        is_speech = _SPEAKS.search(before) is not None or _FIRST_PERSON.search(inside) is not None
        return " " if is_speech or len(inside.split()) >= _LONG_QUOTATION else match[0]

    return _QUOTATION.sub(shorter, text)
