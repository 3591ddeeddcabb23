"""Patterns over a user's sessions: found at night, surer with evidence, never counted twice."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from app.errors import Overloaded
from app.memory import payloads
from app.memory.correcting import correct
from app.memory.forgetting import forget, forget_all
from app.memory.listing import one
from app.memory.models import Memory
from app.memory.ports import Pattern
from app.memory.records import Remembered
from app.memory.reflecting import REFLECT_RETRY, REFLECT_TASK, Reflecting
from app.memory.settings import switch
from tests.memory.nightly import MONDAYS, Nights, job


def seen_in(episodes: Sequence[UUID], text: str = MONDAYS, same_as: UUID | None = None) -> Pattern:
    return Pattern(text=text, grounds=f"{len(episodes)} sessions", episodes=tuple(episodes), same_as=same_as)


async def reflect(nights: Nights, user_id: UUID, *, attempt: int = 1) -> None:
    await nights.reflecting.one(job(attempt), user_id=str(user_id))


async def patterns(nights: Nights, user_id: UUID) -> list[Remembered]:
    rows = await nights.rows(
        "SELECT id FROM memories WHERE user_id = :id AND tier = 'proactive' ORDER BY created_at, id", id=user_id
    )
    return [(await one(nights.stores, user_id, "proactive", row.id))[0] for row in rows]


async def evidence(nights: Nights, pattern_id: UUID) -> set[UUID]:
    rows = await nights.rows("SELECT evidence_id FROM memory_evidence WHERE memory_id = :id", id=pattern_id)
    return {row.evidence_id for row in rows}


# Found


async def test_what_three_sessions_show_is_remembered_with_its_source_and_about_half_believed(
    nights: Nights, ada_id: UUID
) -> None:
    sessions = await nights.mondays(ada_id)
    nights.mirror.sees = [seen_in(sessions)]
    await reflect(nights, ada_id)
    [pattern] = await patterns(nights, ada_id)
    assert (pattern.text, pattern.grounds, pattern.source.written_by) == (MONDAYS, "3 sessions", "reflection")
    assert pattern.confidence == pytest.approx(0.5, abs=0.05)
    assert await evidence(nights, pattern.id) == set(sessions)


async def test_the_model_is_shown_the_sessions_of_two_months_oldest_first_and_what_is_known(
    nights: Nights, ada_id: UUID
) -> None:
    await nights.episode(ada_id, "Long ago.", ago=timedelta(days=61))
    early = await nights.episode(ada_id, "Asked for the report.", ago=timedelta(days=59))
    late = [await nights.episode(ada_id) for _ in range(2)]
    known = await nights.pattern(ada_id, [early], confidence=0.4)
    await reflect(nights, ada_id)
    [(episodes, patterns_known)] = nights.mirror.asked
    assert [each.id for each in episodes] == [early, *late]
    assert episodes[0].summary == "Asked for the report."
    assert [(each.id, each.text, each.confidence) for each in patterns_known] == [(known, MONDAYS, 0.4)]


async def test_a_pattern_is_found_by_its_meaning_and_its_words_are_sealed(nights: Nights, ada_id: UUID) -> None:
    nights.mirror.sees = [seen_in(await nights.mondays(ada_id))]
    await reflect(nights, ada_id)
    [row] = await nights.rows(
        "SELECT payload, (SELECT count(*) FROM memory_bits b WHERE b.memory_id = m.id AND b.tier = 'proactive') AS bits"
        " FROM memories m WHERE tier = 'proactive' AND user_id = :id",
        id=ada_id,
    )
    assert row.bits == 1
    assert b"Mondays" not in bytes(row.payload)


async def test_two_sessions_are_nothing_to_ask_a_model_about(nights: Nights, ada_id: UUID) -> None:
    await nights.mondays(ada_id, 2)
    await reflect(nights, ada_id)
    assert nights.mirror.asked == []
    third = await nights.episode(ada_id)
    await reflect(nights, ada_id)
    [(episodes, _)] = nights.mirror.asked
    assert episodes[-1].id == third
    assert len(episodes) == 3


async def test_what_rests_on_too_few_sessions_or_on_those_of_others_is_dropped(nights: Nights, ada_id: UUID) -> None:
    bob = await nights.user()
    mine, his = await nights.mondays(ada_id), await nights.mondays(bob)
    nights.mirror.sees = [seen_in(mine[:2]), seen_in([mine[0], *his]), seen_in([mine[0]] * 3), seen_in(())]
    await reflect(nights, ada_id)
    assert await patterns(nights, ada_id) == []
    assert await nights.reflected_at(ada_id) is not None


# Confirmed


async def test_a_new_session_makes_a_known_pattern_surer(nights: Nights, ada_id: UUID) -> None:
    sessions = await nights.mondays(ada_id)
    nights.mirror.sees = [seen_in(sessions)]
    await reflect(nights, ada_id)
    [before] = await patterns(nights, ada_id)
    later = await nights.episode(ada_id)
    nights.mirror.sees = [seen_in([*sessions, later], "Starts Mondays with a plan", same_as=before.id)]
    await reflect(nights, ada_id)
    [after] = await patterns(nights, ada_id)
    assert (after.id, after.text, after.grounds, after.mentions) == (before.id, MONDAYS, "4 sessions", 4)
    assert (before.confidence or 0) + 0.05 < (after.confidence or 0) < 0.65


@pytest.mark.parametrize("words", [MONDAYS, "plans the week  on mondays", "Plans the whole week on Mondays."])
async def test_a_pattern_that_is_found_again_is_the_one_that_is_known(nights: Nights, ada_id: UUID, words: str) -> None:
    nights.limits = type(nights.limits)(same=0.8)
    sessions = await nights.mondays(ada_id)
    known = await nights.pattern(ada_id, sessions)
    later = await nights.episode(ada_id)
    nights.mirror.sees = [seen_in([*sessions, later], words)]
    await reflect(nights, ada_id)
    assert [each.id for each in await patterns(nights, ada_id)] == [known]
    assert await evidence(nights, known) == {*sessions, later}


async def test_another_pattern_over_the_same_sessions_is_another(nights: Nights, ada_id: UUID) -> None:
    sessions = await nights.mondays(ada_id)
    nights.mirror.sees = [seen_in(sessions), seen_in(sessions, "Asks for short answers in the evening.")]
    await reflect(nights, ada_id)
    assert {each.text for each in await patterns(nights, ada_id)} == {each.text for each in nights.mirror.sees}


async def test_a_job_that_runs_again_asks_and_counts_nothing_again(nights: Nights, ada_id: UUID) -> None:
    nights.mirror.sees = [seen_in(await nights.mondays(ada_id))]
    await reflect(nights, ada_id)
    before = await patterns(nights, ada_id)
    await reflect(nights, ada_id)
    assert len(nights.mirror.asked) == 1
    assert await patterns(nights, ada_id) == before


async def test_the_same_sessions_are_no_evidence_twice_however_often_a_model_finds_them(
    nights: Nights, ada_id: UUID
) -> None:
    sessions = await nights.mondays(ada_id)
    nights.mirror.sees = [seen_in(sessions)]
    await reflect(nights, ada_id)
    [before] = await patterns(nights, ada_id)
    await nights.episode(ada_id, "Something else.")
    await reflect(nights, ada_id)
    [after] = await patterns(nights, ada_id)
    assert after.mentions == before.mentions == 3
    assert after.confidence == pytest.approx(before.confidence, abs=1e-4)


async def test_what_no_session_shows_any_more_fades(nights: Nights, ada_id: UUID) -> None:
    nights.mirror.sees = [seen_in(await nights.mondays(ada_id))]
    await reflect(nights, ada_id)
    [before] = await patterns(nights, ada_id)
    nights.clock.move(days=45)
    nights.mirror.sees = []
    await nights.episode(ada_id, "Something else.")
    await reflect(nights, ada_id)
    [after] = await patterns(nights, ada_id)
    assert after.confidence == pytest.approx((before.confidence or 0) / 2, rel=1e-3)


# Forgotten, corrected or switched off meanwhile


async def test_a_pattern_the_user_has_forgotten_does_not_come_back_from_the_sessions_it_was_seen_in(
    nights: Nights, ada_id: UUID
) -> None:
    sessions = await nights.mondays(ada_id)
    nights.mirror.sees = [seen_in(sessions)]
    await reflect(nights, ada_id)
    [pattern] = await patterns(nights, ada_id)
    await forget(nights.stores, ada_id, "proactive", pattern.id)
    await nights.episode(ada_id, "Something else.")
    await reflect(nights, ada_id)
    assert await patterns(nights, ada_id) == []


async def test_a_pattern_that_the_user_has_corrected_is_confirmed_by_its_old_words_and_keeps_the_new(
    nights: Nights, ada_id: UUID
) -> None:
    sessions = await nights.mondays(ada_id)
    nights.mirror.sees = [seen_in(sessions)]
    await reflect(nights, ada_id)
    [found] = await patterns(nights, ada_id)
    for words in ("Starts each project with a budget.", "Likes calm beginnings."):
        await correct(nights.stores, ada_id, "proactive", found.id, text=words, pinned=None)
    later = await nights.episode(ada_id)
    nights.mirror.sees = [seen_in([*sessions, later], "plans the week on Mondays")]
    await reflect(nights, ada_id)
    [pattern] = await patterns(nights, ada_id)
    assert (pattern.id, pattern.text, pattern.source.written_by) == (found.id, "Likes calm beginnings.", "user")
    assert (pattern.mentions, await evidence(nights, pattern.id)) == (4, {*sessions, later})


async def test_a_session_that_is_forgotten_while_the_model_thinks_is_no_evidence(nights: Nights, ada_id: UUID) -> None:
    sessions = await nights.mondays(ada_id, 4)
    nights.mirror.sees = [seen_in(sessions[:3]), seen_in(sessions, "Asks for short answers in the evening.")]
    nights.mirror.meanwhile = lambda: forget(nights.stores, ada_id, "episodic", sessions[0])
    await reflect(nights, ada_id)
    [pattern] = await patterns(nights, ada_id)
    assert pattern.text == nights.mirror.sees[1].text
    assert await evidence(nights, pattern.id) == set(sessions[1:])


async def test_a_session_that_says_something_else_by_now_is_looked_at_another_time(
    nights: Nights, ada_id: UUID
) -> None:
    sessions = await nights.mondays(ada_id)
    nights.mirror.sees = [seen_in(sessions)]

    async def go_on() -> None:
        keys = await nights.stores.keys(ada_id)
        async with nights.db.of(ada_id) as session:
            row = await session.get_one(Memory, sessions[-1])
            said = payloads.episodic(payloads.SessionNotes("Cancelled the plan.", ()))
            row.payload, row.updated_at = await payloads.sealed(keys, row.id, said), nights.clock.now()

    nights.mirror.meanwhile = go_on
    await reflect(nights, ada_id)
    assert await patterns(nights, ada_id) == []
    nights.mirror.meanwhile = None
    await reflect(nights, ada_id)
    assert [each.text for each in await patterns(nights, ada_id)] == [MONDAYS]


async def test_a_pattern_that_is_forgotten_while_the_model_confirms_it_stays_forgotten(
    nights: Nights, ada_id: UUID
) -> None:
    sessions = await nights.mondays(ada_id)
    known = await nights.pattern(ada_id, sessions[:1])
    nights.mirror.sees = [seen_in(sessions, same_as=known)]
    nights.mirror.meanwhile = lambda: forget(nights.stores, ada_id, "proactive", known)
    await reflect(nights, ada_id)
    assert await patterns(nights, ada_id) == []


async def test_nothing_is_looked_at_while_memory_is_off_and_nothing_written_when_it_goes_off_meanwhile(
    nights: Nights, ada_id: UUID
) -> None:
    nights.mirror.sees = [seen_in(await nights.mondays(ada_id))]
    nights.mirror.meanwhile = lambda: switch(nights.stores, ada_id, enabled=False)
    for _ in range(2):
        await reflect(nights, ada_id)
    assert len(nights.mirror.asked) == 1
    assert (await patterns(nights, ada_id), await nights.reflected_at(ada_id)) == ([], None)


async def test_everything_can_be_forgotten_while_the_model_thinks(nights: Nights, ada_id: UUID) -> None:
    nights.mirror.sees = [seen_in(await nights.mondays(ada_id))]
    nights.mirror.meanwhile = lambda: forget_all(nights.stores, ada_id, None)
    await reflect(nights, ada_id)
    assert await nights.there(ada_id) == set()


# Models that do not answer


async def test_no_model_means_another_attempt_and_rules_at_the_last(nights: Nights, ada_id: UUID) -> None:
    nights.mirror.away = True
    nights.rules.sees = [seen_in(await nights.mondays(ada_id))]
    for attempt in range(1, REFLECT_RETRY.attempts):
        with pytest.raises(Overloaded):
            await reflect(nights, ada_id, attempt=attempt)
    assert (nights.rules.asked, await nights.reflected_at(ada_id)) == ([], None)
    await reflect(nights, ada_id, attempt=REFLECT_RETRY.attempts)
    assert [each.text for each in await patterns(nights, ada_id)] == [MONDAYS]


class NoEmbeddings:
    async def embed(self, _texts: Sequence[str]) -> list[list[float]]:
        raise Overloaded("No model answers.")


async def test_without_embeddings_a_pattern_is_kept_and_embedded_later(nights: Nights, ada_id: UUID) -> None:
    nights.mirror.sees = [seen_in(await nights.mondays(ada_id))]
    nights.embedder = NoEmbeddings()
    await reflect(nights, ada_id)
    assert len(await patterns(nights, ada_id)) == 1
    assert await lined_up(nights, ada_id, task="memory.embed") == {ada_id}


async def test_no_transaction_is_open_while_the_model_thinks(nights: Nights, ada_id: UUID) -> None:
    await nights.mondays(ada_id)

    async def look() -> None:
        [row] = await nights.rows(
            "SELECT count(*) AS open FROM pg_stat_activity"
            " WHERE datname = current_database() AND state LIKE 'idle in%' AND pid <> pg_backend_pid()"
        )
        assert row.open == 0

    nights.mirror.meanwhile = look
    await reflect(nights, ada_id)
    assert len(nights.mirror.asked) == 1


# Who is looked at


async def lined_up(nights: Nights, *users: UUID, task: str = REFLECT_TASK) -> set[UUID]:
    """Those of the users who have a job in line, which is one job each."""
    rows = await nights.rows(
        "SELECT args ->> 'user_id' AS id FROM procrastinate_jobs WHERE task_name = :task", task=task
    )
    assert len(rows) == len({row.id for row in rows})
    return {UUID(row.id) for row in rows} & set(users)


async def test_users_with_new_sessions_get_a_job_each_and_once(nights: Nights, ada_id: UUID) -> None:
    bob, eve, nobody = await nights.user(), await nights.user(), await nights.user()
    await nights.episode(ada_id)
    await nights.episode(bob, ago=timedelta(days=61))
    await nights.episode(eve)
    await switch(nights.stores, eve, enabled=False)
    for _ in range(2):
        await nights.reflecting.start(job())
    assert await lined_up(nights, ada_id, bob, eve, nobody) == {ada_id}


async def test_a_user_who_has_been_looked_at_is_left_alone_until_there_is_a_new_session(
    nights: Nights, ada_id: UUID
) -> None:
    await nights.mondays(ada_id)
    await reflect(nights, ada_id)
    await nights.reflecting.start(job())
    assert await lined_up(nights, ada_id) == set()
    await nights.episode(ada_id)
    await nights.reflecting.start(job())
    assert await lined_up(nights, ada_id) == {ada_id}


async def test_all_users_are_found_however_many_there_are(nights: Nights, ada_id: UUID) -> None:
    users = {ada_id, *[await nights.user() for _ in range(4)]}
    for user in users:
        await nights.episode(user)
    await Reflecting(nights.system, nights.stores, nights.mirror, nights.rules, page=2).start(job())
    assert await lined_up(nights, *users) == users


async def test_two_reflections_of_a_user_at_once_write_one_pattern(nights: Nights, ada_id: UUID) -> None:
    nights.mirror.sees = [seen_in(await nights.mondays(ada_id))]
    both = asyncio.Barrier(2)
    nights.mirror.meanwhile = both.wait
    async with asyncio.timeout(10):
        await asyncio.gather(reflect(nights, ada_id), reflect(nights, ada_id))
    [pattern] = await patterns(nights, ada_id)
    assert pattern.mentions == 3


async def test_a_user_who_is_gone_has_nothing_to_be_looked_at(nights: Nights) -> None:
    await reflect(nights, uuid4())
    assert nights.mirror.asked == []
