"""The kinds of row a user has, as the tools and the tags name them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Noun:
    """`title`: the key of its rows that holds its name. `parameters`: a wish's detail → the tool's parameter."""

    name: str
    spoken: str
    many: str
    agent: str
    title: str
    parameters: dict[str, str]

    @property
    def id_parameter(self) -> str:
        return f"{self.name}_id"

    def counted(self, count: int) -> str:
        return f"1 {self.spoken}" if count == 1 else f"{count} {self.many}"


_TASK = ("title", "description", "status", "priority", "assignees", "project_id", "is_approved")
_MILESTONE = ("title", "project_id", "is_approved")

NOUNS: dict[str, Noun] = {
    noun.name: noun
    for noun in (
        Noun("task", "task", "tasks", "task_agent", "title", {each: each for each in _TASK} | {"due": "due_date"}),
        Noun(
            "project",
            "project",
            "projects",
            "project_agent",
            "name",
            {"title": "name", "client_id": "client_id", "status": "status", "description": "ai_summary"},
        ),
        Noun(
            "timeline",
            "milestone",
            "milestones",
            "timeline_agent",
            "title",
            {each: each for each in _MILESTONE} | {"due": "date"},
        ),
        Noun(
            "note",
            "note",
            "notes",
            "note_agent",
            "title",
            {each: each for each in ("title", "content", "project_id")},
        ),
        Noun(
            "client",
            "client",
            "clients",
            "client_agent",
            "name",
            {"title": "name", "industry": "industry", "parent_id": "parent_id"},
        ),
        Noun(
            "comment",
            "comment",
            "comments",
            "task_agent",
            "content",
            {each: each for each in ("author", "content")},
        ),
    )
}
