"""All memories of a user who has more of them than are read at once."""

import asyncio
import gc
import time
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import insert

from app.accounts.export import Export
from app.memory import payloads
from app.memory.correcting import correct
from app.memory.listing import READ_AT_ONCE, everything
from app.memory.models import Memory, MemoryTurn, MemoryVersion
from tests.memory.nightly import Nights

MANY = READ_AT_ONCE * 2 + 1


async def many(nights: Nights, user_id: UUID, count: int = MANY) -> list[UUID]:
    """Oldest first; three at a time were written in the same moment, each in a turn of its own."""
    ids = [uuid4() for _ in range(count)]
    keys, began = await nights.stores.keys(user_id), nights.clock.now() - timedelta(days=30)
    rows = []
    for number, memory_id in enumerate(ids):
        payload = payloads.associative(f"Fact {number}.")
        at = began + timedelta(minutes=number // 3)
        rows.append(
            {
                "id": memory_id,
                "user_id": user_id,
                "tier": "associative",
                "payload": await payloads.sealed(keys, memory_id, payload),
                "size": payloads.size_of("associative", payload),
                "written_by": "extractor",
            }
            | dict.fromkeys(("created_at", "updated_at", "used_at"), at)
        )
    async with nights.db.of(user_id) as session:
        await session.execute(insert(Memory), rows)
        turns = [{"memory_id": each, "run_id": uuid4(), "user_id": user_id, "at": began} for each in ids]
        await session.execute(insert(MemoryTurn), turns)
    return ids


async def test_each_is_there_once_oldest_first_and_in_its_own_words(nights: Nights, ada_id: UUID) -> None:
    ids = await many(nights, ada_id)
    found = [each for each, _ in await everything(nights.stores, ada_id)]
    assert {each.id: each.text for each in found} == {each: f"Fact {number}." for number, each in enumerate(ids)}
    assert [(each.created_at, each.id) for each in found] == sorted((each.created_at, each.id) for each in found)
    assert len(found) == MANY


async def test_each_has_its_own_history_wherever_it_stands(nights: Nights, ada_id: UUID) -> None:
    ids = await many(nights, ada_id)
    corrected = {ids[0]: "Fact 0.", ids[-1]: f"Fact {MANY - 1}."}
    for each in corrected:
        await correct(nights.stores, ada_id, "associative", each, text="Something else.", pinned=None)
    histories = {each.id: [was.text for was in earlier] for each, earlier in await everything(nights.stores, ada_id)}
    assert {each: said for each, said in histories.items() if said} == {
        each: [before] for each, before in corrected.items()
    }


async def test_who_has_none_gets_none_and_nobody_gets_those_of_others(nights: Nights, ada_id: UUID) -> None:
    await nights.piece(await nights.user())
    assert await everything(nights.stores, ada_id) == []


# Nobody waits meanwhile

A_LOT = 1_500
LONGEST_S = 0.05  # of the loop's own work between two turns for others


@contextmanager
def no_collection() -> Iterator[None]:
    """When garbage is collected is chance, and how long it takes depends on all that this process has loaded."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


async def longest(work: Awaitable[object]) -> float:
    """How long the loop's thread works on without giving others a turn, in seconds of its own time."""
    loop, slices, last, is_over = asyncio.get_running_loop(), [0.0], time.thread_time(), False

    def tick() -> None:
        nonlocal last
        now = time.thread_time()
        slices.append(now - last)
        last = now
        if not is_over:
            loop.call_soon(tick)

    with no_collection():
        loop.call_soon(tick)
        assert await work
        is_over = True
        await asyncio.sleep(0)
    return max(slices)


async def test_others_have_their_turn_while_all_is_read(nights: Nights, ada_id: UUID) -> None:
    ids = await many(nights, ada_id, A_LOT)
    async with nights.db.of(ada_id) as session:
        await session.execute(insert(MemoryVersion), [await a_version(nights, ada_id, each) for each in ids])
    assert await longest(everything(nights.stores, ada_id)) < LONGEST_S


async def a_version(nights: Nights, user_id: UUID, memory_id: UUID) -> dict[str, object]:
    version_id, now = uuid4(), nights.clock.now()
    said = await payloads.sealed_version(await nights.stores.keys(user_id), version_id, payloads.associative("Before."))
    return {
        "id": version_id,
        "user_id": user_id,
        "memory_id": memory_id,
        "payload": said,
        "written_by": "extractor",
        "why": "merged",
    } | dict.fromkeys(("valid_from", "replaced_at"), now)


async def test_others_have_their_turn_while_an_account_is_exported(nights: Nights, ada_id: UUID) -> None:
    await many(nights, ada_id, A_LOT)
    export = Export(nights.db, nights.vault, nights.clock)
    assert await longest(export.archive(ada_id)) < LONGEST_S


# What does not open


async def test_what_does_not_open_is_named_and_the_rest_is_there(nights: Nights, ada_id: UUID) -> None:
    ids = await many(nights, ada_id, 3)
    await nights.change("UPDATE memories SET payload = 'damaged' WHERE id = :id", id=ids[1])
    found = [each for each, _ in await everything(nights.stores, ada_id)]
    assert [(each.id == ids[1], each.is_readable, each.text) for each in found if not each.is_readable] == [
        (True, False, "")
    ]
    assert sorted(each.text for each in found) == ["", "Fact 0.", "Fact 2."]


async def test_a_version_that_does_not_open_is_left_out(nights: Nights, ada_id: UUID) -> None:
    ids = await many(nights, ada_id, 1)
    for text in ("Fact 1.", "Fact 2."):
        await correct(nights.stores, ada_id, "associative", ids[0], text=text, pinned=None)
        nights.clock.move(seconds=1)
    await nights.change(
        "UPDATE memory_versions SET payload = 'damaged' WHERE memory_id = :id"
        " AND replaced_at = (SELECT max(replaced_at) FROM memory_versions WHERE memory_id = :id)",
        id=ids[0],
    )
    [(found, earlier)] = await everything(nights.stores, ada_id)
    assert (found.text, [each.text for each in earlier]) == ("Fact 2.", ["Fact 0."])
