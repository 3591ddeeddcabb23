"""The five sub-agents. Each is data; the graphs are built from it."""

from app.assistant.subagents.clients import CLIENT_AGENT
from app.assistant.subagents.notes import NOTE_AGENT
from app.assistant.subagents.projects import PROJECT_AGENT
from app.assistant.subagents.tasks import TASK_AGENT
from app.assistant.subagents.timelines import TIMELINE_AGENT
from app.assistant.tools.declared import SubAgentSpec

SUBAGENTS: tuple[SubAgentSpec, ...] = (TASK_AGENT, PROJECT_AGENT, TIMELINE_AGENT, NOTE_AGENT, CLIENT_AGENT)
