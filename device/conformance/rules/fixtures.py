"""Rows that several rules need. A desktop may enforce references, so what is referred to exists."""

from device.conformance.client import Client
from device.conformance.tables import Row


async def sample(client: Client, table: str) -> Row:
    """One row of the table with what belongs to it, as inserted."""
    text = client.text
    match table:
        case "tasks":
            project = await client.insert("projects", name=text("project"))
            return await client.insert("tasks", **task_data(client), projectId=project["id"])
        case "projects":
            customer = await client.insert("clients", name=text("client"))
            return await client.insert("projects", name=text("project"), clientId=customer["id"], aiSummary="short")
        case "timelines":
            project = await client.insert("projects", name=text("project"))
            dated = {"date": 1_800_000_000_000, "isAiSuggested": 1, "isApproved": 0}
            return await client.insert("timelines", title=text("milestone"), projectId=project["id"], **dated)
        case "notes":
            return await client.insert("notes", title=text("note"), content="# Heading\n\n- item")
        case "taskComments":
            task = await client.insert("tasks", title=text("task"))
            return await client.insert("taskComments", taskId=task["id"], author="Ada", content=text("comment"))
        case _:
            return await client.insert("clients", name=text("client"), industry="mining")


def task_data(client: Client) -> Row:
    """A task with something in every column but `projectId`."""
    return {
        "title": client.text("task"),
        "description": "described",
        "status": "in_progress",
        "priority": "high",
        "assignee": '["Ada", "Grace"]',
        "dueDate": 1_800_000_000_123,
        "isAiSuggested": 1,
        "isApproved": 0,
    }


async def project(client: Client, words: str = "project") -> str:
    """A project's id. What belongs to it can be told from everything the user has."""
    return str((await client.insert("projects", name=client.text(words)))["id"])


async def titled(client: Client, project_id: str, *titles: str) -> list[str]:
    """The ids of new tasks with these titles in a project."""
    rows = [await client.insert("tasks", title=client.text(title), projectId=project_id) for title in titles]
    return [str(row["id"]) for row in rows]
