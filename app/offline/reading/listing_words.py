"""The words that ask for rows and narrow them, as patterns. What they mean is in `listing.py`."""

import re

from app.offline.reading.targets import NOUN_WORDS
from app.offline.reading.templates import PRIORITIES


def _any(*alternatives: str) -> str:
    return "|".join(alternatives)


def _compiled(*alternatives: str) -> re.Pattern[str]:
    return re.compile(_any(*alternatives), re.IGNORECASE)


LISTED = ("task", "project", "timeline", "note", "client")
_LOOKING = (
    r"list|show|display|give|get|find|search|see|view|print|count|chart|plot|graph|draw|visuali[sz]e|summari[sz]e|fetch"
)

OPENERS = _compiled(
    _LOOKING,
    r"which|what|whats|what's|who|how many|how much|(?:do|have|did) (?:i|we)|(?:are|is) there|is anything|anything",
    r"any\b|number of|all\b|my\b|our\b|the\b|open\b|tell me|i want to see|let me see|i need|bar|pie|line|a |an ",
    r"plan (?:my|our)|organi[sz]e (?:my|our)|brief me|catch me up",
    r"(?:sort|order|group) (?:my|the|our|all)",
    r"overdue|high|low|medium|urgent|important|upcoming|pending|unfinished|completed|finished|done|late|archived|active",
    r"tasks?\b|to-?dos?\b|projects?\b|milestones?\b|timelines?\b|clients?\b|customers?\b|notes?\b",
)
# Ana's tasks
OWNED = _compiled(rf"[\w\ue000\ue001]+(?: \w+)?['’]s? (?:\w+ )?(?:{_any(*NOUN_WORDS.values())})\b")
# Driver app tasks
ONLY_NAMED = _compiled(r"(?:\S+ ){1,4}(?:tasks|projects|milestones|notes|clients)$")
# what is left to do in the Driver app project
IN_ONE = _compiled(r"\b(?:in|for|of|on)\b.*\b(?:project|client)\b")
# what is due, what do I have to do: asks for tasks without naming them
TASKS_UNNAMED = _compiled(
    r"\b(?:due|overdue|late|past due|behind schedule|work on|to do|in progress)\b",
    r"\b(?:urgent|important|high[ -]priority|most pressing)\b|\bshould (?:i|we) (?:do|tackle|start with)\b",
    r"\b(?:i am|i'm) working on\b|\b(?:did|have) (?:i|we) (?:finish|complete|done)",
)
# what's on my plate, what does my week look like, what's next, what do I have tomorrow
AGENDA = _compiled(
    r"\b(?:agenda|plate|schedule|calendar|coming up|in store|planned|going on|happening|up next|deadlines)\b",
    r"\b(?:my|the|our|this|next) (?:day|week|weekend|month)(?:'s plan)? (?:look|plan)",
    r"\bplans? for\b|^(?:what(?:'s| is) )?next\??$",
    r"\b(?:plan|organi[sz]e|summari[sz]e|brief me on) (?:my|our|the) (?:day|week)",
    r"\bdo (?:i|we) have anything (?:(?:on|planned|for) )*(?:today|tomorrow|this|next|on)\b",
    r"^(?:is there )?anything (?:(?:on|planned|for) )*(?:today|tomorrow|this|next)\b",
    r"\bwhat do i have (?:today|tomorrow|this|next|on)",
)
# as a pie chart, chart of
CHART = (
    r"\b(?:as|in|with|using|on)?\s*(?:an?\s+|the\s+)?(?:(?P<type>bar|pie|line|area|radar|radial)\s*)?"
    r"(?:chart|graph|diagram|plot)\b(?:\s+of|\s+for|\s+with)?"
)
DIMENSIONS = {
    "status": "status",
    "priority": "priority|urgency",
    "project": "projects?",
    "day": "due days?|due dates?|days?|dates?|deadline",
    "assignee": "assignees?|person|people",
    "client": "clients?|customers?",
    "industry": "industry|industries",
}
# list my tasks and projects
_ONE_LIST = rf"(?:all |my |our |the )*(?:{_any(*(NOUN_WORDS[each] for each in LISTED))})"
SEVERAL = re.compile(
    rf"(?:(?:{_LOOKING}|give me|tell me)(?: me| us)? )?(?P<nouns>{_ONE_LIST}(?:(?:,? and |, ){_ONE_LIST})+)",
    re.IGNORECASE,
)
DONE_TOO = r"\b(?:including|incl\.?|with) (?:the |all )?(?:done|completed?|finished)(?: ones| tasks)?$"
TO_BE_DONE = _compiled(r"\b(?:next|most|first|should)\b")
# what is Ben working on, what everyone does, when the next milestone is
_SOMEBODY = r"(?!(?:i|we|you|it|there|that|this|left|next|new|up)\b)(?P<who>\w+)"
PLAINLY = tuple(
    (re.compile(pattern, re.IGNORECASE), plainly)
    for pattern, plainly in (
        (
            r"(?:what|who)(?:'s| is| are) (?:everyone|everybody|who|each person) (?:doing|working on|up to|on what)",
            "open tasks by assignee",
        ),
        (r"(?:hide|skip|leave out) (?:the |all |my )?(?:done|completed|finished) tasks", "open tasks"),
        (r"(?:sort|order) (?:my|the|our|all) (?P<what>.+?) by (?P<how>.+)", r"list \g<what> sorted by \g<how>"),
        (r"who is (?:doing|working on) what", "open tasks by assignee"),
        (
            rf"what(?:'s| is| does| do) {_SOMEBODY} (?:doing|working on|up to|have to do|need to do)(?P<when>.*)",
            r"open tasks \g<when> assigned to \g<who>",
        ),
        (
            rf"(?:show me |tell me |list )what {_SOMEBODY} (?:is doing|is working on|has to do|needs to do)(?P<when>.*)",
            r"open tasks \g<when> assigned to \g<who>",
        ),
        (
            r"(?:when|what)(?:'s| is| are) (?:the|my|our) (?:next|upcoming|coming) milestones?(?P<rest>.*)",
            r"upcoming milestones\g<rest>",
        ),
    )
)
# which project has the most open tasks, who has the fewest tasks
MOST = re.compile(
    r"(?:which|what|who)(?: (?P<what>project|client|person|status|priority))?(?: currently)? (?:has|have|got) "
    r"(?:the )?(?:most|fewest|least|biggest number of)(?P<rest>.*)\btasks\b(?P<more>.*)",
    re.IGNORECASE,
)
# what did I do yesterday
DID = re.compile(
    r"(?:what|which(?: tasks)?|(?:show|list|tell) me what)(?: all)? (?:did|have|had) (?:i|we) (?:already )?"
    r"(?:do|done|finish(?:ed)?|complete(?:d)?|get done|got done|achieved?|accomplish(?:ed)?|close(?:d)?)\b(?P<when>.+)",
    re.IGNORECASE,
)
# by status, per project, sorted by due date
BY = (
    r"\b(?P<how>grouped by|group by|sorted by|sort by|ordered by|order by|by|per|for each|in each|each|across)\s+"
    rf"(?P<what>{_any(*DIMENSIONS.values())}|titles?|names?)\b"
)
STATUS = {
    "open": _any(
        r"not (?:yet )?(?:done|finished|completed?)|unfinished|incomplete|open|pending|outstanding|remaining",
        r"undone|upcoming",
        r"still to do|left to do|left|(?:i|we) (?:still )?(?:have|need|got|should|must) to do",
        r"should (?:i|we) (?:do|work on)",
    ),
    "in_progress": _any(
        r"in[ -_]progress|(?:already )?started|ongoing|being worked on|underway",
        r"(?:i'm|i am|we are) (?:currently )?working on",
    ),
    "done": r"done|completed?|finish(?:ed)?|closed",
    "todo": r"to[ -]?do(?!s|\s+(?:list|items?))|not started|unstarted|waiting",
}
NO_DATE = (
    r"(?:without|with no|that have no|having no|no) (?:an? |any )?(?:due )?(?:dates?|deadlines?)|undated|unscheduled"
)
OVERDUE = r"overdue|past due|past their due date|behind schedule|running late|late"
PRIORITY = _any(*PRIORITIES.values())

