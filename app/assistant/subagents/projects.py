from app.assistant.prompts import prompt
from app.assistant.tools.declared import SubAgentSpec
from app.assistant.tools.projects import PROJECT_TOOLS

PROJECT_AGENT = SubAgentSpec(
    name="project_agent",
    domain="projects",
    label="Working on your projects",
    description="Projects: list, read, create, change, archive, delete.",
    prompt=prompt("projects"),
    tools=PROJECT_TOOLS,
)
