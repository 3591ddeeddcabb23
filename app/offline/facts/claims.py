"""Statements about work, people and plans that will still matter: kept whole, in the speaker's words."""

import re

from app.offline.facts.word_lists import MONTHS, PEOPLE, PETS, WEEKDAYS, is_name

_DETAIL = re.compile(
    rf"\b(?:\d|(?:{MONTHS}|{WEEKDAYS}s?|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|q[1-4]|spring|summer|autumn"
    rf"|winter|easter|christmas|noon|midnight|weekdays|weekends"
    r"|every \w+|end of (?:the )?(?:month|year|quarter)|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty"
    r"|hundred|thousand"
    r"|twice|next (?:year|month|quarter|spring|summer|autumn|winter))\b)|[€$£%]",
    re.IGNORECASE,
)
_NAME_INSIDE = re.compile(r"(?<=[\w,;] )(?!I\b|I'|OK\b)[A-ZÀ-Þ][\w&'.-]*")
_NO_SUBJECT = re.compile(
    r"(?:it|this|that|these|those|there|you|something|someone|somebody|everything|everyone|nothing|nobody|anything"
    r"|he|she|they|here|all|none|what|which|who|how|both|one|another|some|hello|dear|regards)\b",
    re.IGNORECASE,
)
_PRONOUN = re.compile(r"(?:he|she|they)\b(?!'ll)", re.IGNORECASE)
_DECIDED = re.compile(
    r"(?:i|we|(?:the|our|my) \w+|[A-Z]\w+ and i) (?:have |finally |just |also |all |now |both |had |has"
    r" )*(?:decided|agreed|chose|chosen|settled|committed|promised|signed|hired|resigned|quit|joined|left|sold"
    r"|bought|adopted|graduated"
    r"|switched|standardi[sz]ed|picked|won|lost|renewed|dropped|moved|postponed|renamed|founded|opened|closed|got"
    r" (?:married|engaged|divorced|promoted|hired))\b",
    re.IGNORECASE,
)
_DECIDED_ALONE = re.compile(
    r"(?:decision|agreed|decided|the decision is|it was decided|the plan is)\b[:,]? (?:that |to |with )?.{8,}",
    re.IGNORECASE,
)
_ALWAYS_KEPT = ("decided", "agreed", "signed", "hired", "settled", "promised", "committed", "resigned")
_OURS = re.compile(
    r"we (?:now |always |usually |never |no longer |do not |only |currently |all |also |mostly |still |will"
    r" )*(?:use|deploy|ship|release|meet|invoice|bill|charge|close|pay|sell|store|host|work|launch|open|start|run"
    r"|offer|accept|have|order|publish|plan|track|write"
    r"|send|hold|review|test|get|keep|buy|switch|move|support|rent|employ|take|cut|deliver|serve|are (?:based"
    r"|launching|hiring|moving"
    r"|switching|closing|opening|starting|using|dropping|\d|a ))\b.+",
    re.IGNORECASE,
)
_MINE = re.compile(
    r"i (?:now |also |still |only |no longer |currently |mostly |mainly |do not |have )*(?:use|drive|own|play|ride"
    r"|teach|study|studied|charge|invoice|bill|manage|lead|lead|handle|train|code|program|design|sell|volunteer"
    r"|collect|write|build|earn|grew up|graduated"
    r"|run|paint|cook|bake|sing|knit|commute|share|rent|volunteered|worked (?:at|for|as)|am (?:learning|studying"
    r"|training|moving|getting|expecting|leaving|starting|switching|taking|flying|travelling|traveling|retiring"
    r"|responsible|in charge|on (?:parental|maternity|paternity|sick)? ?leave"
    r"|away|out of (?:the )?office|on (?:holiday|vacation)|an?|in))\b.+",
    re.IGNORECASE,
)
_MINE_AT_ONCE = re.compile(
    r"i (?:now |also |still |only |no longer |currently |mostly |mainly |do not )*(?:drive|own|play|teach|study"
    r"|manage|lead|collect|earn|am (?:learning|studying|training for|expecting a|responsible|in charge|moving to"
    r"|leaving|getting married)"
    r"|grew up|graduated|studied|worked (?:at|for|as))\b.+",
    re.IGNORECASE,
)
_STATES = (
    "prefers?|likes?|loves?|hates?|dislikes?|insists?|uses?|owns?|manages?|leads?|handles?|reports?|lives?|costs?"
    "|charges?|bills?|sells?|speaks?|drinks?|eats?"
    r"|plays?|studies|belongs?|covers?|stands for|supports?|lasts?|expects?|requires?|refuses?|specialises"
    r"|specializes|(?:do|does) not (?:like|want|use|work|eat|drink|accept|pay|speak|answer)"
    "|is (?:called|named|responsible|in charge|allergic|vegetarian|vegan|married|pregnant|retired|colou?r-?blind"
    "|on hold|cancelled|canceled|approved|owned|run by|led by|based|closed|no longer|the|our|my|part of|due)"
    "|are (?:called|named|responsible|in charge|allergic|vegetarian|vegan|married|on hold|cancelled|canceled"
    "|approved|owned|based|closed|no longer|our)|always|never|usually|no longer|takes care|goes by|wants?"
    "|works (?:at|for|in|on|from|as|with|part|remotely|nights)|pays (?:late|early|within|by|in|after|on)"
)
_CHANGES = (
    "is|are|was|were|will be|has been|have been|moved|moves|shifted|slipped|postponed|rescheduled|pushed|delayed"
    "|cancelled|canceled|approved|rejected|signed|closed|closes|opens|opened|launched|launches|renewed|renews"
    "|extended|won|hired|left|leaves|joined"
    "|joins|resigned|quit|promoted|replaced|replaces|takes?|took over|starts?|started|ends?|ended|begins?|began"
    "|expires?|expired|has|have|needs?|wants?|pays?|works?|means|includes?|contains?|allows?|happens|meets?|goes"
    "|lies|sits|reopens"
    "|changed|rose|fell|dropped|increased|decreased|agreed|decided|confirmed|turns|comes|runs|grew|sends|asked for"
    "|will|must|should be|can only|said|says|told|mentioned|writes|gets|gave|ends|doubled|offered|promised"
)
_STATE = re.compile(
    rf"(?P<subject>.{{2,80}}?) (?:now |also |always |usually |never |still |really |only )*(?:{_STATES})\b(?P<rest>.*)",
    re.IGNORECASE,
)
_CHANGE = re.compile(
    rf"(?P<subject>.{{2,80}}?)(?:'s)? (?:now |also |always |usually |never |still |just |has |have |had |got |was "
    rf"|were |is |are |been |being )*(?:{_CHANGES})\b(?P<rest>.*)",
    re.IGNORECASE,
)
_TOLD = re.compile(r"\b(?:said|says|told|mentioned|asked|writes|wrote|sent|called|emailed)\b", re.IGNORECASE)
_TRIVIAL = re.compile(
    r"\b(?:weather|raining|sunny|traffic|lol|haha|funny|a (?:great|good|nice|lovely|long|busy|bad|terrible) (?:day"
    r"|week|weekend|time|night|one|meeting|call|idea)|was (?:great|good|nice|awesome|fun|boring|terrible|amazing"
    r"|long|awful)|yesterday|typo|question)\b",
    re.IGNORECASE,
)
_SUBJECT_LED = re.compile(
    r"(?:the|our|my|their|his|her|a|an|every|each|all|no|both|invoices?|payments?|meetings?|[A-ZÀ-Þ0-9])", 0
)
_IS_SOMEBODY = re.compile(
    rf"(?:(?i:my|our) (?i:{PEOPLE}|{PETS}|[a-z]+)(?: [A-ZÀ-Þ][\w'-]+){{0,2}}|(?!The\b|A\b|An\b|My\b"
    rf"|Our\b)[A-ZÀ-Þ][\w'-]+(?: [A-ZÀ-Þ][\w'-]+)?)"
    r" (?:is|are) (?:now |still |also )?(?:an?|the|our|my|one of) (?!bit\b|mess\b|disaster\b|problem\b|little\b"
    r"|pain\b|joke\b|great\b|good\b)"
)
_FEWEST_WORDS = 3


