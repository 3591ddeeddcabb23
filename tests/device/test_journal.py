import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from device import Call, Database, Levers
from device.faulty_journals import Crashed
from tests.device.conftest import Clock, Tables


async def test_a_write_with_the_same_id_takes_effect_once_and_answers_the_same(tables: Tables) -> None:
    first = await tables.outcome("insert", id="i", table="tasks", data={"title": "T"})
    again = await tables.outcome("insert", id="i", table="tasks", data={"title": "T"}, attempt=2)
    assert again.result == first.result
    assert (first.kind.value, again.kind.value) == ("done", "repeated")
    assert tables.database.count("tasks") == 1
    assert (tables.database.counts.effects, tables.database.counts.repeats) == (1, 1)


async def test_a_repeated_delete_still_says_deleted(tables: Tables) -> None:
    row = await tables.insert("tasks", title="T")
    for _ in range(2):
        assert await tables.call("delete", id="d", table="tasks", data={"id": row["id"]}) == {"deleted": True}


async def test_a_repeated_update_does_not_undo_what_came_after_it(tables: Tables) -> None:
    row = await tables.insert("tasks", title="old")
    update = {"id": "u1", "table": "tasks", "data": {"id": row["id"], "updates": {"title": "first"}}}
    await tables.call("update", **update)
    await tables.call("update", id="u2", table="tasks", data={"id": row["id"], "updates": {"title": "second"}})
    assert (await tables.call("update", **update))["row"]["title"] == "first"
    assert tables.database.rows("tasks")[0]["title"] == "second"


async def test_a_refused_write_stays_refused_although_it_would_do_now(tables: Tables) -> None:
    call: dict[str, Any] = {"id": "i", "table": "tasks", "data": {"title": "T", "projectId": "p"}}
    first = await tables.call("insert", **call)
    await tables.insert("projects", id="p", name="P")
    assert await tables.call("insert", **call) == first
    assert tables.database.count("tasks") == 0


async def test_reads_are_not_journaled(tables: Tables) -> None:
    await tables.call("select", id="r", table="tasks")
    await tables.insert("tasks", title="new")
    assert len((await tables.call("select", id="r", table="tasks"))["rows"]) == 1
    assert [row["action"] for row in tables.database.query("SELECT action FROM journal")] == ["insert"]


async def test_the_journal_forgets_after_seven_days(tables: Tables, clock: Clock) -> None:
    await tables.call("insert", id="old", table="tasks", data={"title": "T"})
    clock.ms += 7 * 24 * 3600 * 1000
    await tables.call("insert", id="young", table="tasks", data={"title": "T"})
    assert {row["id"] for row in tables.database.query("SELECT id FROM journal")} == {"old", "young"}
    clock.ms += 1
    await tables.call("insert", id="younger", table="tasks", data={"title": "T"})
    assert {row["id"] for row in tables.database.query("SELECT id FROM journal")} == {"young", "younger"}


async def test_effect_and_journal_are_there_together_or_not_at_all(tables: Tables) -> None:
    def break_journal(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TRIGGER full BEFORE INSERT ON journal BEGIN SELECT RAISE(ABORT, 'disk full'); END")

    await tables.database.work(break_journal)
    outcome = await tables.outcome("insert", id="i", table="tasks", data={"title": "T"})
    assert outcome.kind.value == "failed"
    assert tables.database.count("tasks") == 0
    await tables.database.work(lambda connection: connection.execute("DROP TRIGGER full"))
    assert "row" in await tables.call("insert", id="i", table="tasks", data={"title": "T"})


async def test_a_journal_outside_the_transaction_doubles_the_effect_of_a_crash(tables: Tables) -> None:
    """What the rule is for: without it, this is what happens."""
    levers = Levers(journal_outside_transaction=True, crash_between=1)
    call = Call("i", "insert", "tasks", {"title": "T"})
    with pytest.raises(Crashed):
        await tables.database.carry_out(call, levers.journal())
    await tables.database.carry_out(call, levers.journal())
    assert tables.database.count("tasks") == 2


async def test_a_device_without_a_journal_is_saved_by_ids_of_the_server(tables: Tables) -> None:
    journal = Levers(without_journal=True).journal()
    for _ in range(2):
        await tables.database.carry_out(Call("a", "insert", "tasks", {"title": "T"}), journal)
        await tables.database.carry_out(Call("b", "insert", "tasks", {"title": "T", "id": "chosen"}), journal)
    assert tables.database.count("tasks") == 3
    assert tables.database.count("journal") == 0


WRITES = some.sampled_from(
    [
        ("insert", "projects", {"id": "p", "name": "P"}),
        ("insert", "tasks", {"title": "T"}),
        ("insert", "tasks", {"title": "T", "projectId": "p"}),
        ("insert", "tasks", {"nonsense": 1}),
        ("insert", "notes", {"id": "n", "title": "N"}),
        ("update", "projects", {"id": "p", "updates": {"name": "Q"}}),
        ("delete", "projects", {"id": "p"}),
        ("delete", "notes", {"id": "n"}),
    ]
)


@given(calls=some.lists(some.tuples(some.integers(0, 4), WRITES), max_size=25))
@settings(max_examples=20, deadline=None)
async def test_however_often_calls_are_repeated_each_id_has_one_effect_and_one_answer(
    calls: list[tuple[int, tuple[str, str, dict[str, Any]]]],
) -> None:
    """Against a device that hears every id once."""
    first_of: dict[str, Call] = {}
    for number, (action, table, data) in calls:
        first_of.setdefault(str(number), Call(str(number), action, table, data))
    with TemporaryDirectory() as folder:
        repeating = Database(Path(folder) / "a", durable=False, clock=lambda: 5)
        once = Database(Path(folder) / "b", durable=False, clock=lambda: 5)
        answers: dict[str, set[str]] = {}
        for number, _ in calls:
            outcome = await repeating.carry_out(first_of[str(number)])
            answers.setdefault(str(number), set()).add(str(outcome.result))
        for call in first_of.values():
            await once.carry_out(call)
        assert all(len(each) == 1 for each in answers.values())
        assert repeating.counts.effects == once.counts.effects
        for table in ("projects", "tasks", "notes"):
            assert _comparable(repeating.rows(table)) == _comparable(once.rows(table))
        await repeating.close()
        await once.close()


def _comparable(rows: list[dict[str, Any]]) -> list[str]:
    """Ids that devices make up differ."""
    return sorted(str({**row, "id": row["id"] if len(row["id"]) < 36 else "made up"}) for row in rows)
