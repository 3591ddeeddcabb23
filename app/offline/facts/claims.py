"""Statements about work, people and plans that will still matter: kept whole, in the speaker's words."""

import re

from app.offline.facts.clauses import is_news, labelled, main_clause
from app.offline.facts.details import has_detail, has_name, recurs
from app.offline.facts.others import is_of_others, states
from app.offline.facts.ours import is_of_us
from app.offline.facts.passing import is_standing_order

_NO_SUBJECT = re.compile(
    r"(?:it|this|that|these|those|there|you|something|someone|somebody|everything|everyone|nothing|nobody|anything"
    r"|he|she|they|here|all|none|what|which|who|how|both|one|another|some|hello|dear|regards)\b",
    re.IGNORECASE,
)
_THERE_IS = re.compile(
    r"there (?:is|are|will be) (?:always |also |now |going to be )?(?:an?|no|\w+) .{3,}", re.IGNORECASE
)
_ALL_OF_US = re.compile(r"(?:nobody|no one|everybody|everyone) (?!is\b|was\b|seems?\b|has\b)[a-z]+s? ", re.IGNORECASE)
_PRONOUN = re.compile(r"(?:he|she|they)\b(?!'ll)", re.IGNORECASE)
_DECIDED = re.compile(
    r"(?:i|we|(?:the|our|my) \w+|[A-Z]\w+ and i) (?:have |finally |just |also |all |now |both |had |has"
    r" )*(?:decided|agreed|chose|chosen|settled|committed|promised|signed|hired|resigned|quit|joined|left|sold"
    r"|bought|adopted|graduated"
    r"|switched|standardi[sz]ed|picked|won|lost|renewed|dropped|moved|postponed|gave up|given up|renamed|founded"
    r"|opened|closed|got"
    r" (?:married|engaged|divorced|promoted|hired))\b",
    re.IGNORECASE,
)
_DECIDED_ALONE = re.compile(
    r"(?:decision|agreed|decided|the decision is|it was decided|the plan is)\b[:,]? (?:that |to |with )?.{8,}",
    re.IGNORECASE,
)
_ALWAYS_KEPT = (
    "decided",
    "agreed",
    "signed",
    "hired",
    "settled",
    "promised",
    "committed",
    "resigned",
    "gave up",
    "given up",
    "quit",
)
_TRIVIAL = re.compile(
    r"\b(?:(?:the|what|nice|bad|good|great|lovely|awful) weather (?:is|was|outside|today)|nice weather|raining|sunny"
    r"|traffic|lol|haha|funny"
    r"|a (?:great|good|nice|lovely|long|busy|bad|terrible) (?:day|week|weekend|time|night|one|meeting|call|idea)"
    r"|was (?:great|good|nice|awesome|fun|boring|terrible|amazing|long|awful)|yesterday|typo|question"
    r"|(?<!from )(?<!starting )tomorrow)\b",
    re.IGNORECASE,
)
_POINTS = re.compile(r"(?:.* )?(?:it|this|that|these|those|them|here|there|this one|that one)", re.IGNORECASE)
# of the world, not of the speaker's: sums, and what every atlas tells
_GENERAL = re.compile(
    r"[\d\W_]+(?:is|are|equals|makes) .*|the capital of [A-ZÀ-Þ][\w ]* (?:is|was) [A-ZÀ-Þ].*"
    r"|the (?:population|currency|official language|largest city|highest mountain|longest river|boiling point"
    r"|melting point|atomic number|square root) of (?!(?:my|our)\b).* (?:is|are|was) .*",
    re.IGNORECASE,
)
_FEWEST_WORDS = 3


def is_worth_keeping(sentence: str, *, is_exclaimed: bool = False) -> bool:
    """Does the sentence, in its long form, state something that will still be true and useful in weeks? What was asked to be
    remembered needs no such question."""
    label, _ = labelled(sentence)
    main = main_clause(sentence)
    if (is_news(label) and has_name(sentence)) or is_standing_order(sentence):
        return True
    if len(main.split()) < _FEWEST_WORDS or _TRIVIAL.search(sentence) or _GENERAL.fullmatch(main):
        return _decides(main)
    if _THERE_IS.fullmatch(main):
        return has_detail(sentence)
    if _ALL_OF_US.match(main):
        return has_detail(main) or recurs(main)
    if _NO_SUBJECT.match(main):
        return False
    if _decides(main):
        return True
    if is_exclaimed and not has_detail(sentence):
        return False
    if re.match(r"(?:i|we)\b", main, re.IGNORECASE):
        return is_of_us(main, before=sentence[: -len(main)] if main != sentence else "")
    return not _POINTS.fullmatch(main) and is_of_others(main[:1].upper() + main[1:])


def speaks_of_the_last(sentence: str) -> bool:
    """Is it about somebody a sentence before has named ("She prefers email")?"""
    return _PRONOUN.match(sentence) is not None and (states(sentence) or has_detail(sentence))


def _decides(sentence: str) -> bool:
    if _DECIDED_ALONE.fullmatch(sentence):
        return True
    match = _DECIDED.match(sentence)
    if match is None:
        return False
    is_lasting = match[0].lower().endswith(_ALWAYS_KEPT)
    return len(sentence.split()) >= _FEWEST_WORDS and (is_lasting or has_detail(sentence) or has_name(sentence))