def is_worth_keeping(sentence: str) -> bool:
    """Does the sentence, in its long form, state something that will still be true and useful in weeks? What was asked to be
    remembered needs no such question."""
    if len(sentence.split()) < _FEWEST_WORDS or _NO_SUBJECT.match(sentence):
        return False
    if _decides(sentence):
        return True
    if _TRIVIAL.search(sentence):
        return False
    if re.match(r"(?:i|we)\b", sentence, re.IGNORECASE):
        return _is_ours(sentence)
    return _SUBJECT_LED.match(sentence) is not None and _is_of_others(sentence)


def speaks_of_the_last(sentence: str) -> bool:
    """Is it about somebody a sentence before has named ("She prefers email")?"""
    return _PRONOUN.match(sentence) is not None and (_STATE.fullmatch(sentence) is not None or _has_detail(sentence))


def names_somebody(sentence: str) -> bool:
    return _NAME_INSIDE.search(sentence) is not None or is_name(" ".join(sentence.split()[:1]))


def _has_detail(sentence: str) -> bool:
    return _DETAIL.search(sentence) is not None


def _decides(sentence: str) -> bool:
    if _DECIDED_ALONE.fullmatch(sentence):
        return True
    match = _DECIDED.match(sentence)
    if match is None:
        return False
    is_lasting = match[0].lower().endswith(_ALWAYS_KEPT)
    return len(sentence.split()) > _FEWEST_WORDS and (
        is_lasting or _has_detail(sentence) or _NAME_INSIDE.search(sentence) is not None
    )


def _is_ours(sentence: str) -> bool:
    if _MINE_AT_ONCE.fullmatch(sentence):
        return True
    ours = _OURS.fullmatch(sentence) or _MINE.fullmatch(sentence)
    return ours is not None and (_has_detail(sentence) or _NAME_INSIDE.search(sentence) is not None)


def _is_of_others(sentence: str) -> bool:
    if _IS_SOMEBODY.match(sentence):
        return True
    if (state := _STATE.fullmatch(sentence)) is not None and state["rest"].strip():
        return True
    if state is not None and not _CHANGE.fullmatch(sentence):
        return len(sentence.split()) > _FEWEST_WORDS - 1
    change = _CHANGE.fullmatch(sentence)
    if change is None or not change["rest"].strip():
        return state is not None
    has_name = _NAME_INSIDE.search(change["rest"]) is not None and _TOLD.search(sentence) is None
    return _has_detail(change["rest"]) or has_name or state is not None
