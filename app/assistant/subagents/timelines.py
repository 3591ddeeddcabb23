from app.assistant.prompts import prompt
from app.assistant.tools.declared import SubAgentSpec
from app.assistant.tools.timelines import TIMELINE_TOOLS

TIMELINE_AGENT = SubAgentSpec(
    name="timeline_agent",
    domain="timelines",
    label="Working on your milestones",
    description="Milestones on the timelines of projects: list, create, change, delete.",
    prompt=prompt("timelines"),
    tools=TIMELINE_TOOLS,
)
