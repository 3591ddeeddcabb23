"""The wall between tenants, as Postgres itself tells it: forced row-level security, narrow rights, a few doors.

What is looked at is the migrated database of this run, so a table that a later migration adds is looked at too.
"""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row
from sqlalchemy import text

from app.kit.db import APP_ROLE, SYSTEM_ROLE, Base, Database
from app.kit.row_security import CURRENT_USER_ID
from tests.conftest import OWNER
from tests.factories.people import Person

ROOT = Path(__file__).parents[2]

# The doors: what may be asked before a user is known or of all users at once, and the way to put a job in line.
DOORS = {
    "find_login(sought_email text)",
    "find_refresh_token(sought_hash bytea)",
    "find_one_time_token(sought_hash bytea)",
    "caller_in_session(sought_session uuid, sought_user uuid, at timestamp with time zone)",
    "caller_with_api_key(sought_hash bytea, at timestamp with time zone)",
    "use_socket_ticket(sought_hash bytea, at timestamp with time zone)",
    # What a process asks of all users' turns at once: ids, and leases of its own.
    "renew_runs(renewer uuid, until timestamp with time zone, held_here uuid[])",
    "abandoned_runs(at timestamp with time zone)",
    "waiting_runs(at timestamp with time zone)",
    (
        "enqueue_job(queue text, task text, args jsonb, lock_name text, once_while_waiting text, priority integer, "
        "not_before timestamp with time zone)"
    ),
}

# Functions that run as the role that calls them, behind the wall: they save a round trip, and open nothing.
OWN_FUNCTIONS = {
    "open_tool_call(uuid,uuid,text,text,bytea,timestamp with time zone)",
    "close_tool_call(uuid,text,uuid,text,bytea,timestamp with time zone)",
    "void_tool_call(uuid,uuid)",
    (
        "open_run(uuid,uuid,uuid,boolean,text,text,bytea,text,text,uuid,timestamp with time zone,uuid,bytea,"
        "timestamp with time zone)"
    ),
    (
        "end_run(uuid,uuid,uuid,uuid,integer,text,text,bytea,bytea,bytea,integer,integer,integer,uuid[],text[],text[],"
        "bytea[],integer,text,text,date,bigint,bigint,bytea,text,timestamp with time zone)"
    ),
    "thread_history(uuid,uuid,uuid,bigint,bigint)",
    "memory_of(uuid,integer,halfvec,integer,integer,real,integer,integer,double precision,integer)",
    "memory_near(uuid,integer,halfvec,integer,integer,real,text[])",
    "has_open_approvals(uuid,timestamp with time zone)",
    "approval_policy_of(uuid)",
    "turn_standing(uuid,date)",
    "token_standing(uuid,date,jsonb)",
    "reserve_tokens(uuid,uuid,date,bigint,bigint,jsonb)",
}

