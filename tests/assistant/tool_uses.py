"""A use of every tool: what it is called with, and what must have come of it on the device."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import uuid4
from zoneinfo import ZoneInfo

from tests.assistant.talking import Desktop

Row = dict[str, Any]


@dataclass(frozen=True)
class World:
    """One row of each table, hanging together; `word` stands in all of their texts and nowhere else."""

    word: str
    now_ms: int
    client: str
    project: str
    task: str
    comment: str
    milestone: str
    note: str


async def new_world(desk: Desktop, now_ms: int) -> World:
    word = f"w{uuid4().hex[:10]}"

    async def row(table: str, **data: Any) -> str:
        return str((await desk.insert(table, data))["id"])

    client = await row("clients", name=f"Client {word}", industry="toys")
    project = await row("projects", name=f"Project {word}", clientId=client)
    task = await row("tasks", title=f"Task {word}", projectId=project, dueDate=now_ms)
    return World(
        word=word,
        now_ms=now_ms,
        client=client,
        project=project,
        task=task,
        comment=await row("taskComments", taskId=task, author="Bo", content=f"Comment {word}"),
        milestone=await row("timelines", projectId=project, title=f"Milestone {word}", date=now_ms),
        note=await row("notes", title=f"Note {word}", content=f"Begun on {word}.", projectId=project),
    )


@dataclass(frozen=True)
class Reads:
    """`finds`: of all rows of the table, those the tool has to tell of."""

    table: str
    finds: Callable[[World, Row], bool]


@dataclass(frozen=True)
class Writes:
    """`row`: the id of the row that is changed; None for a new one. `has`: columns as they must be stored."""

    action: Literal["insert", "update", "delete"]
    table: str
    row: Callable[[World], str] | None = None
    has: Callable[[World], Row] = lambda _world: {}


@dataclass(frozen=True)
class Use:
    agent: str
    args: Callable[[World], Row]
    effect: Reads | Writes


DAY_MS = 24 * 3600 * 1000


def _day(ms: int) -> date:
    """In the time zone of the desktop."""
    return datetime.fromtimestamp(ms / 1000, ZoneInfo("Europe/Rome")).date()


TASKS: Mapping[str, Use] = {
    "list_tasks": Use(
        "task_agent",
        lambda w: {"project_id": w.project, "status": "todo", "search": w.word, "order_by": "-due_date"},
        Reads("tasks", lambda w, row: row["projectId"] == w.project),
    ),
    "list_tasks_due_today": Use(
        "task_agent",
        lambda _w: {},
        Reads("tasks", lambda w, row: row["dueDate"] is not None and _day(row["dueDate"]) == _day(w.now_ms)),
    ),
    "create_task": Use(
        "task_agent",
        lambda w: {
            "title": f"New {w.word}",
            "description": "In words",
            "status": "in_progress",
            "priority": "high",
            "assignees": '["Ada", "Bo"]',
            "due_date": w.now_ms + DAY_MS,
            "project_id": w.project,
            "is_ai_suggested": 1,
            "is_approved": 1,
        },
        Writes(
            "insert",
            "tasks",
            has=lambda w: {
                "title": f"New {w.word}",
                "description": "In words",
                "status": "in_progress",
                "priority": "high",
                "assignee": '["Ada", "Bo"]',
                "dueDate": w.now_ms + DAY_MS,
                "projectId": w.project,
                "isAiSuggested": 1,
                "isApproved": 1,
            },
        ),
    ),
    "update_task": Use(
        "task_agent",
        lambda w: {"task_id": w.task, "status": "done", "priority": "low", "due_date": -1, "description": "Done"},
        Writes(
            "update",
            "tasks",
            lambda w: w.task,
            lambda w: {
                "title": f"Task {w.word}",
                "status": "done",
                "priority": "low",
                "dueDate": w.now_ms,
                "description": "Done",
            },
        ),
    ),
    "delete_task": Use("task_agent", lambda w: {"task_id": w.task}, Writes("delete", "tasks", lambda w: w.task)),
    "list_task_comments": Use(
        "task_agent",
        lambda w: {"task_id": w.task},
        Reads("taskComments", lambda w, row: row["taskId"] == w.task),
    ),
    "add_task_comment": Use(
        "task_agent",
        lambda w: {"task_id": w.task, "author": "Ada", "content": f"Seen, {w.word}"},
        Writes(
            "insert",
            "taskComments",
            has=lambda w: {"taskId": w.task, "author": "Ada", "content": f"Seen, {w.word}"},
        ),
    ),
    "delete_task_comment": Use(
        "task_agent",
        lambda w: {"comment_id": w.comment},
        Writes("delete", "taskComments", lambda w: w.comment),
    ),
}

PROJECTS: Mapping[str, Use] = {
    "list_projects": Use(
        "project_agent",
        lambda w: {"client_id": w.client, "include_archived": False},
        Reads("projects", lambda w, row: row["clientId"] == w.client),
    ),
    "list_all_projects": Use("project_agent", lambda _w: {}, Reads("projects", lambda _w, _row: True)),
    "get_project": Use(
        "project_agent",
        lambda w: {"project_id": w.project},
        Reads("projects", lambda w, row: row["id"] == w.project),
    ),
    "create_project": Use(
        "project_agent",
        lambda w: {"name": f"New {w.word}", "client_id": w.client},
        Writes(
            "insert",
            "projects",
            has=lambda w: {"name": f"New {w.word}", "clientId": w.client, "status": "active"},
        ),
    ),
    "update_project": Use(
        "project_agent",
        lambda w: {"project_id": w.project, "status": "archived", "ai_summary": "Over", "name": "", "client_id": ""},
        Writes(
            "update",
            "projects",
            lambda w: w.project,
            lambda w: {
                "status": "archived",
                "aiSummary": "Over",
                "name": f"Project {w.word}",
                "clientId": w.client,
            },
        ),
    ),
    "delete_project": Use(
        "project_agent", lambda w: {"project_id": w.project}, Writes("delete", "projects", lambda w: w.project)
    ),
}

TIMELINES: Mapping[str, Use] = {
    "list_timelines": Use(
        "timeline_agent",
        lambda w: {"project_id": w.project},
        Reads("timelines", lambda w, row: row["projectId"] == w.project),
    ),
    "create_timeline": Use(
        "timeline_agent",
        lambda w: {
            "project_id": w.project,
            "title": f"New {w.word}",
            "date": w.now_ms + DAY_MS,
            "is_ai_suggested": 1,
            "is_approved": 0,
        },
        Writes(
            "insert",
            "timelines",
            has=lambda w: {
                "projectId": w.project,
                "title": f"New {w.word}",
                "date": w.now_ms + DAY_MS,
                "isAiSuggested": 1,
                "isApproved": 0,
            },
        ),
    ),
    "update_timeline": Use(
        "timeline_agent",
        lambda w: {"timeline_id": w.milestone, "date": w.now_ms + DAY_MS, "is_approved": 1},
        Writes(
            "update",
            "timelines",
            lambda w: w.milestone,
            lambda w: {"title": f"Milestone {w.word}", "date": w.now_ms + DAY_MS, "isApproved": 1},
        ),
    ),
    "delete_timeline": Use(
        "timeline_agent",
        lambda w: {"timeline_id": w.milestone},
        Writes("delete", "timelines", lambda w: w.milestone),
    ),
}

NOTES: Mapping[str, Use] = {
    "list_notes": Use(
        "note_agent",
        lambda w: {"project_id": w.project},
        Reads("notes", lambda w, row: row["projectId"] == w.project),
    ),
    "get_note": Use("note_agent", lambda w: {"note_id": w.note}, Reads("notes", lambda w, row: row["id"] == w.note)),
    "create_note": Use(
        "note_agent",
        lambda w: {"title": f"New {w.word}", "content": "# Head\n\nText", "project_id": w.project},
        Writes(
            "insert",
            "notes",
            has=lambda w: {"title": f"New {w.word}", "content": "# Head\n\nText", "projectId": w.project},
        ),
    ),
    "update_note": Use(
        "note_agent",
        lambda w: {"note_id": w.note, "content": "Anew", "project_id": "none"},
        Writes(
            "update",
            "notes",
            lambda w: w.note,
            lambda w: {"title": f"Note {w.word}", "content": "Anew", "projectId": None},
        ),
    ),
    "delete_note": Use("note_agent", lambda w: {"note_id": w.note}, Writes("delete", "notes", lambda w: w.note)),
    "search_notes": Use(
        "note_agent",
        lambda w: {"query": w.word, "limit": 3},
        Reads("notes", lambda w, row: row["id"] == w.note),
    ),
}

CLIENTS: Mapping[str, Use] = {
    "list_clients": Use(
        "client_agent", lambda w: {"search": w.word}, Reads("clients", lambda w, row: row["id"] == w.client)
    ),
    "get_client": Use(
        "client_agent", lambda w: {"client_id": w.client}, Reads("clients", lambda w, row: row["id"] == w.client)
    ),
    "create_client": Use(
        "client_agent",
        lambda w: {"name": f"New {w.word}", "industry": "tea", "parent_id": w.client},
        Writes(
            "insert",
            "clients",
            has=lambda w: {"name": f"New {w.word}", "industry": "tea", "parentId": w.client},
        ),
    ),
    "update_client": Use(
        "client_agent",
        lambda w: {"client_id": w.client, "industry": "none", "name": f"Renamed {w.word}"},
        Writes(
            "update",
            "clients",
            lambda w: w.client,
            lambda w: {"name": f"Renamed {w.word}", "industry": None},
        ),
    ),
    "delete_client": Use(
        "client_agent", lambda w: {"client_id": w.client}, Writes("delete", "clients", lambda w: w.client)
    ),
}

USES: Mapping[str, Use] = {**TASKS, **PROJECTS, **TIMELINES, **NOTES, **CLIENTS}
