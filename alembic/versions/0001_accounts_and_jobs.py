"""Roles, accounts, keys, audit and durable jobs: the ground the service stands on."""

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op
from app.kit.row_security import create_roles, door, protect

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

JOBS_SCHEMA = Path(__file__).parent.parent / "sql" / "procrastinate-3.10.0.sql"
JOBS_SCHEMA_DOWN = Path(__file__).parent.parent / "sql" / "procrastinate-3.10.0-down.sql"
OWNED_TABLES = [
    "user_sessions",
    "refresh_tokens",
    "one_time_tokens",
    "api_keys",
    "user_keys",
    "kept_answers",
    "audit_entries",
]


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _owner(*, primary_key: bool = False) -> sa.Column[object]:
    return sa.Column("user_id", sa.Uuid(), nullable=False, primary_key=primary_key)


def _owned_by_user(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["user_id"], ["users.id"], name=op.f(f"fk_{table}_user_id_users"), ondelete="CASCADE"
    )


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS vector")
    _run(create_roles())
    _create_users()
    _create_credentials()
    _create_keys_and_records()
    for table in OWNED_TABLES:
        _run(protect(table))
    # The audit trail can be added to and read, never rewritten.
    op.execute("REVOKE UPDATE, DELETE ON audit_entries FROM adiuva_app")
    _create_doors()
    _create_jobs()


def downgrade() -> None:
    for function in (
        "enqueue_job(text, text, jsonb, text, text, integer, timestamptz)",
        "caller_with_api_key(bytea, timestamptz)",
        "caller_in_session(uuid, uuid, timestamptz)",
        "find_one_time_token(bytea)",
        "find_refresh_token(bytea)",
        "find_login(text)",
    ):
        op.execute(f"DROP FUNCTION {function}")
    op.execute(JOBS_SCHEMA_DOWN.read_text())
    for table in reversed(OWNED_TABLES):
        op.drop_table(table)
    op.drop_table("users")
    # The roles belong to the server, not to this database: other databases may use them.
    op.execute("REVOKE USAGE ON SCHEMA public FROM adiuva_app, adiuva_system")


def _run(statements: list[str]) -> None:
    for statement in statements:
        op.execute(statement)


def _create_users() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("tier", sa.Text(), server_default="free", nullable=False),
        sa.Column("is_admin", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        _time("email_verified_at", nullable=True),
        _time("disabled_at", nullable=True),
        _time("created_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
        sa.CheckConstraint("tier in ('free', 'pro', 'power', 'team')", name=op.f("ck_users_tier_known")),
        sa.CheckConstraint("(email is null) = (password_hash is null)", name=op.f("ck_users_email_with_password")),
    )
    _run(protect("users", owner="id"))
    # The request role can neither raise a tier, nor make an administrator, nor delete a person.
    op.execute("REVOKE INSERT, UPDATE, DELETE ON users FROM adiuva_app")
    op.execute("GRANT INSERT (id, email, password_hash, created_at) ON users TO adiuva_app")
    op.execute("GRANT UPDATE (email, password_hash, email_verified_at) ON users TO adiuva_app")


def _create_credentials() -> None:
    op.create_table(
        "user_sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        _owner(),
        sa.Column("client", sa.LargeBinary(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        _time("created_at"),
        _time("last_used_at"),
        _time("ended_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_sessions")),
        _owned_by_user("user_sessions"),
    )
    op.create_index(op.f("ix_user_sessions_user_id"), "user_sessions", ["user_id"])
    op.create_table(
        "refresh_tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        _owner(),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        _time("created_at"),
        _time("expires_at"),
        _time("spent_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refresh_tokens")),
        _owned_by_user("refresh_tokens"),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["user_sessions.id"],
            name=op.f("fk_refresh_tokens_session_id_user_sessions"),
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint("token_hash", name=op.f("uq_refresh_tokens_token_hash")),
    )
    for column in ("user_id", "session_id", "parent_id", "expires_at"):
        op.create_index(op.f(f"ix_refresh_tokens_{column}"), "refresh_tokens", [column])
    op.create_table(
        "one_time_tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        _owner(),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("new_email", sa.LargeBinary(), nullable=True),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        _time("expires_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_one_time_tokens")),
        _owned_by_user("one_time_tokens"),
        sa.UniqueConstraint("token_hash", name=op.f("uq_one_time_tokens_token_hash")),
        sa.CheckConstraint(
            "purpose in ('verify_email', 'change_email', 'reset_password')",
            name=op.f("ck_one_time_tokens_purpose_known"),
        ),
    )
    op.create_index("uq_one_time_tokens_user_id_purpose", "one_time_tokens", ["user_id", "purpose"], unique=True)
    for column in ("user_id", "expires_at"):
        op.create_index(op.f(f"ix_one_time_tokens_{column}"), "one_time_tokens", [column])
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        _owner(),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", postgresql.JSONB(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hint", sa.Text(), nullable=False),
        _time("created_at"),
        _time("expires_at", nullable=True),
        _time("last_used_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        _owned_by_user("api_keys"),
        sa.UniqueConstraint("key_hash", name=op.f("uq_api_keys_key_hash")),
    )
    op.create_index(op.f("ix_api_keys_user_id"), "api_keys", ["user_id"])