# What the request role may do; a right that is not needed is not given.
RIGHTS = {
    "api_keys": {"SELECT", "INSERT", "UPDATE", "DELETE"},
    "approval_policies": {"SELECT", "INSERT", "UPDATE", "DELETE"},
    "approvals": {"SELECT", "INSERT", "UPDATE", "DELETE"},
    "audit_entries": {"SELECT", "INSERT"},  # added to and read, never rewritten
    "devices": {"SELECT", "INSERT", "UPDATE", "DELETE"},
    "kept_answers": {"SELECT", "INSERT", "UPDATE", "DELETE"},
    "memories": {"SELECT", "INSERT", "UPDATE", "DELETE"},
    "memory_bits": {"SELECT", "INSERT", "UPDATE", "DELETE"},
    "memory_evidence": {"SELECT", "INSERT", "UPDATE", "DELETE"},
    "memory_inbox": {"SELECT", "INSERT", "UPDATE", "DELETE"},
    "memory_settings": {"SELECT", "INSERT", "UPDATE", "DELETE"},
    "memory_struck": {"SELECT", "INSERT", "UPDATE", "DELETE"},
    "memory_turns": {"SELECT", "INSERT", "UPDATE", "DELETE"},
    "memory_vectors": {"SELECT", "INSERT", "UPDATE", "DELETE"},
    "memory_versions": {"SELECT", "INSERT", "UPDATE", "DELETE"},
    "one_time_tokens": {"SELECT", "INSERT", "UPDATE", "DELETE"},
    "paused_turns": {"SELECT", "INSERT", "UPDATE", "DELETE"},
    "refresh_tokens": {"SELECT", "INSERT", "UPDATE", "DELETE"},
    "runs": {"SELECT", "INSERT", "UPDATE", "DELETE"},
    "socket_tickets": {"SELECT", "INSERT", "UPDATE", "DELETE"},
    "thread_events": {"SELECT", "INSERT", "UPDATE", "DELETE"},
    "threads": {"SELECT", "INSERT", "UPDATE", "DELETE"},
    "token_usage": {"SELECT", "INSERT", "UPDATE", "DELETE"},
    "tool_calls": {"SELECT", "INSERT", "UPDATE", "DELETE"},
    "user_keys": {"SELECT", "INSERT", "UPDATE", "DELETE"},
    "user_sessions": {"SELECT", "INSERT", "UPDATE", "DELETE"},
    "users": {"SELECT"},
}
COLUMN_RIGHTS = {
    ("users", "INSERT"): {"id", "email", "password_hash", "created_at"},
    ("users", "UPDATE"): {"email", "password_hash", "email_verified_at"},
}

# Each of these sees every tenant, and why.
CROSS_TENANTS = {
    "app/accounts/administration.py": "administrators find and change accounts",
    "app/accounts/erase.py": "an erasure ends what the request role may not touch",
    "app/accounts/jobs.py": "the nightly purge",
    "app/audit/overview.py": "administrators read the trail",
    "app/devices/jobs.py": "the nightly purge",
    "app/devices/revocation.py": "which of all open sockets should not be",
    "app/jobs/administration.py": "administrators retry jobs",
    "app/jobs/overview.py": "administrators see jobs",
    "app/jobs/purge.py": "done jobs leave after a while",
    "app/keys/rotate.py": "key rotation",
    "app/memory/build.py": "hands it to the next four",
    "app/memory/embedding.py": "whose memories cannot be found by meaning",
    "app/memory/overdue.py": "whose turns have waited long to be remembered",
    "app/memory/pruning.py": "the nightly purge",
    "app/memory/reflecting.py": "who has sessions that have not been looked at",
    "app/parts.py": "builds it",
}

Rows = list[dict[str, Any]]
Connection = psycopg.Connection[dict[str, Any]]


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        yield connection


def _tables(connection: Connection) -> Rows:
    return connection.execute(
        "SELECT c.oid, c.relname AS name, c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced,"
        " CASE WHEN c.relname = 'users' THEN 'id' WHEN a.attname IS NOT NULL THEN 'user_id' END AS owner_column"
        " FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'user_id' AND NOT a.attisdropped"
        " WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace ORDER BY c.relname"
    ).fetchall()


def _owned(connection: Connection) -> Rows:
    return [table for table in _tables(connection) if table["owner_column"] is not None]


def test_every_table_of_users_data_forces_row_level_security(connection: Connection) -> None:
    owned = _owned(connection)
    assert {table["name"] for table in owned} == set(RIGHTS)
    assert [table["name"] for table in owned if not (table["enabled"] and table["forced"])] == []


