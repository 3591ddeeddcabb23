from typing import Any
from uuid import UUID

import pytest

from device import Database
from tests.device.conftest import Clock, Tables


async def test_an_insert_returns_the_whole_row_with_the_devices_own_columns_and_defaults(
    tables: Tables, clock: Clock
) -> None:
    row = await tables.insert("tasks", title="Call Ann")
    assert UUID(row.pop("id")).version == 4
    assert row == {
        "projectId": None, "title": "Call Ann", "description": None, "status": "todo", "priority": "medium",
        "assignee": None, "dueDate": None, "isAiSuggested": 0, "isApproved": 0, "createdAt": clock.ms,
    }  # fmt: skip


async def test_all_six_tables_have_exactly_the_columns_of_the_protocol(tables: Tables) -> None:
    project = await tables.insert("projects", name="P")
    task = await tables.insert("tasks", title="T")
    timeline = await tables.insert("timelines", projectId=project["id"], title="M", date=5)
    note = await tables.insert("notes", title="N")
    comment = await tables.insert("taskComments", taskId=task["id"], content="c")
    client = await tables.insert("clients", name="C")
    assert list(project) == ["id", "clientId", "name", "status", "aiSummary", "createdAt"]
    assert list(timeline) == ["id", "projectId", "title", "date", "isAiSuggested", "isApproved", "createdAt"]
    assert list(note) == ["id", "projectId", "title", "content", "createdAt", "updatedAt"]
    assert list(comment) == ["id", "taskId", "author", "content", "createdAt"]
    assert list(client) == ["id", "parentId", "name", "industry", "createdAt"]


async def test_an_insert_that_carries_an_id_uses_it_and_its_repeat_returns_the_row_that_is_there(
    tables: Tables,
) -> None:
    first = await tables.insert("clients", id="c-1", name="First")
    again = await tables.insert("clients", id="c-1", name="Second")
    assert first["id"] == "c-1"
    assert again == first
    assert tables.database.count("clients") == 1


async def test_an_update_changes_the_given_columns_and_no_other(tables: Tables) -> None:
    row = await tables.insert("tasks", title="Old", priority="high", dueDate=7)
    answer = await tables.call(
        "update", table="tasks", data={"id": row["id"], "updates": {"title": "New", "dueDate": None}}
    )
    assert answer == {"row": row | {"title": "New", "dueDate": None}}
    assert tables.database.rows("tasks") == [answer["row"]]


async def test_a_note_remembers_when_it_was_changed(tables: Tables, clock: Clock) -> None:
    note = await tables.insert("notes", title="N")
    clock.ms += 60_000
    answer = await tables.call("update", table="notes", data={"id": note["id"], "updates": {"content": "x"}})
    assert answer["row"]["updatedAt"] == note["createdAt"] + 60_000
    assert answer["row"]["createdAt"] == note["createdAt"]


async def test_rows_that_do_not_exist_are_null_or_not_deleted(tables: Tables) -> None:
    assert await tables.call("get", table="tasks", data={"id": "x"}) == {"row": None}
    assert await tables.call("update", table="tasks", data={"id": "x", "updates": {"title": "y"}}) == {"row": None}
    assert await tables.call("delete", table="tasks", data={"id": "x"}) == {"deleted": False}


async def test_a_deleted_row_is_gone(tables: Tables) -> None:
    row = await tables.insert("tasks", title="T")
    assert await tables.call("get", table="tasks", data={"id": row["id"]}) == {"row": row}
    assert await tables.call("delete", table="tasks", data={"id": row["id"]}) == {"deleted": True}
    assert await tables.call("get", table="tasks", data={"id": row["id"]}) == {"row": None}


async def test_a_deleted_project_leaves_its_tasks_and_notes_and_takes_its_milestones(tables: Tables) -> None:
    project = await tables.insert("projects", name="P")
    task = await tables.insert("tasks", title="T", projectId=project["id"])
    note = await tables.insert("notes", title="N", projectId=project["id"])
    await tables.insert("timelines", title="M", projectId=project["id"])
    await tables.call("delete", table="projects", data={"id": project["id"]})
    assert tables.database.rows("tasks") == [task | {"projectId": None}]
    assert tables.database.rows("notes") == [note | {"projectId": None}]
    assert tables.database.count("timelines") == 0


