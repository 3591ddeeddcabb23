"""What each agent may do on the user's device: the one table, enforced where calls leave for it (`app.assistant.desk`).

Prompts ask for good behaviour; this is what holds when a model, or a text it has read, wants something else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from app.devices.frames import Action, Table

SubAgentName = Literal["task_agent", "project_agent", "timeline_agent", "note_agent", "client_agent"]
AgentName = Literal["home", "floating"] | SubAgentName
WriteAction = Literal["insert", "update", "delete"]

AGENTS: tuple[SubAgentName, ...] = get_args(SubAgentName)
_READS: frozenset[Action] = frozenset({"select", "get"})
_ALL: frozenset[Action] = _READS | {"insert", "update", "delete"}


@dataclass(frozen=True)
class Rule:
    """On one table: these actions, and these columns in what is written."""

    actions: frozenset[Action]
    columns: frozenset[str] = frozenset()


_READ_ONLY = Rule(_READS)
_VECTORS: frozenset[Action] = frozenset({"vector_upsert", "vector_search"})

# Names of projects and clients are read by everybody: a row's text names what it belongs to.
PERMISSIONS: Mapping[AgentName, Mapping[Table, Rule]] = {
    "home": {},  # the supervisors reach the device through the others only
    "floating": {},
    "task_agent": {
        "tasks": Rule(
            _ALL,
            frozenset(
                {
                    "projectId",
                    "title",
                    "description",
                    "status",
                    "priority",
                    "assignee",
                    "dueDate",
                    "isAiSuggested",
                    "isApproved",
                }
            ),
        ),
        "taskComments": Rule(_READS | {"insert", "delete"}, frozenset({"taskId", "author", "content"})),
        "projects": _READ_ONLY,
        "clients": _READ_ONLY,
    },
    "project_agent": {
        "projects": Rule(_ALL, frozenset({"clientId", "name", "status", "aiSummary"})),
        "clients": _READ_ONLY,
    },
    "timeline_agent": {
        "timelines": Rule(_ALL, frozenset({"projectId", "title", "date", "isAiSuggested", "isApproved"})),
        "projects": _READ_ONLY,
        "clients": _READ_ONLY,
    },
    "note_agent": {
        "notes": Rule(_ALL | _VECTORS, frozenset({"projectId", "title", "content"})),
        "projects": _READ_ONLY,
        "clients": _READ_ONLY,
    },
    "client_agent": {
        "clients": Rule(_ALL, frozenset({"parentId", "name", "industry"})),
        "projects": _READ_ONLY,
    },
}


def forbidden(agent: AgentName, action: Action, table: Table, columns: frozenset[str] = frozenset()) -> str | None:
    """Why this agent may not do this; None when it may."""
    rule = PERMISSIONS[agent].get(table)
    if rule is None or action not in rule.actions:
        return f"{agent} may not {action} in {table}."
    if extra := columns - rule.columns:
        return f"{agent} may not write {', '.join(sorted(extra))} of {table}."
    return None