def test_every_such_table_has_exactly_the_two_policies(connection: Connection) -> None:
    for table in _owned(connection):
        policies = connection.execute(
            "SELECT polname AS name, polpermissive AS permissive, polcmd::text AS command,"
            " ARRAY(SELECT rolname::text FROM pg_roles WHERE oid = ANY(polroles)) AS roles,"
            " pg_get_expr(polqual, polrelid) AS sees, pg_get_expr(polwithcheck, polrelid) AS writes"
            " FROM pg_policy WHERE polrelid = %s ORDER BY polname",
            [table["oid"]],
        ).fetchall()
        common = {"permissive": True, "command": "*", "writes": None}
        assert policies == [
            {"name": "all_rows", "roles": [SYSTEM_ROLE], "sees": "true", **common},
            {"name": "own_rows", "roles": [APP_ROLE], "sees": policies[1]["sees"], **common},
        ], table["name"]
        assert _plain(policies[1]["sees"]) == _plain(f"{table['owner_column']} = {CURRENT_USER_ID}"), table["name"]


def _plain(expression: str) -> str:
    return re.sub(r"::text|[()\s]", "", expression).lower()


def test_the_request_role_has_just_the_rights_it_needs_and_only_on_tables_behind_the_wall(
    connection: Connection,
) -> None:
    granted = connection.execute(
        "SELECT c.relname AS name, array_agg(acl.privilege_type::text) AS rights"
        " FROM pg_class c, aclexplode(c.relacl) acl WHERE acl.grantee IN (0, %s::regrole)"
        " AND c.relnamespace = 'public'::regnamespace GROUP BY c.relname",
        [APP_ROLE],
    ).fetchall()
    assert {row["name"]: set(row["rights"]) for row in granted} == RIGHTS


def test_of_some_tables_it_may_write_some_columns_only(connection: Connection) -> None:
    granted = connection.execute(
        "SELECT c.relname AS name, acl.privilege_type::text AS right, array_agg(a.attname::text) AS columns"
        " FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid, aclexplode(a.attacl) acl"
        " WHERE acl.grantee IN (0, %s::regrole) AND c.relnamespace = 'public'::regnamespace GROUP BY 1, 2",
        [APP_ROLE],
    ).fetchall()
    assert {(row["name"], row["right"]): set(row["columns"]) for row in granted} == COLUMN_RIGHTS


def test_what_later_migrations_make_is_nobodys_by_default(connection: Connection) -> None:
    assert connection.execute("SELECT defaclacl::text FROM pg_default_acl").fetchall() == []


def test_neither_role_can_step_over_the_wall(connection: Connection) -> None:
    roles = connection.execute(
        "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s) AND NOT (rolsuper OR rolbypassrls OR rolcanlogin"
        " OR rolcreaterole OR rolcreatedb OR rolreplication)",
        [[APP_ROLE, SYSTEM_ROLE]],
    ).fetchall()
    assert {row["rolname"] for row in roles} == {APP_ROLE, SYSTEM_ROLE}
    memberships = connection.execute(
        "SELECT roleid::regrole::text AS of FROM pg_auth_members WHERE member = ANY(%s::regrole[]::oid[])",
        [[APP_ROLE, SYSTEM_ROLE]],
    ).fetchall()
    assert memberships == []


def test_neither_role_can_make_anything_in_the_schema(connection: Connection) -> None:
    for role in (APP_ROLE, SYSTEM_ROLE):
        row = connection.execute("SELECT has_schema_privilege(%s, 'public', 'CREATE') AS can", [role]).fetchone()
        assert row == {"can": False}


def test_the_doors_are_these_and_each_is_pinned_owned_and_closed_to_everybody_else(connection: Connection) -> None:
    functions = connection.execute(
        "SELECT format('%s(%s)', proname, pg_get_function_identity_arguments(p.oid)) AS signature,"
        " proowner::regrole::text AS owner, proconfig AS settings,"
        " ARRAY(SELECT CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END"
        "       FROM aclexplode(coalesce(proacl, acldefault('f', proowner))) ORDER BY 1) AS callers"
        " FROM pg_proc p WHERE prosecdef AND pronamespace = 'public'::regnamespace"
    ).fetchall()
    assert {row["signature"] for row in functions} == DOORS
    for row in functions:
        assert row["owner"] == SYSTEM_ROLE, row["signature"]
        assert row["settings"] == ["search_path=public, pg_temp"], row["signature"]
        assert row["callers"] == [APP_ROLE, SYSTEM_ROLE], row["signature"]


