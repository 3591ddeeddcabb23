"""Answers that need no data."""

from app.offline.answering.lines import plain
from app.offline.nouns import NOUNS

WHO = (
    "I am the built-in offline model: a small rule-based planner that runs without any AI provider. "
    "I understand everyday requests in plain English about your tasks, projects, milestones, notes and clients."
)
EXAMPLES = (
    "- “List my tasks”, “What's due today?”, “How many todo tasks do I have?”\n"
    "- “Create a task called Buy milk due tomorrow, high priority”\n"
    "- “Mark Buy milk as done”, “Postpone it to Friday”, “Delete it”\n"
    "- “Remember that I prefer short answers”, “What do you know about me?”\n"
    "- “Find notes about deployment”, “Create a note titled Ideas: …”\n"
    "- “Tell me about project Driver app”, “Show my tasks by status as a chart”"
)
_TALK = {
    "greeting": f"Hello! {WHO}\n\nTry for example:\n\n{EXAMPLES}",
    "thanks": "You are welcome.",
    "farewell": "Goodbye!",
    "identity": f"{WHO}\n\nFor open questions and longer texts the service needs a real model to be configured.",
    "nothing": "All right. I have changed nothing.",
    "yes": "Yes to what? I have no question open. Please say the whole of what you would like.",
    "correction": (
        "I am not sure what to put right, so I have changed nothing now. Please say the whole of it with the name, "
        "for example “Mark Buy milk as done” or “Reopen Buy milk”."
    ),
    "undo": (
        "I cannot take changes back. Tell me how it should be instead, for example “Reopen Buy milk” or "
        "“Rename it to …”; what was deleted stays deleted."
    ),
    "condition": "I know no ifs and whens, so I have changed nothing. Tell me what to do now.",
    "negation": "All right, I leave it as it is. I have changed nothing.",
    "emptying": (
        "I cannot empty a field or take something out of another, so I have changed nothing. "
        "Set it to something else, or do it in the app."
    ),
    "wholesale": "I change one thing at a time, so I have changed nothing. Name the one you mean.",
    "abilities": f"{WHO} You can list, count, chart, create, change and delete them, and comment on tasks.\n\n{EXAMPLES}",
}
_NOT_UNDERSTOOD = (
    "Sorry, I did not understand that. I am the built-in offline model and know everyday requests only."
    f"\n\nCould you put it like one of these?\n\n{EXAMPLES}"
)


def small_talk(kind: str, *, is_short: bool = False) -> str:
    return _short(_TALK[kind]) if is_short else _TALK[kind]


def suggestion(sentence: str) -> str:
    """`sentence`: what the user may have meant; “yes” is enough of an answer."""
    return f"I am not sure what you mean, so I have changed nothing. Did you mean “{sentence}”?"


def not_read(words: str, noun: str = "") -> str:
    """What of a question for rows was not understood. `noun`: the kind of row, when it was searched for the words."""
    kind = NOUNS[noun] if noun else None
    looked = f" I know no {_PLACES[noun]} of that name, and found no {kind.many} with these words." if kind else ""
    example = _NARROWED.get(noun, _NARROWED["task"])
    return f"I did not understand “{plain(words)}” in that.{looked}\n\nI can {example}"


_PLACES = {"task": "project, client or person", "project": "client", "client": "industry"}
_PLACES |= dict.fromkeys(("timeline", "note"), "project or client")
_NARROWED = {
    "task": (
        "list tasks by status, priority, due date, person, project or client, or with words in them: for example "
        "“show open tasks assigned to Ann”, “high priority tasks in project Driver app” or “find tasks about taxes”."
    ),
    "project": "list projects of a client, and archived ones: for example “list projects for client Casa Verde”.",
    "timeline": (
        "list milestones by date, project or client: "
        "for example “milestones of project Driver app” or “milestones next week”."
    ),
    "note": "list the notes of a project and find notes by what they are about: for example “find notes about deployment”.",
    "client": "list all clients, or those with words in their name or industry: for example “clients in Software”.",
}


def not_understood(*, is_short: bool = False) -> str:
    return _short(_NOT_UNDERSTOOD) if is_short else _NOT_UNDERSTOOD


def _short(text: str) -> str:
    """Its first paragraph: the examples come after it."""
    return text.partition("\n\n")[0]
