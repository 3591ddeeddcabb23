"""All memories of a user who has more of them than are read at once."""

from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import insert

from app.memory import payloads
from app.memory.correcting import correct
from app.memory.listing import READ_AT_ONCE, everything
from app.memory.models import Memory
from tests.memory.nightly import Nights

MANY = READ_AT_ONCE * 2 + 1


async def many(nights: Nights, user_id: UUID) -> list[UUID]:
    """Oldest first; three at a time were written in the same moment."""
    ids = [uuid4() for _ in range(MANY)]
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