def _create_keys_and_records() -> None:
    op.create_table(
        "user_keys",
        _owner(),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("master_key_id", sa.Text(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        _time("created_at"),
        sa.PrimaryKeyConstraint("user_id", "version", name=op.f("pk_user_keys")),
        _owned_by_user("user_keys"),
        sa.CheckConstraint("version >= 1", name=op.f("ck_user_keys_version_from_one")),
    )
    op.create_index(op.f("ix_user_keys_master_key_id"), "user_keys", ["master_key_id"])
    op.create_table(
        "kept_answers",
        _owner(),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        _time("created_at"),
        sa.PrimaryKeyConstraint("user_id", "key_hash", name=op.f("pk_kept_answers")),
        _owned_by_user("kept_answers"),
    )
    op.create_index(op.f("ix_kept_answers_created_at"), "kept_answers", ["created_at"])
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        _owner(),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("facts", postgresql.JSONB(), nullable=False),
        _time("at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    op.create_index("ix_audit_entries_user_id_at", "audit_entries", ["user_id", "at"])
    op.create_index(op.f("ix_audit_entries_at"), "audit_entries", ["at"])


def _create_doors() -> None:
    """The few questions a request may ask before it knows its user. Each answers about exactly one secret or address."""
    op.execute("""
        CREATE FUNCTION find_login(sought_email text)
        RETURNS TABLE (id uuid, password_hash text, disabled boolean)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
            SELECT users.id, users.password_hash, users.disabled_at IS NOT NULL FROM users WHERE users.email = sought_email
        $$
    """)
    op.execute("""
        CREATE FUNCTION find_refresh_token(sought_hash bytea)
        RETURNS TABLE (id uuid, user_id uuid, session_id uuid)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
            SELECT t.id, t.user_id, t.session_id FROM refresh_tokens t WHERE t.token_hash = sought_hash
        $$
    """)
    op.execute("""
        CREATE FUNCTION find_one_time_token(sought_hash bytea)
        RETURNS TABLE (id uuid, user_id uuid)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
            SELECT t.id, t.user_id FROM one_time_tokens t WHERE t.token_hash = sought_hash
        $$
    """)
    # Every authenticated request asks one of the next two, so each is one round trip; "last used" moves at most once a
    # minute, which keeps the write out of nearly all of them.
    op.execute("""
        CREATE FUNCTION caller_in_session(sought_session uuid, sought_user uuid, at timestamptz)
        RETURNS TABLE (email text, tier text, is_admin boolean, email_verified boolean, created_at timestamptz)
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
        DECLARE last_used timestamptz;
        BEGIN
            SELECT s.last_used_at, u.email, u.tier, u.is_admin, u.email_verified_at IS NOT NULL, u.created_at
            INTO last_used, email, tier, is_admin, email_verified, created_at
            FROM user_sessions s JOIN users u ON u.id = s.user_id
            WHERE s.id = sought_session AND s.user_id = sought_user AND s.ended_at IS NULL
              AND u.disabled_at IS NULL AND u.email IS NOT NULL;
            IF NOT FOUND THEN RETURN; END IF;
            IF last_used < at - interval '1 minute' THEN
                UPDATE user_sessions SET last_used_at = at WHERE id = sought_session AND last_used_at < at;
            END IF;
            RETURN NEXT;
        END $$
    """)
    op.execute("""
        CREATE FUNCTION caller_with_api_key(sought_hash bytea, at timestamptz)
        RETURNS TABLE (user_id uuid, key_id uuid, scopes jsonb, email text, tier text, is_admin boolean,
                       email_verified boolean, created_at timestamptz)
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
        DECLARE last_used timestamptz;
        BEGIN
            SELECT k.last_used_at, k.user_id, k.id, k.scopes, u.email, u.tier, u.is_admin,
                   u.email_verified_at IS NOT NULL, u.created_at
            INTO last_used, user_id, key_id, scopes, email, tier, is_admin, email_verified, created_at
            FROM api_keys k JOIN users u ON u.id = k.user_id
            WHERE k.key_hash = sought_hash AND (k.expires_at IS NULL OR k.expires_at > at)
              AND u.disabled_at IS NULL AND u.email IS NOT NULL;
            IF NOT FOUND THEN RETURN; END IF;
            IF last_used IS NULL OR last_used < at - interval '1 minute' THEN
                UPDATE api_keys SET last_used_at = at WHERE id = key_id;
            END IF;
            RETURN NEXT;
        END $$
    """)
    for signature in (
        "find_login(text)",
        "find_refresh_token(bytea)",
        "find_one_time_token(bytea)",
        "caller_in_session(uuid, uuid, timestamptz)",
        "caller_with_api_key(bytea, timestamptz)",
    ):
        _run(door(signature))


def _create_jobs() -> None:
    op.execute(JOBS_SCHEMA.read_text())
    # Jobs belong to the system role: a request can add one, and see none.
    op.execute("""
        DO $$
        DECLARE thing record;
        BEGIN
            FOR thing IN SELECT c.oid::regclass AS name, c.relkind FROM pg_class c
                         WHERE c.relname LIKE 'procrastinate\\_%' AND c.relkind IN ('r', 'S') LOOP
                EXECUTE format('GRANT ALL ON %s %s TO adiuva_system',
                               CASE thing.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, thing.name);
            END LOOP;
            FOR thing IN SELECT p.oid::regprocedure AS name FROM pg_proc p WHERE p.proname LIKE 'procrastinate\\_%' LOOP
                EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', thing.name);
                EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO adiuva_system', thing.name);
            END LOOP;
        END $$
    """)
    op.execute("""
        CREATE FUNCTION enqueue_job(queue text, task text, args jsonb, lock_name text, once_while_waiting text,
                                    priority integer, not_before timestamptz)
        RETURNS bigint
        LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
            SELECT (procrastinate_defer_jobs_v1(ARRAY[
                ROW(queue, task, priority, lock_name, once_while_waiting, args, not_before)
            ]::procrastinate_job_to_defer_v1[]))[1]
        $$
    """)
    _run(door("enqueue_job(text, text, jsonb, text, text, integer, timestamptz)"))
