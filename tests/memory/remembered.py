"""People who tell the assistant things, and look at what it remembers."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from tests.factories.people import Person

Item = dict[str, Any]


async def say(person: Person, message: str, **fields: Any) -> Item:
    answer = await person.post("/chat", json={"message": message} | fields)
    assert answer.status_code == 200, answer.text
    told: Item = answer.json()
    return told


async def items(person: Person, tier: str) -> list[Item]:
    answer = await person.get(f"/memory/{tier}")
    assert answer.status_code == 200, answer.text
    found: list[Item] = answer.json()["items"]
    return found


async def core(person: Person) -> dict[str, str]:
    return {item["key"]: item["value"] for item in await items(person, "core")}


async def told(person: Person, message: str = "Hello") -> str:
    """What a turn with this message would be told."""
    answer = await person.get("/memory/context", params={"message": message})
    assert answer.status_code == 200, answer.text
    text: str = answer.json()["text"]
    return text


async def until(holds: Callable[[], Awaitable[bool]], within_s: float = 30) -> None:
    """Wait for what the background does."""
    async with asyncio.timeout(within_s):
        while not await holds():  # noqa: ASYNC110 - it happens where no event can be set
            await asyncio.sleep(0.05)


async def remembered(person: Person, turns: int = 1) -> None:
    """Wait until this many turns of one session are remembered."""

    async def are() -> bool:
        return sum(len(item["origin"]["turns"]) for item in await items(person, "episodic")) >= turns

    await until(are)
