"""The user's own words in a message: what they have pasted, quoted or only repeat is somebody else's.

A memory that a model was shown must not come back as if it had been said again, and a mail in a message says nothing of the
user, whoever "I" is in it. Repetition is known by shingles: groups of three words.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from app.offline.facts import given_after, introduces, sentences
from app.offline.words import folded

_SHINGLE = 3
_MOST_REPEATED = 0.6  # of a sentence's shingles; more, and no word of its own: it is repeated
_LONG_QUOTATION = 6  # words
_MOST_FOLLOWING = 20  # characters of what an introduction is followed by
_MOST_SIGNATURE = 4  # lines after "Best regards,"
_EVERYWHERE = (
    "a an the is are was were be been am i my me we our you your it its that this to of in on at for and or but so"
    " do does did"
    " have has had would can could please remember note keep mind"
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
_SHORT_FORM = re.compile(r"['’](?:s|m|re|ve|ll|d)\b", re.IGNORECASE)
_NUMBER = re.compile(r"[-+−€$£#]?\d+(?:[.,:/-]\d+)*\s?[%€$£]?")
_CAPITAL = re.compile(r"(?<=[^\W_] )(?!I\b)[A-ZÀ-Þ]\w*")
_FIRST_PERSON = re.compile(r"\b(?:i|i'm|i’m|my|me|we|our)\b", re.IGNORECASE)


def own_words(message: str, recalled: Sequence[str]) -> str:
    """The message without what the user did not say: quoted lines, code, forwarded and pasted mail, texts that a line
    introduces or that are given after a colon to be worked on, quotations of others, and sentences that repeat a sentence
    of the recalled texts. What is left is in the message, in its order, sentence by line."""
    spoken = _without_quotations("\n".join(typed_lines(message)))
    repeated = _Repeated(recalled)
    return "\n".join(each for each in sentences(spoken) if each not in repeated)


class _Repeated:
    """What a sentence must not only say again."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._places: dict[str, set[int]] = {}  # of each word, in the sentences
        self._prints = [_Print(each) for each in dict.fromkeys(each for text in texts for each in sentences(text))]
        for place, each in enumerate(self._prints):
            for word in each.content:
                self._places.setdefault(word, set()).add(place)
        self._known: dict[str, bool] = {}

    def __contains__(self, sentence: str) -> bool:
        if sentence not in self._known:
            self._known[sentence] = self._is_repeated(sentence)
        return self._known[sentence]

    def _is_repeated(self, sentence: str) -> bool:
        """One recalled sentence has all that matters: what is put together from two says something of its own."""
        if not self._prints:
            return False
        said = _Print(sentence)
        places = sorted((self._places.get(word, set()) for word in said.content), key=len)
        return bool(places) and any(said.repeats(self._prints[at]) for at in set.intersection(*places))


class _Print:
    """A sentence, to be compared: its words, those with a meaning of their own, its numbers in their order, its names."""

    def __init__(self, sentence: str) -> None:
        words = _fingerprint_words(sentence)
        self.content = frozenset(words) - _STOPS
        self.shingles = list(_shingles(words))
        self.numbers = ["".join(each.split()) for each in _NUMBER.findall(sentence)]
        self.names = frozenset(_CAPITAL.findall(sentence))

    def repeats(self, other: "_Print") -> bool:
        """`other` has all the words with a meaning."""
        numbers = iter(other.numbers)
        if not all(number in numbers for number in self.numbers):
            return False
        if any(folded(name) in _STOPS for name in self.names - other.names):  # "plan A"
            return False
        shingles = frozenset(other.shingles)
        return sum(each in shingles for each in self.shingles) >= _MOST_REPEATED * len(self.shingles)


def _fingerprint_words(text: str) -> list[str]:
    """ "don't" is "do not": a repetition may not turn a meaning round, but may well be written differently."""
    return folded(_SHORT_FORM.sub("", re.sub(r"n['’]t\b", " not", text))).split()


def _shingles(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Groups of three words in a row; of fewer words, all of them with each of their neighbours."""
    size = min(_SHINGLE, len(words))
    yield from (tuple(words[at : at + size]) for at in range(len(words) - size + 1))


def typed_lines(message: str) -> Iterator[str]:
    """The lines that somebody typed, quotations among them."""
    lines = _outside_fences(message.splitlines())
    kept = [None if line is None or _QUOTE_MARK.match(line) else line for line in lines]
    kept = list(_before_forwarded(kept))
    begin, end = _pasted_letter(kept)
    written = [*kept[:begin], *([None] if begin < end else []), *kept[end:]]
    return (line for line in _before_introduced(written) if line is not None)


def _outside_fences(lines: Sequence[str]) -> Iterator[str | None]:
    """None: here stood code."""
    fence = ""
    for line in lines:
        mark = _FENCE.match(line)
        if mark is not None and fence in ("", mark[1]):
            fence = "" if fence else mark[1]
            yield None
        elif not fence:
            yield line


def _before_forwarded(lines: Sequence[str | None]) -> Iterator[str | None]:
    """Up to where a mail begins."""
    for at, line in enumerate(lines):
        if line is not None:
            is_header = _is_header(line) and any(_is_header(each) for each in lines[at + 1 : at + 3])
            if is_header or _FORWARDED.match(line) or (len(line) < 300 and _WROTE.match(line)):
                return
        yield line


def _is_header(line: str | None) -> bool:
    return line is not None and _HEADER.match(line) is not None


def _before_introduced(lines: Sequence[str | None]) -> Iterator[str | None]:
    """Up to the line that introduces somebody's text, with it, or to the colon on it ("Translate: …"). Where a quotation,
    code or a letter stood right after such a line, that was the text, and what comes after it is the user's."""
    filled = [at for at, line in enumerate(lines) if line is None or line.strip()]
    following = dict(pairwise(filled))
    for at, line in enumerate(lines):
        if line is not None and (begin := given_after(line)) is not None:
            yield line[:begin]
            return
        yield line
        after = lines[following[at]] if at in following else None
        if line is not None and after is not None and introduces(line, after[:_MOST_FOLLOWING]):
            return


def _pasted_letter(lines: Sequence[str | None]) -> tuple[int, int]:
    """Where a letter, from its greeting to its signature, stands among the lines; an empty range when there is none."""
    there = [line or "" for line in lines]
    greeting = next((at for at, line in enumerate(there) if _GREETING.match(line)), None)
    if greeting is None:
        return 0, 0
    sign_off = next((at for at in range(len(there) - 1, greeting + 1, -1) if _SIGN_OFF.match(there[at])), None)
    if sign_off is None:
        return 0, 0
    end = sign_off + 1
    while end < len(there) and there[end].strip() and end <= sign_off + _MOST_SIGNATURE:
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
