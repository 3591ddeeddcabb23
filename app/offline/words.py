"""Small truths about words: what is quoted, what is the same, which name is meant."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import TypeVar

T = TypeVar("T")

# “x”, "x", «x», `x`, and 'x' only where the marks stand at the edges of words: Ann's is no quotation
_QUOTED = re.compile(
    r"“([^”]+)”|„([^“”]+)[“”]|\"([^\"]+)\"|«([^»]+)»|`([^`]+)`|(?<!\w)['‘]((?:[^'’]|(?<=\w)['’](?=\w))+)['’](?!\w)"
)
_MASK = re.compile("\ue000(\\d+)\ue001")
_LONG = re.compile(r"(?P<head>[^:]{1,300}:)\s+(?P<tail>.+)", re.DOTALL)
_MOST_PARTS = 30  # words of a name that are looked for one by one; more are a text
_MOST_ALIKE = 60  # letters of a name that are compared for slips
_LEAST_PART = 3  # letters of a part of a word that say which name is meant
_A_SLIP = 0.85  # how alike two names are that differ by one
_FILLERS = frozenset({"the", "a", "an", "my", "our", "of", "to", "for", "and", "in", "on", "with", "about"})


@dataclass(frozen=True, slots=True)
class Masked:
    """A text whose quotations are single marks, so that no word inside them is taken for grammar."""

    text: str
    quotations: tuple[tuple[str, str], ...] = ()  # as written, and without the marks

    def plain(self, part: str) -> str:
        """A part of the text with its quotations back: bare when the part is one quotation, else as written."""
        part = part.strip()
        only = _MASK.fullmatch(part)
        if only:
            return self.quotations[int(only[1])][1].strip()
        return _MASK.sub(lambda mark: self.quotations[int(mark[1])][0], part).strip()


def mask(text: str, most: int) -> Masked | None:
    """`most`: characters that are read for their meaning. Of a longer text, all that comes after its first colon
    counts as one quotation (a long note); None when it has no colon early enough."""
    kept: list[tuple[str, str]] = []

    def keep(match: re.Match[str]) -> str:
        kept.append((match[0], next(group for group in match.groups() if group is not None)))
        return f"\ue000{len(kept) - 1}\ue001"

    cleaned = text.replace("\ue000", " ").replace("\ue001", " ")
    if len(cleaned) <= most:
        return Masked(_QUOTED.sub(keep, cleaned), tuple(kept))
    long = _LONG.fullmatch(cleaned)
    if long is None:
        return None
    head = _QUOTED.sub(keep, long["head"])
    kept.append((long["tail"], long["tail"]))
    return Masked(f"{head} \ue000{len(kept) - 1}\ue001", tuple(kept))


def is_quoted(part: str) -> bool:
    return _MASK.fullmatch(part.strip()) is not None


def folded(text: str) -> str:
    """Case, accents and punctuation gone: `Müller & Söhne` → `muller sohne`."""
    plain = "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))
    return " ".join(re.findall(r"\w+", plain.casefold()))


def meant(name: str, rows: Sequence[T], title: Callable[[T], str]) -> list[T]:
    """The rows a name can mean: the same name, else names that hold these words in a row, else names that hold each."""
    wanted = folded(name)
    if not wanted:
        return [row for row in rows if title(row).strip() == name.strip()]
    names = [(folded(title(row)), row) for row in rows]
    same = [row for each, row in names if each == wanted]
    if same:
        return [row for row in same if title(row).strip() == name.strip()] or same
    held = [row for each, row in names if f" {wanted} " in f" {each} "] or [
        row for each, row in names if wanted in each and len(wanted) >= _LEAST_PART
    ]
    parts = [part for part in wanted.split() if part not in _FILLERS] or wanted.split()
    if held or len(parts) > _MOST_PARTS:
        return held
    return [row for each, row in names if _holds_each(parts, each)]


def nearest(name: str, titles: Sequence[str], most: int = 3) -> list[str]:
    """Titles somebody may have meant with a name that is none of them."""
    matcher = SequenceMatcher(None, "", folded(name)[:_MOST_ALIKE])
    scored = [(_likeness(matcher, folded(each[: 2 * _MOST_ALIKE])[:_MOST_ALIKE]), each) for each in titles[:200]]
    return [each for score, each in sorted(scored, key=lambda pair: -pair[0])[:most] if score >= 0.6]


def _likeness(matcher: SequenceMatcher[str], title: str) -> float:
    """From 0 to 1; 0 where a cheap look at the letters tells that it is less than any likeness asked for."""
    matcher.set_seq1(title)
    return matcher.ratio() if matcher.real_quick_ratio() >= 0.6 and matcher.quick_ratio() >= 0.6 else 0.0


def is_near_enough(name: str, title: str) -> bool:
    """Is the name the title but for a slip, or a part of it? "due date of X" is not near to X, however alike they look."""
    wanted, whole = folded(name), folded(title)
    return f" {wanted} " in f" {whole} " or SequenceMatcher(None, wanted, whole).ratio() >= _A_SLIP


def is_most_of(name: str, title: str) -> bool:
    """May a row be deleted on the strength of this part of its name?"""
    parts, named = [part for part in folded(title).split() if part not in _FILLERS], set(folded(name).split())
    return 2 * sum(part in named for part in parts) >= len(parts)


def longest_word(name: str) -> str:
    return stem(max(re.findall(r"\w+", name), key=len, default=name))


def joined(parts: Sequence[str], word: str = "and") -> str:
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {word} {parts[-1]}"


@lru_cache(maxsize=10_000)
def stem(word: str) -> str:
    """The word without its commonest English endings: not always a word, but the same for its forms."""
    for ending in ("ations", "ation", "ments", "ment", "ings", "ing", "ers", "ies", "er", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word.removesuffix(ending)
            break
    return word[:-1] if word[-1:] in ("e", "y") and len(word) > 3 else word


def _holds_each(parts: Sequence[str], name: str) -> bool:
    words = name.split()[: 10 * _MOST_PARTS]
    return all(_begins(part, words) for part in parts)


def _begins(part: str, words: Sequence[str]) -> bool:
    """Is one of the name's words this one, or does it begin with it? (`deploy` for `deployment`)"""
    if part in words:
        return True
    stemmed = stem(part)
    return len(part) > 3 and any(word.startswith(part) or stem(word) == stemmed for word in words)
