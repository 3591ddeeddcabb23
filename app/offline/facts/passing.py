"""What is said and gone: questions, orders, greetings, guesses, moods, what somebody is just doing."""

import re

from app.offline.facts.details import has_detail, recurs
from app.offline.facts.word_lists import WEEKDAYS

_QUESTION = re.compile(
    r"(?:(?:who|what|which|where|when|why|how|whose)(?: (?:is|are|was|were|do|does|did|can|could|will|would|should"
    r"|shall|am|has|have|many|much|long|often"
    r"|far|about|else|old)\b|'s|'re)|(?:what|which|whose) \w+ (?:is|are|do|does|did|should|has|have)\b"
    r"|(?:do|does|did|is|are|was|were|am|can|could|will|would|should|shall|has|have|had|may|might|any) (?:i|you|we"
    r"|he|she|it|they|there|this|that|these|the|my|our|any|anyone"
    r"|idea|chance|news|all|[A-Z]\w*)\b)",
)
_ORDERS = re.compile(
    r"(?:list|show|create|add|make|mark|delete|remove|rename|set|update|change|move|postpone|push|reschedule|find"
    r"|search|look|open|close|complete|finish|give"
    r"|tell|write|draft|send|schedule|plan|remind|get|put|assign|book|check|help|explain|summari[sz]e|translate"
    r"|count|sort|filter|cancel|start|stop|archive"
    r"|do|go|let|let's|read|try|fix|pull|prepare|generate|compare|suggest|note|jot|save|forget|display|print"
    r"|export|import|tick|flag|reopen|undo|repeat"
    r"|calculate|convert|describe|review|edit|insert|attach|link|merge|split|turn|use|call|ask|answer|reply|have a"
    r"|take|pick|choose|draw|rank|estimate"
    r"|thanks|thank|bye|goodbye|hi|hello|hey|good|great|nice|cool|perfect|awesome|sorry|ok|okay|yes|no|yeah|nope"
    r"|sure|wow|lol|haha|never mind|nevermind"
    r"|new|task|todo|to-do|reminder|what about|how about|see you|talk to you|have fun|continue|proceed|run|include"
    r"|leave|keep|drop|clear|empty|log|record|track|rather|wait)\b(?!')",
    re.IGNORECASE,
)
_GUESS = re.compile(
    r"(?:i|we) (?:just |really |also |still |kind of |sort of |do not |did not |can not |could not |am not sure|am"
    r" not certain|was |am )*"
    r"(?:think|thought|guess|suppose|wonder|wondering|wondered|hope|hoping|believe|feel|felt|assume|imagine|doubt"
    r"|know|understand|mean|see|saw|care|mind|remember|forgot|sure|thinking)\b"
    r"|maybe|perhaps|probably|possibly|presumably|apparently|it (?:seems|looks|sounds|feels)|there (?:might|may|could)"
    r"|if\b(?! (?:i|you|someone|somebody|anyone) (?:ask|say|write|mention|send|give|call)s?\b)|unless\b|suppose\b"
    r"|imagine\b|pretend\b|(?:as an|for) example\b|for instance\b"
    r"|assuming\b|what if\b|in case\b|let us\b|hopefully\b|rumou?r has it",
    re.IGNORECASE,
)
_UNSURE = re.compile(
    r"\b(?:might|may be|could be|not sure|would be nice|maybe|perhaps|probably|i think|i guess|if i were"
    r"|hypothetically|supposedly)\b",
    re.IGNORECASE,
)
_WISH = re.compile(
    r"(?:i|we) (?:just |also |really |now |still |only )*(?:want|wanted|need|needed|have to|had to|must|should"
    r"|shall|would|will|can|could|am going to|are going to|was going to"
    r"|am gonna|gotta|am about to|am trying|am planning|am hoping|wish|do not need|do not want|do not have|would"
    r" like|am looking|are looking|can not|could not|will not|plan to|intend)\b",
    re.IGNORECASE,
)
_MOOD = re.compile(
    r"(?:i|we) (?:am|are|was|feel|got|am feeling) (?:just |so |very |really |quite |a bit |a little |not |too "
    r"|pretty |still |already |also |all |now |all |absolutely |completely )*"
    r"(?:tired|busy|hungry|sick|ill|back|here|home|ready|done|finished|late|sorry|fine|good|ok|okay|happy|sad|glad"
    r"|excited|bored|stressed|stuck|lost|confused|curious|afraid|worried"
    r"|angry|annoyed|frustrated|free|early|awake|alone|right|wrong|serious|kidding|joking|grateful|thankful"
    r"|impressed|surprised|overwhelmed|swamped|exhausted|thirsty|cold|hot|great"
    r"|well|better|not well|sure|aware|certain|off|out|about|unsure|interested|in a (?:meeting|call|hurry|rush"
    r"|taxi|train|mood)|on (?:a call|the phone|my way|the train|it|hold)"
    r"|at (?:work|home|my desk|the office)|running late|a (?:bit|little)|behind|trying|afraid|writing|reading"
    r"|waiting|sitting|checking|asking|wondering|joking|using this)\b",
    re.IGNORECASE,
)
_NOW = re.compile(
    r"\b(?:today|tonight|right now|at the moment|this (?:morning|afternoon|evening|second|minute)|just now|a"
    r" (?:minute|moment|second) ago|earlier today|currently (?:looking|reading|working)|in (?:a|an|\d+|five|ten"
    r"|two) (?:minutes?|hours?|moment|second|bit)|in half an hour)\b",
    re.IGNORECASE,
)
_DOING = re.compile(
    r"(?:i|we) (?:am|are|was|were) (?:just |still |now |currently |also |not )*(?!(?:learning|studying|training"
    r"|moving|getting|expecting|leaving|starting|switching|taking|launching"
    r"|sailing|hiring|renaming|dropping|closing|using|travelling|traveling|flying|retiring|marrying|opening|allergic"
    r"|being)\b)\w+ing\b",
    re.IGNORECASE,
)
_AWAY = re.compile(
    r"(?:i|we) (?:will (?:also |only |not )*be|(?:am|are) going to be) (?:back|away|off|out|on (?:\w+ )?(?:leave|holiday"
    r"|vacation)|in|at|abroad|travelling|traveling|offline|unavailable|available|working)\b",
    re.IGNORECASE,
)
_OFTEN_AWAY = re.compile(
    r"(?:i|we) (?:am|are) (?:only |always |usually |not |also |all )*(?:off|out|away|busy|free|back|at (?:work|home)"
    r"|home)\b",
    re.IGNORECASE,
)
_STANDING_ORDER = re.compile(
    rf"(?:please )?(?:send|give|show|tell|ask|bring|call) (?:me|us)\b[^,]* (?:(?:every|each) (?:day|week|weekday"
    rf"|month|morning|evening"
    rf"|afternoon|quarter|{WEEKDAYS})|(?:on|before) (?:{WEEKDAYS})s)\b.*",
    re.IGNORECASE,
)
_SAID = re.compile(r"['\"“][^'\"”]*\bI\b")


def is_question(sentence: str) -> bool:
    return sentence.rstrip(" \"'”)!").endswith("?") or _QUESTION.match(sentence[:1].lower() + sentence[1:]) is not None


def is_guess(sentence: str) -> bool:
    """What is only thought, hoped or supposed."""
    return _GUESS.match(sentence) is not None or _UNSURE.search(sentence) is not None


def is_order(sentence: str) -> bool:
    return _ORDERS.match(sentence) is not None and not is_standing_order(sentence)


def is_standing_order(sentence: str) -> bool:
    """ "Send me a summary every Friday": a wish for every week."""
    return _STANDING_ORDER.fullmatch(sentence) is not None


def is_passing(sentence: str) -> bool:
    """Wishes, moods and doings of the moment; not those of every week, nor those that have a date."""
    if _NOW.search(sentence) is not None or _DOING.match(sentence):
        return True
    if _WISH.match(sentence):
        return not recurs(sentence) and not (_AWAY.match(sentence) and has_detail(sentence))
    return _MOOD.match(sentence) is not None and not (has_detail(sentence) and _OFTEN_AWAY.match(sentence))


def is_of_another(sentence: str) -> bool:
    """ "I" stands in somebody's quoted words."""
    return _SAID.search(sentence) is not None
