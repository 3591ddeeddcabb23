"""Where users' content may stand: every column that could hold text is sealed, or is here with the reason why not."""

from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from app.accounts.erase import KEPT, owned_tables
from app.accounts.export import LEFT_OUT, exported_tables
from app.keys.models import Sealed
from app.kit.db import Base

SEALED = {
    "api_keys.name",
    "approvals.args",
    "approvals.decided_args",
    "approvals.reason",
    "approvals.summary",
    "devices.about",
    "devices.name",
    "kept_answers.body",
    "memories.payload",
    "memory_inbox.said",
    "memory_versions.payload",
    "one_time_tokens.new_email",
    "paused_turns.state",
    "runs.mutations",
    "runs.response",
    "runs.transcript",
    "thread_events.content",
    "threads.title",
    "tool_calls.arguments",
    "tool_calls.result",
    "user_sessions.address",
    "user_sessions.client",
}

_HASH = "SHA-256 of 256 random bits; there is nothing to guess"
_DEVICE_ID = "what a client's software calls the device, looked up at every hello; its name is sealed"
_KEYED_HASH = "HMAC-SHA256 by a key derived from the user's data key, or the name of a tier"
_ROTATED = "an embedding after a rotation derived from the user's data key; docs/memory.md tells what that hides"
_LIBRARY = "written by the job library; no content passes through"

CLEAR = {
    "alembic_version.version_num": "the schema's revision",
    "api_keys.hint": "the last four of the key's 43 characters, so that a person can tell keys apart",
    "api_keys.key_hash": _HASH,
    "api_keys.scopes": "words from a fixed list",
    "approval_policies.delete": "a word from a fixed list",
    "approval_policies.insert": "a word from a fixed list",
    "approval_policies.update": "a word from a fixed list",
    "approvals.action": "a word from a fixed list",
    "approvals.decided_by": _DEVICE_ID,
    "approvals.decision": "a word from a fixed list",
    "approvals.interrupt_id": "an id the graph makes up",
    "approvals.tool": "a name from the code",
    "approvals.tool_call_id": "an id the service makes up, by counting",
    "audit_entries.facts": "ids, codes and counts, never content (app.audit.record)",
    "audit_entries.kind": "a word from a fixed list",
    "devices.device_id": _DEVICE_ID,
    "kept_answers.key_hash": "SHA-256 of a key clients make at random",
    "kept_answers.request_hash": "SHA-256 of method, path and body",
    "memories.slot": _KEYED_HASH,
    "memories.tier": "a word from a fixed list",
    "memories.written_by": "a word from a fixed list",
    "memory_bits.bits": _ROTATED,
    "memory_bits.tier": "a word from a fixed list",
    "memory_struck.name": _KEYED_HASH,
    "memory_vectors.embedding": _ROTATED,
    "memory_versions.why": "a word from a fixed list",
    "memory_versions.written_by": "a word from a fixed list",
    "one_time_tokens.purpose": "a word from a fixed list",
    "one_time_tokens.token_hash": _HASH,
    "refresh_tokens.token_hash": _HASH,
    "runs.device_id": _DEVICE_ID,
    "runs.error_code": "a code from a fixed list",
    "runs.kind": "a word from a fixed list",
    "runs.request_hash": "SHA-256 of the request; made by the service, of what is sealed beside it and more",
    "runs.request_id": "an id the client's software makes up, looked up at every request and resume",
    "runs.session_id": "an id the client's software makes up, by which turns are grouped",
    "runs.status": "a word from a fixed list",
    "socket_tickets.device_id": _DEVICE_ID,
    "socket_tickets.ticket_hash": _HASH,
    "thread_events.actor": "a word from a fixed list",
    "thread_events.type": "a word from a fixed list",
    "tool_calls.action": "a word from a fixed list",
    "tool_calls.device_id": _DEVICE_ID,
    "tool_calls.state": "a word from a fixed list",
    "user_keys.master_key_id": "the name of a master key",
    "user_keys.wrapped_key": "encrypted: a data key, wrapped by a master key that is never in the database",
    "users.email": "looked up at sign-in, and unique; emptied when the erasure begins",
    "users.password_hash": "argon2id",
    "users.tier": "a word from a fixed list",
    "procrastinate_jobs.args": "ids and codes; the one address is an erased account's, until its receipt is sent",
    "procrastinate_jobs.failure": "the name of a class, never an error's text",
    "procrastinate_jobs.failure_code": "a code from a fixed list",
    "procrastinate_jobs.lock": "a code and an id",
    "procrastinate_jobs.queue_name": _LIBRARY,
    "procrastinate_jobs.queueing_lock": "a code and an id",
    "procrastinate_jobs.task_name": "a name from the code",
    "procrastinate_periodic_defers.periodic_id": _LIBRARY,
    "procrastinate_periodic_defers.task_name": "a name from the code",
}

# Types that cannot hold what a person wrote.
_HARMLESS = {
    "uuid",
    "timestamptz",
    "bool",
    "int4",
    "int8",
    "float8",
    "date",
    "procrastinate_job_status",
    "procrastinate_job_event_type",
}


@pytest.fixture
def columns(database_url: str) -> dict[str, dict[str, Any]]:
    """`table.column` → what the database says of it, for all that could hold content."""
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        rows = connection.execute(
            "SELECT c.relname || '.' || a.attname AS name, t.typname AS type FROM pg_attribute a"
            " JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid"
            " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'm') AND a.attnum > 0"
            " AND NOT a.attisdropped"
        ).fetchall()
    return {row["name"]: row for row in rows if row["type"] not in _HARMLESS}


def test_every_column_that_could_hold_content_is_sealed_or_has_a_reason(columns: dict[str, dict[str, Any]]) -> None:
    assert set(columns) == SEALED | set(CLEAR)
    assert not SEALED & set(CLEAR)
    assert all(CLEAR.values())


def test_what_is_called_sealed_is_sealed(columns: dict[str, dict[str, Any]]) -> None:
    sealed = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.c
        if isinstance(column.type, Sealed)
    }
    assert sealed == SEALED
    assert {columns[name]["type"] for name in SEALED} == {"bytea"}


def test_every_table_of_users_data_is_exported_or_left_out_for_a_reason(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            "SELECT DISTINCT table_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND (column_name = 'user_id' OR table_name = 'users')"
        ).fetchall()
    owned = {str(row[0]) for row in rows}
    exported = {table.name for table in exported_tables()}
    left_out = {name for name in LEFT_OUT if "." not in name}
    assert exported | left_out == owned
    assert not exported & left_out


def test_what_is_left_out_of_the_export_exists_and_has_a_reason() -> None:
    known = set(Base.metadata.tables) | {
        f"{table.name}.{column.name}" for table in Base.metadata.tables.values() for column in table.c
    }
    assert set(LEFT_OUT) <= known
    assert all(LEFT_OUT.values())


def test_no_sealed_column_is_left_out_of_the_export_alone() -> None:
    assert not SEALED & set(LEFT_OUT)


def test_every_table_of_users_data_is_erased_or_kept_on_purpose() -> None:
    owned = {table.name for table in Base.metadata.tables.values() if "user_id" in table.c}
    assert {table.name for table in owned_tables()} | KEPT == owned
    assert {"audit_entries"} == KEPT


def test_a_users_rows_cannot_outlive_the_user_unless_kept_on_purpose() -> None:
    for table in Base.metadata.tables.values():
        if "user_id" in table.c and table.name not in KEPT:
            (key,) = table.c.user_id.foreign_keys
            assert (key.target_fullname, key.ondelete) == ("users.id", "CASCADE"), table.name