async def test_a_deleted_task_takes_its_comments_and_a_deleted_client_leaves_its_projects(tables: Tables) -> None:
    client = await tables.insert("clients", name="C")
    project = await tables.insert("projects", name="P", clientId=client["id"])
    task = await tables.insert("tasks", title="T")
    await tables.insert("taskComments", taskId=task["id"], content="c")
    await tables.call("delete", table="tasks", data={"id": task["id"]})
    await tables.call("delete", table="clients", data={"id": client["id"]})
    assert tables.database.count("taskComments") == 0
    assert tables.database.rows("projects") == [project | {"clientId": None}]


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"action": "explode"}, 'no action "explode"'),
    ({"action": "select", "table": "users"}, 'no table "users"'),
    ({"action": "select", "table": "sqlite_master"}, "no table"),
    ({"action": "select", "table": ["tasks"]}, "no table"),
    ({"action": "select", "table": "tasks", "filters": {"nope": 1}}, 'cannot be filtered by "nope"'),
    ({"action": "select", "table": "tasks", "filters": {'id" = "id" OR 1 --': "x"}}, "cannot be filtered"),
    ({"action": "select", "table": "tasks", "filters": {"orderBy": "id; DROP TABLE tasks"}}, "orderBy must be"),
    ({"action": "select", "table": "tasks", "filters": {"orderBy": "--createdAt"}}, "orderBy must be"),
    ({"action": "select", "table": "tasks", "filters": {"status": "open"}}, "one of todo, in_progress, done"),
    ({"action": "select", "table": "tasks", "filters": {"title": ["a"]}}, "title must be text"),
    ({"action": "select", "table": "tasks", "filters": {"search": 5}}, "search must be text"),
    ({"action": "select", "table": "tasks", "filters": {"dueDateFrom": "today"}}, "dueDateFrom must be"),
    ({"action": "select", "table": "notes", "filters": {"dueDateFrom": 1}}, "cannot be filtered"),
    ({"action": "select", "table": "tasks", "filters": {"includeArchived": True}}, "cannot be filtered"),
    ({"action": "select", "table": "projects", "filters": {"includeArchived": "yes"}}, "true or false"),
    ({"action": "select", "table": "tasks", "filters": [1]}, "filters must be an object"),
    ({"action": "select", "table": "tasks", "limit": 0}, "limit must be"),
    ({"action": "select", "table": "tasks", "limit": -1}, "limit must be"),
    ({"action": "select", "table": "tasks", "limit": True}, "limit must be"),
    ({"action": "select", "table": "tasks", "limit": 1.5}, "limit must be"),
    ({"action": "get", "table": "tasks"}, "needs data"),
    ({"action": "get", "table": "tasks", "data": {}}, "needs data.id"),
    ({"action": "get", "table": "tasks", "data": {"id": 5}}, "id must be an id"),
    ({"action": "get", "table": "tasks", "data": {"id": "x" * 129}}, "id must be an id"),
    ({"action": "insert", "table": "tasks", "data": {}}, "needs a title"),
    ({"action": "insert", "table": "tasks", "data": {"title": None}}, "may not be null"),
    ({"action": "insert", "table": "tasks", "data": {"title": "t", "colour": "red"}}, 'no column "colour"'),
    ({"action": "insert", "table": "tasks", "data": {"title": "t", 'x") VALUES (1) --': 1}}, "no column"),
    ({"action": "insert", "table": "tasks", "data": {"title": "t", "createdAt": 1}}, "set by the device"),
    ({"action": "insert", "table": "tasks", "data": {"title": "t", "status": "later"}}, "status must be one of"),
    ({"action": "insert", "table": "tasks", "data": {"title": "t", "status": None}}, "may not be null"),
    ({"action": "insert", "table": "tasks", "data": {"title": "t", "isApproved": True}}, "isApproved must be a 0 or 1"),
    ({"action": "insert", "table": "tasks", "data": {"title": "t", "dueDate": 1.5}}, "dueDate must be"),
    ({"action": "insert", "table": "tasks", "data": {"title": "t", "dueDate": 2**70}}, "dueDate must be"),
    ({"action": "insert", "table": "tasks", "data": {"title": "t", "dueDate": float("nan")}}, "dueDate must be"),
    (
        {"action": "insert", "table": "tasks", "data": {"title": "t", "assignee": "Ann"}},
        "assignee must be a JSON array",
    ),
    (
        {"action": "insert", "table": "tasks", "data": {"title": "t", "assignee": "[1]"}},
        "assignee must be a JSON array",
    ),
    ({"action": "insert", "table": "tasks", "data": {"title": "t", "assignee": "[" * 100_000}}, "assignee must be"),
    ({"action": "insert", "table": "tasks", "data": {"title": "a\0b"}}, "without NUL"),
    ({"action": "insert", "table": "tasks", "data": {"title": "t", "projectId": "p"}}, 'no project with id "p"'),
    ({"action": "insert", "table": "timelines", "data": {"title": "t"}}, "needs a projectId"),
    ({"action": "insert", "table": "timelines", "data": {"title": "t", "projectId": None}}, "may not be null"),
    ({"action": "update", "table": "tasks", "data": {"id": "x"}}, "needs data.updates"),
    ({"action": "update", "table": "tasks", "data": {"id": "x", "updates": {"id": "y"}}}, "set by the device"),
    ({"action": "update", "table": "tasks", "data": {"id": "x", "updates": {"nope": 1}}}, "no column"),
    ({"action": "delete", "table": "tasks", "data": {"id": None}}, "needs data.id"),
    ({"action": "vector_upsert", "data": {"id": "n"}, "vector": [1.0]}, "needs data.content"),
    ({"action": "vector_upsert", "data": {"id": "n", "content": "c"}, "vector": [1.0]}, 'no note with id "n"'),
    ({"action": "vector_search", "vector": "x"}, "list of numbers"),
    ({"action": "vector_search", "vector": []}, "list of numbers"),
    ({"action": "vector_search", "vector": [True]}, "list of numbers"),
    ({"action": "vector_search", "vector": [float("inf")]}, "finite"),
    ({"action": "vector_search", "vector": [10**400]}, "finite"),
    ({"action": "vector_search", "vector": [1.0], "filters": {"search": "x"}}, "cannot be filtered"),
]