# each to the end of the text
ABOUT = (
    r"(?:about|containing|matching|mentioning|regarding|related to|concerning|named|called|titled|with the words?"
    r"|that (?:contain|mention)s?)\s+(?P<value>.+)"
)
ASSIGNED = _any(
    r"(?:that are |which are )?assigned to\s+(?P<value>.+)",
    r"(?:does|do|did|is|are)\s+(?P<subject>\w+)\s+(?:have|has|need|working)(?: to do)?",
)
_INTO = r"(?:in|for|of|from|on|under|inside"
NAMED_PROJECT = _any(
    rf"{_INTO})\s+(?:the\s+|my\s+)?project:?\s+(?P<value>.+)",
    rf"{_INTO}|does|do)\s+(?:the\s+|my\s+)?(?P<before>.+?)\s+project(?:\s+have|\s+has)?(?=\s*$)",
)
NAMED_CLIENT = r"(?:in|for|of|from|with)\s+(?:the\s+|my\s+)?(?:client|customer):?\s+(?P<value>.+)"
PLACE = _any(
    rf"{_INTO}|belonging to)\s+(?:the\s+|my\s+)?(?P<value>.+)",
    r"(?:does|do)\s+(?:the\s+)?(?P<before>.+?)\s+have",
)
WHOLE_OF = r"\b(?:list|number|count|overview|summary|all|any|some|most|each|breakdown|distribution)\s+of\b"
FILLERS = _compiled(
    rf"\b(?:please|{_LOOKING}|any|anything|which|what|whats|what's|how|many|much|do|does|did|i|we|you|have|has|had|got"
    r"|are|is|was|were|there|that|who|number|all|me|my|our|the|a|an|of|for|in|on|with|and|or|to|tell|want|let|need|due"
    r"|current|currently|right now|now|still|both|every|each|by|as|it|them|out|up|list|lists|overview|priority|status"
    r"|total|altogether|overall|everything|some|yet|so far|new|existing|look|looking|at|be|been|should|must|work|working"
    r"|so|s|when|can|items?|things?|entries|left|from"
    r"|these|those|most|first|next|really|again|maybe|perhaps|possibly|plate|tackle|pressing|thing|just)\b"
)
