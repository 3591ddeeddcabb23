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

_CHARTS = "bar|pie|line|area|radar|radial"
_MAKING = r"(?:make|create|build|generate|produce|prepare)(?: me)? "
OPENERS = _compiled(
    _LOOKING,
    r"which|what|whats|what's|who|how many|how much|(?:do|have|did) (?:i|we)|(?:are|is) there|is anything|anything",
    rf"any\b|number of|all\b|my\b|our\b|the\b|open\b|tell me|i want to see|let me see|i need|(?:{_CHARTS})\b|a |an ",
    rf"(?:{_MAKING})(?:an? |the )?(?:(?:{_CHARTS}) ?)?(?:chart|graph|diagram|plot)\b",
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
    r"^what(?:'s| is) on (?:for )?(?:today|tonight|tomorrow|this|next|on|the \d)",
    r"^(?:is there )?anything (?:(?:on|planned|for) )*(?:today|tomorrow|this|next)\b",
    r"\bwhat do i have (?:today|tomorrow|this|next|on)",
)
# as a pie chart, chart of
CHART = (
    rf"\b(?:{_MAKING}|as|in|with|using|on)?\s*(?:an?\s+|the\s+)?(?:(?P<type>{_CHARTS})\s*)?"
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
COUNTING = re.compile(r"\b(?:per|each|grouped?|count(?:ed)?|number)\b", re.IGNORECASE)
SEARCHING = re.compile(r"(?:search|look)\s+for\s+(?:the\s+)?", re.IGNORECASE)
ANYWHERE = re.compile(
    r"(?:search|find|look up)(?: for)?\s+(?!out\b|me\b|a\b|an\b|the (?:web|internet)|online)(?:everything |anything )?"
    r"(?:about |on |regarding )?(?P<what>.+)",
    re.IGNORECASE | re.DOTALL,
)
# show me 5 tasks, the top three open tasks
_NUMBER = "two|three|four|five|six|seven|eight|nine|ten"
MOST_TOLD = re.compile(
    rf"\b(?P<top>top\s+)?(?P<most>\d{{1,2}}|{_NUMBER})\s+(?!days?\b|weeks?\b|months?\b)"
    rf"(?=(?:[\w-]+\s+){{0,3}}?(?:{_any(*(NOUN_WORDS[each] for each in LISTED))})\b)",
    re.IGNORECASE,
)
LATEST = re.compile(r"\b(?:latest|newest|most recent|last)\s+(?P<one>note\b)?", re.IGNORECASE)
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
    r"|(?:(?:that|which)\s+)?(?:contain|mention|speak of|talk about|deal with)s?)\s+(?P<value>.+)"
)
# a person's name ends where a place or a condition begins
_NEXT = r"(?=\s+(?:in|for|on|of|under|from|within|inside|with|without|about|that|which|belonging|mentioning)\b|\s*$)"
ASSIGNED = rf"(?:that are |which are )?assigned to\s+(?P<value>.+?){_NEXT}"
# "tasks does Ben have", "tasks does Rocket have": a person, or a place
OF_WHOM = r"(?:does|do|did|is|are)\s+(?P<subject>\w+)\s+(?:have|has|need|working|assigned)(?: to do| to| on)?"
UNASSIGNED = _any(
    r"unassigned|not (?:yet )?assigned(?: to (?:anyone|anybody|someone|somebody))?",
    r"(?:without|with no|that have no|which have no|have no|having no) (?:an? |any )?(?:assignees?|owners?)",
    r"(?:assigned to )?(?:nobody|no one)(?: is (?:assigned|working on))?",
)
UNFILED = (
    r"(?:without|with no|that have no|which have no|have no|having no|in no|not in|outside(?: of)?) (?:an? |any )?"
)
# "all projects including archived"
ARCHIVED_TOO = _any(
    r"(?:including|incl\.?|with|even) (?:the |all )?(?:archived|inactive|closed|old)(?: ones| projects)?",
    r"(?:active|open) and (?:archived|inactive|closed)|(?:archived|inactive|closed) and (?:active|open)",
)
# "how many tasks in Driver app are", "tasks in Driver app do I have"
LOOSE_END = (
    r"\s+(?:(?:(?:that|which|who)\s+)?(?:are|is|were|was)(?:\s+(?:there|still|already|now))?"
    r"|(?:do|did|have)\s+(?:i|we)(?:\s+(?:have|got))?|exist)\s*$"
)
_INTO = r"(?:in|for|of|from|on|under|inside"
NAMED_PROJECT = _any(
    rf"{_INTO})\s+(?:the\s+|my\s+)?project:?\s+(?P<value>.+)",
    rf"{_INTO}|does|do)\s+(?:the\s+|my\s+)?(?P<before>.+?)\s+project(?:\s+have|\s+has)?(?=\s*$)",
)
NAMED_CLIENT = r"(?:in|for|of|from|with)\s+(?:the\s+|my\s+)?(?:client|customer):?\s+(?P<value>.+)"
PLACE = _any(
    rf"{_INTO}|belong(?:ing|s)? to|owned by)\s+(?:the\s+|my\s+)?(?P<value>.+)",
    r"(?:does|do)\s+(?:the\s+)?(?P<before>.+?)\s+have",
)
WHOLE_OF = r"\b(?:list|number|count|overview|summary|all|any|some|most|each|breakdown|distribution)\s+of\b"
FILLERS = _compiled(
    rf"\b(?:please|know|describe|{_LOOKING}|any|anything|which|what|whats|what's|how|many|much|do|does|did|i|we|you|have|has|had|got"
    r"|are|is|was|were|there|that|who|number|all|me|my|our|the|a|an|of|for|in|on|with|and|or|to|tell|want|let|need|due"
    r"|current|currently|right now|now|still|both|every|each|by|as|it|them|out|up|list|lists|overview|priority|status"
    r"|total|altogether|overall|everything|some|yet|so far|new|existing|look|looking|at|be|been|should|must|work|working"
    r"|so|s|when|can|items?|things?|entries|left|from"
    r"|everywhere|anywhere|overall|across|whole|entire|these|those|most|first|next|really|again|maybe|perhaps|possibly|plate|tackle|pressing|thing|just)\b"
)