@pytest.mark.parametrize(("call", "sentence"), REFUSED)
async def test_what_is_wrong_comes_back_as_one_sentence_and_changes_nothing(
    tables: Tables, call: dict[str, Any], sentence: str
) -> None:
    result = await tables.call(**call)
    assert list(result) == ["error"]
    assert sentence in result["error"]
    assert "\n" not in result["error"]
    assert len(result["error"]) < 400
    assert tables.database.count("tasks") == 0


async def test_a_result_that_fits_no_frame_is_refused_and_its_write_undone(tables: Tables) -> None:
    note = await tables.insert("notes", title="N", content="x" * 700_000)
    answer = await tables.call("update", table="notes", data={"id": note["id"], "updates": {"title": "y" * 700_000}})
    assert "larger than a frame" in answer["error"]
    assert tables.database.rows("notes") == [note]


async def test_many_large_rows_are_refused_instead_of_sent(tables: Tables) -> None:
    for _ in range(3):
        await tables.insert("notes", title="N", content="x" * 400_000)
    assert "fewer" in (await tables.select("notes"))["error"]
    assert len(await tables.select("notes", limit=2)) == 2


async def test_trouble_of_the_database_is_an_answer_too(tables: Tables) -> None:
    await tables.database.work(lambda connection: connection.execute("DROP TABLE tasks"))
    outcome = await tables.outcome("select", table="tasks")
    assert outcome.kind.value == "failed"
    assert "no such table" in outcome.result["error"]


async def test_the_file_itself_refuses_what_a_call_may_not_write(tables: Tables) -> None:
    import sqlite3

    async def write(statement: str) -> None:
        await tables.database.work(lambda connection: connection.execute(statement))

    for wrong in (
        "status) VALUES ('1', 't', 1, 'later'",
        "dueDate) VALUES ('1', 't', 1, 'soon'",
        "isApproved) VALUES ('1', 't', 1, 2",
    ):
        with pytest.raises(sqlite3.IntegrityError):
            await write(f"INSERT INTO tasks (id, title, createdAt, {wrong})")
    with pytest.raises(sqlite3.IntegrityError):
        await write("INSERT INTO timelines (id, title, projectId, createdAt) VALUES ('1', 't', 'nope', 1)")


def test_rows_can_be_looked_up_by_their_columns(tables: Tables) -> None:
    assert isinstance(tables.database, Database)
    assert tables.database.rows("tasks", status="todo") == []
