"""What a user says in a turn is remembered after it, and told in the turns that follow."""

from typing import Any
from uuid import UUID

import psycopg

from tests.devices.live import LiveService
from tests.factories.people import Person
from tests.memory.remembered import core, items, remembered, say, told


async def test_a_fact_is_remembered_and_told_in_another_conversation(grace: Person) -> None:
    first = await say(grace, "I'm vegetarian, by the way.")
    await remembered(grace)
    assert "vegetarian" in " ".join((await core(grace)).values())
    second = await say(grace, "What do you know about me?")
    assert second["thread_id"] != first["thread_id"]
    assert "vegetarian" in second["response"]


async def test_asked_to_remember_it_does_so_at_once(grace: Person) -> None:
    answer = await say(grace, "Remember that I prefer short answers")
    assert await core(grace) == {"answers": "short"}
    assert "short" in answer["response"]
    (item,) = await items(grace, "core")
    assert item["origin"]["written_by"] == "assistant"


async def test_a_memory_knows_the_turn_it_was_said_in(
    grace: Person, remembering: LiveService, superuser_url: str
) -> None:
    answer = await say(grace, "My manager is Eva Berger.")
    await remembered(grace)
    (item,) = await items(grace, "core")
    with psycopg.connect(superuser_url) as connection:
        row = connection.execute("SELECT id FROM runs WHERE request_id = %s", [answer["request_id"]]).fetchone()
    assert row is not None
    assert [UUID(turn) for turn in item["origin"]["turns"]] == [row[0]]


async def test_a_contradiction_replaces_and_the_old_value_stays_in_the_history(grace: Person) -> None:
    await say(grace, "I live in Rome.")
    await remembered(grace, 1)
    await say(grace, "I moved to Milan last week.")
    await remembered(grace, 2)
    (item,) = [item for item in await items(grace, "core") if item["key"] == "home"]
    assert "Milan" in item["value"]
    whole = (await grace.get(f"/memory/core/{item['id']}")).json()
    assert ["Rome" in version["text"] for version in whole["history"]] == [True]


async def test_said_again_it_is_one_memory(grace: Person) -> None:
    for number in (1, 2):
        await say(grace, "The Acme launch is in the old harbour hall on 3 March.")
        await remembered(grace, number)
    assert len(await items(grace, "associative")) == 1


async def test_orders_questions_and_small_talk_leave_no_facts(grace: Person) -> None:
    said = ["Hello!", "List my tasks", "What's due today?", "Thanks, that is great"]
    for number, message in enumerate(said, 1):
        await say(grace, message)
        await remembered(grace, number)
    assert (await items(grace, "core"), await items(grace, "associative")) == ([], [])


async def test_words_of_the_assistant_are_no_facts(grace: Person) -> None:
    await say(grace, "I work at Northwind.")
    await remembered(grace, 1)
    answer = await say(grace, "What do you know about me?")
    assert "Northwind" in answer["response"]
    await remembered(grace, 2)
    assert [item["mentions"] for item in await items(grace, "core")] == [1]


async def test_a_session_is_one_paragraph_that_grows(grace: Person) -> None:
    for number, message in enumerate(["I live in Rome.", "What's due today?"], 1):
        await say(grace, message, session_id="monday")
        await remembered(grace, number)
    (episode,) = await items(grace, "episodic")
    assert len(episode["origin"]["turns"]) == 2
    assert "\n" not in episode["summary"]
    await say(grace, "List my clients", session_id="tuesday")
    await remembered(grace, 3)
    assert len(await items(grace, "episodic")) == 2
    assert "Earlier sessions" in await told(grace)


async def test_a_turn_over_rest_without_a_session_is_one_by_its_thread(grace: Person) -> None:
    first = await say(grace, "I live in Rome.")
    await remembered(grace, 1)
    await say(grace, "What's due today?", thread_id=first["thread_id"])
    await remembered(grace, 2)
    assert len(await items(grace, "episodic")) == 1


# Switched off


async def test_while_memory_is_off_nothing_is_told_or_remembered(grace: Person, superuser_url: str) -> None:
    await grace.request("PUT", "/memory/core/diet", json={"value": "vegan"})
    await grace.request("PUT", "/memory/settings", json={"enabled": False})
    assert await told(grace, "diet") == ""
    answer = await say(grace, "I live in Rome.")
    await say(grace, "Remember that my name is Bob")
    with psycopg.connect(superuser_url) as connection:
        waiting = connection.execute(
            "SELECT count(*) FROM memory_inbox i JOIN runs r ON r.id = i.run_id WHERE r.request_id = %s",
            [answer["request_id"]],
        ).fetchone()
    assert waiting == (0,)
    assert await core(grace) == {"diet": "vegan"}
    await grace.request("PUT", "/memory/settings", json={"enabled": True})
    assert "vegan" in await told(grace, "diet")


