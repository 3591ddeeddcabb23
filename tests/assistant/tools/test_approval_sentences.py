"""What a user is asked to approve, as it is asked inside a graph."""

from typing import Any, TypedDict

import pytest
from langgraph.graph import END, START, StateGraph

from app.assistant.context import TurnContext
from app.assistant.desk import Desk
from tests.assistant.tools.at_home import TOOLS, Home
from tests.assistant.tools.test_tasks import DUE


class State(TypedDict):
    sentence: str | None


async def asked(home: Home, name: str, /, **args: Any) -> str | None:
    agent, declared = TOOLS[name]
    write = declared.write
    assert write is not None

    async def node(state: State) -> State:
        return {"sentence": await write.describe(Desk(home.turn.tables, agent, None, home.turn.noted), args)}

    graph = StateGraph(State, context_schema=TurnContext)
    graph.add_node("node", node)
    graph.add_edge(START, "node")
    graph.add_edge("node", END)
    result = await graph.compile().ainvoke({"sentence": None}, context=home.turn)
    sentence: str | None = result["sentence"]
    return sentence


async def test_a_new_task_is_asked_with_what_matters(home: Home) -> None:
    project = await home.add("projects", name="Dairy")
    sentence = await asked(
        home, "create_task", title="Buy milk", due_date=str(DUE), priority="high", project_id=project
    )
    assert sentence == "Create the task “Buy milk”, due Sun 22 Nov 2026, high priority, project “Dairy”"
    assert await asked(home, "create_task", title="Buy\nmilk") == "Create the task “Buy milk”"


async def test_a_change_is_asked_column_by_column(home: Home) -> None:
    task = await home.add("tasks", title="Buy milk")
    project = await home.add("projects", name="Dairy")
    sentence = await asked(
        home,
        "update_task",
        task_id=task,
        title="Oat milk",
        status="done",
        assignees='["Anna", "Ben"]',
        due_date=0,
        project_id=project,
        is_approved=1,
        is_ai_suggested=0,
    )
    assert sentence == (
        "Change the task “Buy milk”: title to “Oat milk”, status to done, assigned to Anna, Ben, no due date, "
        "project to “Dairy”, not suggested by the assistant, approved"
    )
    assert await asked(home, "update_task", task_id=task, due_date=DUE) == (
        "Change the task “Buy milk”: due date to Sun 22 Nov 2026"
    )


async def test_a_deletion_names_what_goes_with_it(home: Home) -> None:
    task = await home.add("tasks", title="Buy milk")
    assert await asked(home, "delete_task", task_id=task) == "Delete the task “Buy milk”"
    await home.add("taskComments", taskId=task, content="Now")
    comment = await home.add("taskComments", taskId=task, content="Or later")
    assert await asked(home, "delete_task", task_id=task) == "Delete the task “Buy milk” and its 2 comments"
    assert await asked(home, "delete_task_comment", comment_id=comment) == "Delete the comment “Or later”"


async def test_everything_that_hangs_together_is_asked_for_by_name(home: Home) -> None:
    client = await home.add("clients", name="Acme")
    project = await home.add("projects", name="Rocket", clientId=client, status="archived")
    milestone = await home.add("timelines", projectId=project, title="Launch", date=DUE)
    note = await home.add("notes", title="Fuel")
    task = await home.add("tasks", title="Buy milk")
    for name, args, sentence in (
        ("delete_client", {"client_id": client}, "Delete the client “Acme”, which has 1 project"),
        (
            "delete_project",
            {"project_id": project},
            "Delete the project “Rocket” for good, with its milestones; archiving would keep them",
        ),
        ("delete_timeline", {"timeline_id": milestone}, "Delete the milestone “Launch”"),
        ("delete_note", {"note_id": note}, "Delete the note “Fuel”"),
        ("create_project", {"name": "P", "client_id": client}, "Create the project “P”, client “Acme”"),
        ("create_client", {"name": "C"}, "Create the client “C”"),
        ("create_note", {"title": "N", "content": "c"}, "Create the note “N”"),
        (
            "create_timeline",
            {"project_id": project, "title": "M", "date": DUE},
            "Create the milestone “M”, on Sun 22 Nov 2026, project “Rocket”",
        ),
        ("add_task_comment", {"task_id": task, "content": "Soon"}, "Comment on the task “Buy milk”: “Soon”"),
        (
            "update_project",
            {"project_id": project, "status": "active"},
            "Change the project “Rocket”: status to active",
        ),
        ("update_client", {"client_id": client, "industry": "none"}, "Change the client “Acme”: no industry"),
        ("update_note", {"note_id": note, "content": "x\ny"}, "Change the note “Fuel”: content to “x y”"),
        (
            "update_timeline",
            {"timeline_id": milestone, "date": DUE, "is_approved": 1},
            "Change the milestone “Launch”: date to Sun 22 Nov 2026, approved",
        ),
    ):
        assert await asked(home, name, **args) == sentence


@pytest.mark.parametrize("name", [name for name, (_, declared) in TOOLS.items() if declared.write])
async def test_nothing_is_asked_about_what_the_tool_will_refuse(home: Home, name: str) -> None:
    """And the tool does refuse it: nothing passes by not being asked about."""
    _agent, declared = TOOLS[name]
    required = declared.tool.tool_call_schema.model_json_schema()["required"]  # type: ignore[union-attr]
    for value in ("", "unknown"):
        if value == "unknown" and not name.startswith("delete"):
            continue
        args = dict.fromkeys(required, value)
        assert await asked(home, name, **args) is None
        assert (await home.use(name, **args)).startswith(("Error: ", "No "))
    assert await asked(home, name) is None
    assert home.turn.noted.mutations == []
