"""What is said of somebody or something else: a definite subject, a verb, and something that is not over in an hour."""

import re

from app.offline.facts.details import has_detail, has_name
from app.offline.facts.word_lists import CONDITIONS, DIETS, NATIONALITIES, PEOPLE, PETS

_SUBJECT_LED = re.compile(
    r"(?:the|our|my|their|his|her|a|an|every|each|all|no|both|invoices?|payments?|meetings?|[A-ZÀ-Þ0-9])"
)
_DETERMINERS = frozenset({"the", "our", "my", "their", "his", "her", "a", "an", "every", "each", "all", "no", "both"})
_BE = frozenset({"is", "are", "was", "were"})
_FINITE = frozenset({"has", "have", "had", "does", "do", "did", "will", "must", "should", "can", "cannot", "needs"})
_PASTS_WORDS = (
    "chose gave took made left kept became began brought built bought came cut drew fell found forgot froze got"
    " grew held knew led lent lost met paid put quit ran rose said sat saw sold sent set shut slept spent spoke"
    " split stood taught told thought understood went won wore wrote broke hid hit hurt"
)
_PASTS = frozenset(_PASTS_WORDS.split())
_BASE_WORDS = (
    "make start work live use want need like love prefer sell buy build keep take give get go come run eat drink"
    " speak write read send pay meet call ask help bring cost grow open close play teach study drive skip end begin"
    " last share know hate decide cover include belong expire handle own manage support answer expect feed show host"
    " arrive leave stay happen change require allow accept depend report travel return contain print follow check"
    " order sign move"
)
_BASE = frozenset(_BASE_WORDS.split())
_NO_VERB_WORDS = (
    "tasks projects notes clients milestones entries files emails mails meetings days weeks months years things"
    " hours minutes invoices designs colours colors sales news always sometimes perhaps besides towards its as this"
    " his hers ours theirs us plus thus yes less unless across business address access process progress press boss"
    " class glass euros dollars pounds percent last"
)
_NO_VERB = frozenset(_NO_VERB_WORDS.split())
_PASSING_VERBS = re.compile(
    r"(?:sent|called|emailed|phoned|texted|came|went|arrived|talked|spoke|asked|said|says|told|mentioned|wrote|writes|forgot"
    r"|helped|looked|looks?|seems?|seemed|sounds?|sounded|feels?|felt|smells?|hurts?|aches?|finished|broke|crashed|fell"
    r"|slept|laughed|cried|visited|replied|barks?|saw|sat|stood|woke|ran|lost|got|thanks|worked|tried|fixed|uploaded"
    r"|delivered|checked|hit|did|had|thought|thinks?|knew|helps?)"
)
_EVALUATES = re.compile(
    r"(?:so |very |really |quite |too |a bit |pretty |all |just |still |now |not |again |also |rather |almost "
    r"|already |being )*"
    r"(?:great|good|nice|bad|fine|ok|okay|boring|awful|terrible|lovely|beautiful|ugly|annoying|stressful|amazing|perfect"
    r"|wonderful|horrible|crazy|wild|funny|weird|full|empty|late|early|slow|fast|tired|sick|ill|ready|done|finished|broken"
    r"|down|up|gone|over|here|there|cold|hot|warm|loud|quiet|delicious|happy|sad|angry|mad|excited|asleep|awake|hungry|busy"
    r"|fun|cool|wrong|right|true|clear|easy|hard|difficult|tough|interesting|delivered|sent|uploaded|missing|stuck|lost"
    r"|raining|better|worse|close|near|(?:too|so|very) \w+|in (?:a|the) (?:\w+ )?(?:mess|hurry|mood|rush|meeting"
    r"|call)|a (?:bit|mess|disaster|problem|little|pain|joke|great|good|nice|bad"
    r"|nightmare|shame|pity|relief)|\w+ing)\b",
    re.IGNORECASE,
)
_LASTING_ING = re.compile(r"(?:\w+ )?(?:missing|outstanding|ongoing|recurring|working (?:at|for|as)|leading|running)\b")
_LASTING = re.compile(
    rf"(?:now |also |still |both |all |not |no longer |a |strictly )*(?:{DIETS}|{CONDITIONS}|{NATIONALITIES}|allergic"
    rf"|married|divorced"
    r"|cancel+ed|approved|rejected|closed|postponed|confirmed|mandatory|optional|forbidden|compulsory|signed|sold"
    r"|insured|private"
    r"|confidential|outdated|deprecated|free|unpaid|paid|responsible|on hold|off limits|out of order)",
    re.IGNORECASE,
)
_ALWAYS = re.compile(
    rf"(?:(?i:my|our) (?i:{PEOPLE}|{PETS}|[a-z]+)(?: [A-ZÀ-Þ][\w'-]+){{0,2}}|(?!The\b|A\b|An\b|My\b"
    rf"|Our\b)[A-ZÀ-Þ][\w'-]+(?: [A-ZÀ-Þ][\w'-]+)?)"
    r" (?:is|are) (?:now |still |also )?(?:an?|the|our|my|one of) (?!bit\b|mess\b|disaster\b|problem\b|little\b"
    r"|pain\b|joke\b|great\b|good\b)"
)
_MOST_SUBJECT = 10  # words
_LEAST_OF = {"does": 2, "do": 2, "wants": 4, "want": 4}  # words after the verb
_LEAST_OF_PAST = 3  # words after a verb in the past
_ADVERBS_WORDS = (
    "now also always usually never still really only just already again often mostly sometimes generally no longer"
    " not currently normally"
)
_ADVERBS = frozenset(_ADVERBS_WORDS.split())


