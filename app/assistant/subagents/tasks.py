from app.assistant.prompts import prompt
from app.assistant.tools.comments import COMMENT_TOOLS
from app.assistant.tools.declared import SubAgentSpec
from app.assistant.tools.tasks import TASK_TOOLS

TASK_AGENT = SubAgentSpec(
    name="task_agent",
    domain="tasks",
    label="Working on your tasks",
    description="Tasks and their comments: list, search, due today, create, change, delete.",
    prompt=prompt("tasks"),
    tools=(*TASK_TOOLS, *COMMENT_TOOLS),
)
