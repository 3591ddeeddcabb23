"""Threads as their user reads them, over HTTP."""

from typing import Any
from uuid import UUID

from tests.factories.people import Person


async def listed(person: Person, **parameters: Any) -> list[dict[str, Any]]:
    answer = await person.get("/threads", params=parameters)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def thread(person: Person, thread_id: UUID) -> dict[str, Any]:
    answer = await person.get(f"/threads/{thread_id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def events(person: Person, thread_id: UUID, **parameters: Any) -> list[dict[str, Any]]:
    answer = await person.get(f"/threads/{thread_id}/events", params=parameters)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def said(person: Person, thread_id: UUID) -> list[tuple[str, str, Any]]:
    """(type, actor, content) of each event."""
    return [(each["type"], each["actor"], each["content"]) for each in await events(person, thread_id)]
