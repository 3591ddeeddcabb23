"""What somebody eats, and what their body does not bear."""

import re
from collections.abc import Iterator

from app.offline.facts.plain import Slot, key_of
from app.offline.facts.readings import ADVERBS, NO, Match, fixed, negation, row
from app.offline.facts.word_lists import CONDITIONS, DIETS, ILLNESSES


def _yes(match: Match) -> Iterator[Slot]:
    when = (match.groupdict().get("when") or "").strip(" ,")
    yield key_of(match["k"]), "no" if negation(match) else f"yes, {when}" if when else "yes"


def _allergy(match: Match) -> Iterator[Slot]:
    for each in re.split(r",? and |, ?| or ", re.sub(r"^(?:both|all) ", "", _what(match["v"]))):
        thing = key_of(each)
        thing = thing[:-1] if thing.endswith("s") and not thing.endswith("ss") else thing
        yield f"{thing} allergy" if thing else "", "not allergic" if negation(match) else "allergic"


def _what(words: str) -> str:
    return re.split(r" (?:so|but|because|which|since)\b|\.", words)[0]


def _eats(match: Match) -> Iterator[Slot]:
    yield "diet", f"no {match['v']}" if match["no"] else f"eats {match['v']}"


ROWS = (
    row(
        rf"i am (?:now |also |still )*{NO}(?:an? )?(?:strict |strictly |mostly |fully )?(?P<v>{DIETS})(?:,? .*)?",
        fixed("diet"),
    ),
    row(r"i (?:became|went|turned|have gone|have become|have turned) (?P<v>" + DIETS + ")(?: .*)?", fixed("diet")),
    row(
        rf"i {ADVERBS}(?P<no>do not |no longer |never |stopped |gave up |have stopped )?eat(?:ing)? (?P<v>meat|fish"
        rf"|pork|beef"
        rf"|dairy|eggs|gluten|sugar|animal products|seafood|shellfish|red meat)(?: .*)?",
        _eats,
    ),
    row(rf"i am {NO}(?:very |also |really |badly |mildly |severely |deathly )*allergic to (?P<v>.+)", _allergy),
    row(r"i (?P<no>do not )?have (?:an? |a bad |a severe )?(?P<v>[\w-]+) allergy", _allergy),
    row(r"i have (?:an? )?(?:bad |severe )?allergy to (?P<v>.+)", _allergy),
    row(r"my (?:only |main |food |worst )?allerg(?:y is|ies are) (?:to )?(?P<v>.+)", _allergy),
    row(rf"i am (?:also |quite |a bit |very )*{NO}(?P<k>{CONDITIONS})", _yes),
    row(
        rf"i (?P<no>do not |no longer )?(?:also )?(?:have|suffer from|get) (?:chronic |bad |severe |mild"
        rf" )?(?P<k>{ILLNESSES})(?P<when>,? (?:from|when|whenever|in|at|after|with) .+)?",
        _yes,
    ),
)
