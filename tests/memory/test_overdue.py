"""Work for users that nobody does: found by the clock, and given a job once."""

from datetime import timedelta
from uuid import UUID

from app.memory.embedding import EMBED_TASK, Embedding
from app.memory.overdue import Overdue
from app.threads.finishing import REMEMBER_TASK
from tests.memory.nightly import Nights, job

LONG = timedelta(minutes=31)
SHORT = timedelta(minutes=29)


async def test_a_turn_that_waits_for_more_than_half_an_hour_gets_a_job_and_a_fresh_one_does_not(
    nights: Nights, ada_id: UUID
) -> None:
    bob = await nights.user()
    await nights.turn(ada_id, ago=LONG)
    await nights.turn(bob, ago=SHORT)
    await Overdue(nights.system, nights.clock).start_again(job())
    assert await nights.lined_up(REMEMBER_TASK, ada_id, bob) == [ada_id]


async def test_looked_for_again_they_have_one_job_for_all_turns_of_a_user(nights: Nights, ada_id: UUID) -> None:
    for _ in range(2):
        await nights.turn(ada_id, ago=LONG)
        await Overdue(nights.system, nights.clock).start_again(job())
    assert await nights.lined_up(REMEMBER_TASK, ada_id) == [ada_id]


async def test_all_whose_turns_wait_are_found_however_many_there_are(nights: Nights) -> None:
    users = [await nights.user() for _ in range(5)]
    for user in users:
        await nights.turn(user, ago=LONG)
    await Overdue(nights.system, nights.clock, page=2).start_again(job())
    assert await nights.lined_up(REMEMBER_TASK, *users) == sorted(users)


async def test_all_whose_memories_lie_in_another_space_are_embedded_again_however_many_there_are(
    nights: Nights,
) -> None:
    users = [await nights.user() for _ in range(5)]
    for user in users:
        await nights.piece(user)
    there, lacking = users[:2], users[2:]
    await nights.change("UPDATE memory_bits SET space = space + 1 WHERE user_id = ANY(:users)", users=lacking)
    for _ in range(2):
        await Embedding(nights.stores, nights.system, page=2).start(job())
    assert await nights.lined_up(EMBED_TASK, *there, *lacking) == sorted(lacking)