def is_of_others(sentence: str) -> bool:
    """For a sentence in its long form that begins neither with "I" nor with "we"."""
    if _SUBJECT_LED.match(sentence) is None:
        return False
    if _ALWAYS.match(sentence):
        return True
    found = predicate(sentence)
    return found is not None and _lasts(*found[1:])


def states(sentence: str) -> bool:
    """Has it a verb in the present, that is no passing one ("She prefers mail")?"""
    found = predicate(sentence)
    if found is None or found[1].endswith("ed") or found[1] in _PASTS:
        return False
    return _lasts(*found[1:])


def predicate(sentence: str) -> tuple[str, str, str] | None:
    """What stands before the verb, the verb in small letters, what stands after it and its adverbs."""
    words = sentence.split()
    for at in range(1, min(len(words), _MOST_SUBJECT)):
        if _is_verb(words, at):
            rest = at + 1
            while rest < len(words) and words[rest].lower() in _ADVERBS:
                rest += 1
            return " ".join(words[:at]), words[at].lower(), " ".join(words[rest:])
    return None


def _is_verb(words: list[str], at: int) -> bool:
    word, before = words[at], words[at - 1].lower()
    if word in _BE or word in _FINITE:
        return True
    if not word.isalpha() or not word.islower() or word in _NO_VERB or before in _DETERMINERS:
        return False
    if word in _PASTS or (word.endswith("ed") and len(word) > 3):
        return True
    if word.endswith("s"):
        return not word.endswith(("ss", "us", "is")) and len(word) > 3
    return word in _BASE and (
        before.endswith("s") or before in _ADVERBS or before in ("and", "co") or "and" in words[:at]
    )


def _lasts(verb: str, rest: str) -> bool:
    count = len(rest.split())
    if count == 0 or (verb in ("has", "have", "had") and count == 1 and not has_detail(rest)):
        return False
    is_detailed = has_detail(rest) or has_name(f"x {rest}")
    if verb in _BE:
        is_present = verb in ("is", "are")
        return is_detailed or (is_present and _is_lasting_state(rest))
    if not is_detailed and count < _LEAST_OF.get(verb, 0):
        return False
    if _PASSING_VERBS.fullmatch(verb):
        return has_detail(rest)
    if verb in _PASTS or verb.endswith("ed"):
        return is_detailed or count >= _LEAST_OF_PAST
    return True


def _is_lasting_state(words: str) -> bool:
    """Of one word only what is known to last ("vegetarian", "closed"); no judgement, no mood."""
    if _LASTING.fullmatch(words):
        return True
    if len([word for word in words.split() if word.lower() not in _ADVERBS]) == 1:
        return False
    return _EVALUATES.match(words) is None or _LASTING_ING.match(words) is not None