def test_the_request_role_can_call_nothing_of_ours_but_the_doors(connection: Connection) -> None:
    callable_ones = connection.execute(
        "SELECT p.oid::regprocedure::text AS signature FROM pg_proc p"
        " LEFT JOIN pg_depend d ON d.objid = p.oid AND d.deptype = 'e'"  # pgvector's own are everybody's
        " WHERE pronamespace = 'public'::regnamespace AND d.objid IS NULL AND NOT prosecdef"
        " AND has_function_privilege(%s, p.oid, 'EXECUTE')",
        [APP_ROLE],
    ).fetchall()
    assert {row["signature"] for row in callable_ones} == OWN_FUNCTIONS


def test_nothing_of_the_database_is_the_request_roles_own(connection: Connection) -> None:
    owned = connection.execute("SELECT relname FROM pg_class WHERE relowner = %s::regrole", [APP_ROLE]).fetchall()
    assert owned == []


def test_these_tests_run_on_a_database_whose_owner_is_no_superuser(connection: Connection) -> None:
    row = connection.execute(
        "SELECT current_user::text AS name, rolsuper OR rolbypassrls AS mighty FROM pg_roles WHERE rolname = current_user"
    ).fetchone()
    assert row == {"name": OWNER, "mighty": False}


async def test_a_transaction_of_one_person_sees_no_row_of_another_in_any_table(
    database_url: str, ada: Person, bob: Person
) -> None:
    db = Database(database_url, pool_size=1)
    hers, his = await ada.id(), await bob.id()
    try:
        async with db.of(UUID(hers)) as session:
            for table in RIGHTS:
                owner = "id" if table == "users" else "user_id"
                found = await session.execute(text(f"SELECT DISTINCT {owner}::text FROM {table}"))
                assert set(found.scalars()) <= {hers}, table
                assert his not in set(found.scalars())
        async with db.of_nobody() as session:
            for table in RIGHTS:
                assert (await session.execute(text(f"SELECT count(*) FROM {table}"))).scalar() == 0, table
    finally:
        await db.close()


def test_every_table_is_known_to_the_code_or_is_the_job_librarys(connection: Connection) -> None:
    there = {table["name"] for table in _tables(connection) if not table["name"].startswith("procrastinate_")}
    assert there == set(Base.metadata.tables) | {"alembic_version"}


def test_only_these_files_cross_tenants() -> None:
    crossing = {
        str(file.relative_to(ROOT))
        for file in (ROOT / "app").rglob("*.py")
        if "system_db" in file.read_text() and file.name != "system_db.py"
        if re.search(r"^\s*(from|import)\s.*\bsystem_db\b", file.read_text(), re.MULTILINE)
    }
    assert crossing == set(CROSS_TENANTS)


def test_the_import_contract_names_the_same_files() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    (contract,) = [
        contract
        for contract in config["tool"]["importlinter"]["contracts"]
        if contract["name"] == "only these files cross tenants"
    ]
    allowed = {line.split(" -> ")[0].replace(".", "/") + ".py" for line in contract["ignore_imports"]}
    assert allowed == set(CROSS_TENANTS)


def test_nobody_else_switches_to_the_system_role() -> None:
    naming = {
        str(file.relative_to(ROOT))
        for file in (ROOT / "app").rglob("*.py")
        if re.search(r"\bSYSTEM_ROLE\b|adiuva_system", file.read_text())
    }
    assert naming == {
        "app/kit/db.py",  # names the role
        "app/kit/row_security.py",  # makes it, for migrations
        "app/kit/system_db.py",  # the one way in
        "app/jobs/connection.py",  # the worker's connections: jobs are the system's
    }