# Corrected and forgotten


async def test_a_correction_is_what_the_next_turn_is_told(grace: Person) -> None:
    await say(grace, "Remember that my manager is Eva")
    await grace.request("PUT", "/memory/core/manager", json={"value": "Tom"})
    assert "manager: Tom" in await told(grace)
    assert "Tom" in (await say(grace, "Who is my manager?"))["response"]


async def test_forgotten_it_is_gone_from_lists_search_and_the_next_turn(grace: Person) -> None:
    await say(grace, "The Acme launch is in the old harbour hall on 3 March.")
    await remembered(grace)
    (item,) = await items(grace, "associative")
    assert "harbour" in await told(grace, "Where is the Acme launch party?")
    assert (await grace.delete(f"/memory/associative/{item['id']}")).status_code == 204
    assert await items(grace, "associative") == []
    assert "harbour" not in await told(grace, "Where is the Acme launch party?")
    assert "harbour" not in (await say(grace, "What did I tell you about the Acme launch party?"))["response"]


async def test_a_forgotten_fact_takes_its_sentence_in_the_summary_along(grace: Person) -> None:
    await say(grace, "I'm allergic to peanuts.", session_id="s")
    await remembered(grace, 1)
    await say(grace, "What's due today?", session_id="s")
    await remembered(grace, 2)
    assert "peanuts" in (await items(grace, "episodic"))[0]["summary"]
    (fact,) = await items(grace, "core")
    await grace.delete(f"/memory/core/{fact['key']}")
    (episode,) = await items(grace, "episodic")
    assert "peanuts" not in episode["summary"]
    assert len(episode["origin"]["turns"]) == 1


async def test_a_session_that_was_about_nothing_else_goes_with_its_fact(grace: Person) -> None:
    await say(grace, "I'm allergic to peanuts.")
    await remembered(grace)
    await grace.delete("/memory?tier=core")
    assert await items(grace, "episodic") == []


async def test_what_waits_to_be_remembered_does_not_come_back_after_it_was_forgotten(
    grace: Person, remembering: LiveService, superuser_url: str
) -> None:
    await say(grace, "I'm allergic to peanuts.")
    await remembered(grace)
    with _held_up(superuser_url):
        await say(grace, "I'm allergic to peanuts.")
        await say(grace, "I live in Rome.")
        await grace.delete("/memory/core/peanut%20allergy")
    await remembered(grace)
    assert await core(grace) == {"home": "Rome"}


async def test_what_waits_to_be_remembered_goes_when_everything_is_forgotten(
    grace: Person, remembering: LiveService, superuser_url: str
) -> None:
    with _held_up(superuser_url):
        await say(grace, "The Acme launch is on 3 March.")
        await grace.delete("/memory")
    await say(grace, "I live in Rome.")
    await remembered(grace)
    assert (await items(grace, "associative"), len(await items(grace, "episodic"))) == ([], 1)


async def test_a_thread_deleted_before_its_turn_is_remembered_leaves_nothing(grace: Person, superuser_url: str) -> None:
    with _held_up(superuser_url):
        answer = await say(grace, "The Acme launch is on 3 March.")
        await grace.delete(f"/threads/{answer['thread_id']}")
    await say(grace, "I live in Rome.")
    await remembered(grace)
    assert (await items(grace, "associative"), len(await items(grace, "episodic"))) == ([], 1)


class _held_up:  # noqa: N801 - reads as a word of the test
    """While it lasts, no job writes anybody's memory: somebody else has the lock that all of them need."""

    def __init__(self, url: str) -> None:
        self._url = url

    def __enter__(self) -> None:
        self._connection: psycopg.Connection[Any] = psycopg.connect(self._url)
        self._connection.execute(
            "UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 hour'"
            " WHERE task_name = 'memory.remember' AND status = 'todo'"
        )
        self._connection.execute(
            "CREATE OR REPLACE FUNCTION hold_up() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN NEW.scheduled_at := now() + interval '1 hour'; RETURN NEW; END $$"
        )
        self._connection.execute(
            "CREATE TRIGGER held_up BEFORE INSERT ON procrastinate_jobs FOR EACH ROW"
            " WHEN (NEW.task_name = 'memory.remember') EXECUTE FUNCTION hold_up()"
        )
        self._connection.commit()

    def __exit__(self, *_: object) -> None:
        self._connection.execute("DROP TRIGGER held_up ON procrastinate_jobs")
        self._connection.execute("DROP FUNCTION hold_up")
        self._connection.execute(
            "UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE task_name = 'memory.remember' AND status = 'todo'"
        )
        self._connection.commit()
        self._connection.execute("SELECT pg_notify('procrastinate_queue#default', '')")
        self._connection.commit()
        self._connection.close()
