"""Answers that need no data."""

WHO = (
    "I am the built-in offline model: a small rule-based planner that runs without any AI provider. "
    "I understand everyday requests in plain English about your tasks, projects, milestones, notes and clients."
)
EXAMPLES = (
    "- “List my tasks”, “What's due today?”, “How many todo tasks do I have?”\n"
    "- “Create a task called Buy milk due tomorrow, high priority”\n"
    "- “Mark Buy milk as done”, “Postpone it to Friday”, “Delete it”\n"
    "- “Find notes about deployment”, “Create a note titled Ideas: …”\n"
    "- “Tell me about project Driver app”, “Show my tasks by status as a chart”"
)
_TALK = {
    "greeting": f"Hello! {WHO}\n\nTry for example:\n\n{EXAMPLES}",
    "thanks": "You are welcome.",
    "farewell": "Goodbye!",
    "identity": f"{WHO}\n\nFor open questions and longer texts the service needs a real model to be configured.",
    "abilities": f"{WHO} You can list, count, chart, create, change and delete them, and comment on tasks.\n\n{EXAMPLES}",
}


def small_talk(kind: str) -> str:
    return _TALK[kind]


def not_understood() -> str:
    return (
        "Sorry, I did not understand that. I am the built-in offline model and know everyday requests only. "
        f"Could you put it like one of these?\n\n{EXAMPLES}"
    )
