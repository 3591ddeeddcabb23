"""Projects, milestones and clients: what other rows belong to."""

from typing import Any

import pytest

from tests.assistant.tools.at_home import Home
from tests.assistant.tools.test_tasks import DUE, told


async def _names(home: Home, tool: str, /, **args: Any) -> list[str]:
    return sorted(row.get("name") or row["title"] for row in told(await home.use(tool, **args)))


async def test_archived_projects_are_listed_on_wish(home: Home) -> None:
    client = await home.add("clients", name="Acme")
    await home.add("projects", name="Old", status="archived", clientId=client)
    await home.add("projects", name="New", clientId=client)
    await home.add("projects", name="Own")
    assert await _names(home, "list_projects") == ["New", "Own"]
    assert await _names(home, "list_projects", include_archived=True) == ["New", "Old", "Own"]
    assert await _names(home, "list_projects", client_id=client) == ["New"]
    assert await _names(home, "list_all_projects") == ["New", "Old", "Own"]
    assert told(await home.use("list_projects", client_id=client))[0]["client"] == "Acme"


async def test_one_project_is_told_whole(home: Home) -> None:
    client = await home.add("clients", name="Acme")
    project = await home.add("projects", name="P", aiSummary="s" * 500, clientId=client)
    text = await home.use("get_project", project_id=project)
    assert text.startswith("Project:\n")
    row = told(text)[0]
    assert (row["ai_summary"], row["client"], row["client_id"]) == ("s" * 500, "Acme", client)


async def test_a_project_is_created_changed_archived_and_deleted(home: Home) -> None:
    client = await home.add("clients", name="Acme")
    text = await home.use("create_project", name="P", client_id=client)
    assert text.startswith("Created the project.\n")
    project = told(text)[0]["id"]
    await home.use("update_project", project_id=project, name="Q", status="Archived", ai_summary="short")
    assert {**home.row("projects"), "createdAt": 0} == {
        "id": project, "clientId": client, "name": "Q", "status": "archived", "aiSummary": "short", "createdAt": 0
    }  # fmt: skip
    await home.use("update_project", project_id=project, client_id="none", ai_summary="none")
    assert (home.row("projects")["clientId"], home.row("projects")["aiSummary"]) == (None, None)
    assert await home.use("delete_project", project_id=project) == "Deleted the project “Q”."
    assert home.database.count("projects") == 0


async def test_milestones_are_listed_by_date(home: Home) -> None:
    project, other = await home.add("projects", name="P"), await home.add("projects", name="Q")
    await home.add("timelines", projectId=project, title="late", date=DUE + 9 * 3_600_000)
    await home.add("timelines", projectId=project, title="early", date=DUE)
    await home.add("timelines", projectId=other, title="elsewhere", date=DUE)
    text = await home.use("list_timelines", project_id=project)
    assert text.startswith("2 milestones.\n")
    assert [(row["title"], row["on"], row["date"]) for row in told(text)] == [
        ("early", "Sun 2026-11-22", DUE), ("late", "Sun 2026-11-22 09:00", DUE + 9 * 3_600_000)
    ]  # fmt: skip
    assert len(await _names(home, "list_timelines")) == 3


async def test_a_milestone_is_created_changed_and_deleted(home: Home) -> None:
    project = await home.add("projects", name="P")
    text = await home.use("create_timeline", project_id=project, title="Beta", date=DUE, is_ai_suggested=1)
    assert text.startswith("Created the milestone.\n")
    milestone = told(text)[0]["id"]
    row = home.row("timelines")
    assert (row["projectId"], row["date"], row["isAiSuggested"], row["isApproved"]) == (project, DUE, 1, 0)
    await home.use("update_timeline", timeline_id=milestone, title="Gold", date=0, is_approved=1)
    row = home.row("timelines")
    assert (row["title"], row["date"], row["isApproved"]) == ("Gold", None, 1)
    await home.use("update_timeline", timeline_id=milestone, date=DUE)
    assert home.row("timelines")["date"] == DUE
    assert await home.use("delete_timeline", timeline_id=milestone) == "Deleted the milestone “Gold”."


async def test_a_client_is_created_found_changed_and_deleted(home: Home) -> None:
    parent = await home.add("clients", name="Holding")
    text = await home.use("create_client", name="Acme", industry="Rockets", parent_id=parent)
    client = told(text)[0]["id"]
    assert (home.row("clients", id=client)["industry"], home.row("clients", id=client)["parentId"]) == (
        "Rockets",
        parent,
    )
    (row,) = told(await home.use("list_clients", search="acm"))
    assert (row["id"], row["parent"]) == (client, "Holding")
    assert told(await home.use("get_client", client_id=client))[0]["parent"] == "Holding"
    await home.use("update_client", client_id=client, name="ACME", industry="none", parent_id="none")
    row = home.row("clients", id=client)
    assert (row["name"], row["industry"], row["parentId"]) == ("ACME", None, None)
    assert await home.use("delete_client", client_id=client) == "Deleted the client “ACME”."
    assert (await home.use("list_clients")).startswith("1 client.\n")


@pytest.mark.parametrize(
    ("tool", "args", "text"),
    [
        ("get_project", {"project_id": "x"}, "No project has the id x. List first to find the id."),
        ("update_project", {"project_id": "x", "name": "N"}, "No project has the id x."),
        ("delete_project", {"project_id": "x"}, "No project has the id x."),
        ("get_project", {"project_id": ""}, "Error: project_id must not be empty."),
        ("create_project", {"name": " "}, "Error: name must not be empty."),
        ("update_project", {"project_id": "x"}, "Error: nothing to update"),
        ("update_project", {"project_id": "x", "status": "done"}, "Error: status must be one of active, archived"),
        ("update_timeline", {"timeline_id": "x", "title": "T"}, "No milestone has the id x."),
        ("delete_timeline", {"timeline_id": "x"}, "No milestone has the id x."),
        ("create_timeline", {"project_id": "", "title": "T"}, "Error: project_id must not be empty."),
        ("create_timeline", {"project_id": "p", "title": ""}, "Error: title must not be empty."),
        ("create_timeline", {"project_id": "p", "title": "T", "date": -9}, "Error: date must be milliseconds"),
        ("update_timeline", {"timeline_id": "x", "is_approved": 3}, "Error: is_approved must be 0 or 1"),
        ("update_timeline", {"timeline_id": "x"}, "Error: nothing to update"),
        ("get_client", {"client_id": "x"}, "No client has the id x."),
        ("update_client", {"client_id": "x", "name": "N"}, "No client has the id x."),
        ("delete_client", {"client_id": "x"}, "No client has the id x."),
        ("create_client", {"name": ""}, "Error: name must not be empty."),
        ("update_client", {"client_id": "x"}, "Error: nothing to update"),
    ],
)
async def test_what_cannot_be_done_is_told(home: Home, tool: str, args: dict[str, Any], text: str) -> None:
    assert (await home.use(tool, **args)).startswith(text)
    assert home.turn.noted.mutations == []
