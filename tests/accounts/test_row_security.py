"""The second wall: what the role of requests can reach in the database, whatever the code above it asks for."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import InsufficientPrivilege

from app.idempotency.models import KeptAnswer
from app.tables import metadata
from tests.conftest import Service
from tests.factories import approvals, budgets, devices, memories, threads
from tests.factories.people import PASSWORD, Person

OWNED = sorted(table.name for table in metadata.tables.values() if "user_id" in table.c or table.name == "users")
Connection = psycopg.Connection[Any]


def owner_column(table: str) -> str:
    return "id" if table == "users" else "user_id"


def run(connection: Connection, statement: str, table: str, *parameters: object) -> psycopg.Cursor[Any]:
    """`statement` with the table's and its owner column's names put in."""
    names = {"table": sql.Identifier(table), "owner": sql.Identifier(owner_column(table))}
    return connection.execute(sql.SQL(statement).format(**names), parameters)


@contextmanager
def as_app(url: str, user_id: str = "") -> Iterator[Connection]:
    """A transaction of the request role that names a user, and is undone."""
    with psycopg.connect(url) as connection:
        connection.execute("SET ROLE adiuva_app")
        connection.execute("SELECT set_config('app.user_id', %s, true)", [user_id])
        yield connection
        connection.rollback()


@pytest.fixture(scope="module")
async def people(shared_service: Service, superuser_url: str) -> tuple[str, str]:
    """The ids of two people who have rows in every table."""
    ids = []
    for person in (await shared_service.person(), await shared_service.person()):
        await furnish(shared_service, person)
        ids.append(await person.id())
    with psycopg.connect(superuser_url) as connection:
        for user_id in ids:
            connection.execute(
                f"INSERT INTO {KeptAnswer.__tablename__} (user_id, key_hash, request_hash, created_at)"
                " VALUES (%s, %s, '', now())",
                [user_id, uuid4().bytes],
            )
        for user_id in ids:
            for table in OWNED:
                assert run(connection, "SELECT FROM {table} WHERE {owner} = %s", table, user_id).fetchone() is not None
    return ids[0], ids[1]


async def furnish(service: Service, person: Person) -> None:
    device_id = await devices.a_device(service, person)
    await devices.a_written_call(service, person, device_id)
    await threads.a_thread(service, person)
    await approvals.an_approval(service, person)
    await person.request("PUT", "/chat/approval-policy", json={"insert": "ask", "update": "ask", "delete": "ask"})
    await budgets.used(service, person, 100)
    await memories.memories_of_every_kind(service, person)
    await person.post("/ws/ticket", json={"device_id": device_id})
    await person.post("/auth/api-keys", json={"name": "a script", "scopes": ["read"]})
    await person.post("/auth/email", json={"email": f"new-{person.email}", "password": PASSWORD})


def test_every_table_with_users_rows_forces_row_security(superuser_url: str) -> None:
    with psycopg.connect(superuser_url) as connection:
        rows = connection.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'user_id'"
            " WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace"
            " AND NOT (c.relrowsecurity AND c.relforcerowsecurity)"
        ).fetchall()
    assert rows == []


@pytest.mark.parametrize("table", OWNED)
def test_naming_nobody_shows_nobody(database_url: str, people: tuple[str, str], table: str) -> None:
    with as_app(database_url) as connection:
        assert run(connection, "SELECT count(*) FROM {table}", table).fetchone() == (0,)


@pytest.mark.parametrize("table", OWNED)
def test_one_sees_one_s_own_rows_only(database_url: str, people: tuple[str, str], table: str) -> None:
    ada, bob = people
    with as_app(database_url, ada) as connection:
        owners = run(connection, "SELECT DISTINCT {owner}::text FROM {table}", table).fetchall()
        assert owners == [(ada,)]
        assert run(connection, "SELECT FROM {table} WHERE {owner} = %s", table, bob).fetchall() == []


@pytest.mark.parametrize("table", [table for table in OWNED if table not in ("audit_entries", "users")])
def test_another_s_rows_can_be_neither_changed_nor_deleted_nor_taken(
    database_url: str, people: tuple[str, str], table: str
) -> None:
    ada, bob = people
    with as_app(database_url, ada) as connection:
        assert run(connection, "UPDATE {table} SET {owner} = {owner} WHERE {owner} = %s", table, bob).rowcount == 0
        assert run(connection, "DELETE FROM {table} WHERE {owner} = %s", table, bob).rowcount == 0
        with pytest.raises(InsufficientPrivilege, match="row-level security"):
            run(connection, "UPDATE {table} SET {owner} = %s", table, bob)


@pytest.mark.parametrize("table", [table for table in OWNED if table != "users"])
def test_no_row_can_be_written_in_another_s_name(database_url: str, people: tuple[str, str], table: str) -> None:
    ada, bob = people
    with psycopg.connect(database_url) as reader:
        reader.execute("SET ROLE adiuva_system")
        cursor = run(reader, "SELECT * FROM {table} WHERE {owner} = %s LIMIT 1", table, bob)
        row, columns = cursor.fetchone(), [column.name for column in cursor.description or []]
        values = sql.SQL("SELECT * FROM jsonb_populate_record(NULL::{}, %s)").format(sql.Identifier(table))
        as_json = reader.execute(
            sql.SQL("SELECT to_jsonb(t) FROM {} t WHERE user_id = %s LIMIT 1").format(sql.Identifier(table)), [bob]
        ).fetchone()
    assert row is not None
    assert as_json is not None
    copy = as_json[0] | {name: str(uuid4()) for name in ("id",) if name in columns}
    with as_app(database_url, ada) as connection:
        insert = sql.SQL("INSERT INTO {} {}").format(sql.Identifier(table), values)
        with pytest.raises(InsufficientPrivilege, match="row-level security"):
            connection.execute(insert, [psycopg.types.json.Jsonb(copy)])


@pytest.mark.parametrize(
    "forbidden",
    [
        "UPDATE users SET tier = 'team'",
        "UPDATE users SET is_admin = true",
        "UPDATE users SET disabled_at = NULL",
        "UPDATE users SET id = gen_random_uuid()",
        "UPDATE users SET created_at = now()",
        "DELETE FROM users",
        "INSERT INTO users (id, created_at, is_admin) VALUES (gen_random_uuid(), now(), true)",
        "INSERT INTO users (id, created_at, tier) VALUES (gen_random_uuid(), now(), 'team')",
        "UPDATE audit_entries SET kind = 'signed_in'",
        "DELETE FROM audit_entries",
        "TRUNCATE audit_entries",
        "SELECT * FROM procrastinate_jobs",
        "INSERT INTO procrastinate_jobs (task_name, queue_name) VALUES ('x', 'x')",
        "DELETE FROM procrastinate_jobs",
        "SELECT * FROM procrastinate_events",
        "SELECT * FROM procrastinate_workers",
        "SELECT * FROM procrastinate_periodic_defers",
        "SELECT procrastinate_fetch_job_v2(NULL, 1)",
        "CREATE TABLE mine (id int)",
        "ALTER TABLE users DISABLE ROW LEVEL SECURITY",
        "DROP TABLE users",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "COPY users TO PROGRAM 'cat'",
    ],
)
def test_what_a_request_may_never_do(database_url: str, people: tuple[str, str], forbidden: str) -> None:
    with as_app(database_url, people[0]) as connection, pytest.raises(psycopg.Error) as refused:
        connection.execute(forbidden)
    assert isinstance(refused.value, InsufficientPrivilege | psycopg.errors.UndefinedFunction), refused.value


def test_the_roles_can_do_nothing_special(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            "SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolcanlogin FROM pg_roles"
            " WHERE rolname IN ('adiuva_app', 'adiuva_system')"
        ).fetchall()
    assert rows == [(False,), (False,)]


def test_the_doors_are_the_only_functions_with_more_rights(superuser_url: str) -> None:
    with psycopg.connect(superuser_url) as connection:
        doors = connection.execute(
            "SELECT proname, proacl::text, proconfig FROM pg_proc"
            " WHERE prosecdef AND pronamespace = 'public'::regnamespace ORDER BY proname"
        ).fetchall()
    assert [name for name, _, _ in doors] == [
        "abandoned_runs",
        "caller_in_session",
        "caller_with_api_key",
        "enqueue_job",
        "find_login",
        "find_one_time_token",
        "find_refresh_token",
        "renew_runs",
        "use_socket_ticket",
        "waiting_runs",
    ]
    for name, rights, configuration in doors:
        assert "=X/" not in rights.replace("adiuva_app=X/", "").replace("adiuva_system=X/", ""), name
        assert configuration == ["search_path=public, pg_temp"], name
