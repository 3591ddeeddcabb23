"""Devices, the ledger of changes they are asked to make, tickets for the socket, and word of access that has ended."""

import sqlalchemy as sa

from alembic import op
from app.kit.db import APP_ROLE
from app.kit.row_security import door, protect

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = ["devices", "tool_calls", "socket_tickets"]
LEDGER_FUNCTIONS = [
    "open_tool_call(uuid, uuid, text, text, bytea, timestamptz)",
    "close_tool_call(uuid, text, uuid, text, bytea, timestamptz)",
    "void_tool_call(uuid, uuid)",
]
CALLER_IN_SESSION = "caller_in_session(uuid, uuid, timestamptz)"
CALLER_WITH_API_KEY = "caller_with_api_key(bytea, timestamptz)"


def upgrade() -> None:
    _create_tables()
    for table in TABLES:
        _run(protect(table))
    _create_ledger_functions()
    _create_ticket_door()
    _create_caller_doors(since=True)
    _create_notices()


def downgrade() -> None:
    for trigger, table in (
        ("session_ended", "user_sessions"),
        ("api_key_ended", "api_keys"),
        ("user_ended", "users"),
        ("device_revoked", "devices"),
    ):
        op.execute(f"DROP TRIGGER {trigger} ON {table}")
    op.execute("DROP FUNCTION tell_access_ended()")
    _create_caller_doors(since=False)
    op.execute("DROP FUNCTION use_socket_ticket(bytea, timestamptz)")
    for signature in LEDGER_FUNCTIONS:
        op.execute(f"DROP FUNCTION {signature}")
    for table in reversed(TABLES):
        op.drop_table(table)


def _run(statements: list[str]) -> None:
    for statement in statements:
        op.execute(statement)


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _owned_by(table: str, column: str, owner: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{owner}")
    return sa.ForeignKeyConstraint([column], [f"{owner}.id"], name=name, ondelete="CASCADE")


def _create_tables() -> None:
    op.create_table(
        "devices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=True),
        sa.Column("about", sa.LargeBinary(), nullable=False),
        _time("first_seen_at"),
        _time("last_seen_at"),
        _time("revoked_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
        _owned_by("devices", "user_id", "users"),
        sa.UniqueConstraint("user_id", "device_id", name=op.f("uq_devices_user_id_device_id")),
    )
    op.create_table(
        "tool_calls",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("arguments", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), server_default="pending", nullable=False),
        sa.Column("result", sa.LargeBinary(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="1", nullable=False),
        _time("created_at"),
        _time("answered_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tool_calls")),
        _owned_by("tool_calls", "user_id", "users"),
        sa.CheckConstraint(
            "action in ('insert', 'update', 'delete', 'vector_upsert')",
            name=op.f("ck_tool_calls_action_changes_something"),
        ),
        sa.CheckConstraint(
            "state in ('pending', 'done', 'refused', 'malformed', 'unknown')", name=op.f("ck_tool_calls_state_known")
        ),
        sa.CheckConstraint(
            "(result is null) = (state in ('pending', 'unknown'))", name=op.f("ck_tool_calls_result_when_answered")
        ),
    )
    op.create_index(op.f("ix_tool_calls_user_id"), "tool_calls", ["user_id"])
    op.create_index("ix_tool_calls_created_at", "tool_calls", ["created_at"])
    op.create_index(
        "ix_tool_calls_pending", "tool_calls", ["user_id", "device_id"], postgresql_where=sa.text("state = 'pending'")
    )
    op.create_table(
        "socket_tickets",
        sa.Column("ticket_hash", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("api_key_id", sa.Uuid(), nullable=True),
        sa.Column("device_id", sa.Text(), nullable=False),
        _time("signed_in_at"),
        _time("access_expires_at", nullable=True),
        _time("expires_at"),
        sa.PrimaryKeyConstraint("ticket_hash", name=op.f("pk_socket_tickets")),
        _owned_by("socket_tickets", "user_id", "users"),
        _owned_by("socket_tickets", "session_id", "user_sessions"),
        _owned_by("socket_tickets", "api_key_id", "api_keys"),
    )
    for column in ("user_id", "session_id", "api_key_id", "expires_at"):
        op.create_index(op.f(f"ix_socket_tickets_{column}"), "socket_tickets", [column])


def _create_ledger_functions() -> None:
    """Each names the user and touches the row in one round trip. They run as their caller: the wall stands."""
    op.execute("""
        CREATE FUNCTION open_tool_call(owner uuid, call uuid, device text, asked text, sealed bytea, at timestamptz)
        RETURNS void LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM set_config('app.user_id', owner::text, true);
            INSERT INTO tool_calls (id, user_id, device_id, action, arguments, created_at)
            VALUES (call, owner, device, asked, sealed, at);
        END $$
    """)
    # An answer lost with an unflushed commit is asked for again: nothing has to wait for the disk.
    op.execute("""
        CREATE FUNCTION close_tool_call(owner uuid, device text, call uuid, ended text, sealed bytea, at timestamptz)
        RETURNS boolean LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM set_config('app.user_id', owner::text, true), set_config('synchronous_commit', 'off', true);
            UPDATE tool_calls SET state = ended, result = sealed, answered_at = at
            WHERE id = call AND user_id = owner AND device_id = device AND state IN ('pending', 'unknown');
            RETURN FOUND;
        END $$
    """)
    op.execute("""
        CREATE FUNCTION void_tool_call(owner uuid, call uuid)
        RETURNS void LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM set_config('app.user_id', owner::text, true);
            -- One that a hello has picked up meanwhile has been sent.
            DELETE FROM tool_calls WHERE id = call AND user_id = owner AND state = 'pending' AND attempts = 1;
        END $$
    """)

    for signature in LEDGER_FUNCTIONS:
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO {APP_ROLE}")


def _create_ticket_door() -> None:
    op.execute("""
        CREATE FUNCTION use_socket_ticket(sought_hash bytea, at timestamptz)
        RETURNS TABLE (user_id uuid, session_id uuid, api_key_id uuid, device_id text, signed_in_at timestamptz,
                       access_expires_at timestamptz)
        LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
            WITH used AS (DELETE FROM socket_tickets t WHERE t.ticket_hash = sought_hash RETURNING t.*)
            SELECT used.user_id, used.session_id, used.api_key_id, used.device_id, used.signed_in_at,
                   used.access_expires_at
            FROM used JOIN users u ON u.id = used.user_id
            LEFT JOIN user_sessions s ON s.id = used.session_id
            LEFT JOIN api_keys k ON k.id = used.api_key_id
            WHERE used.expires_at > at AND u.disabled_at IS NULL AND u.email IS NOT NULL
              AND (used.session_id IS NULL OR s.ended_at IS NULL)
              AND (used.api_key_id IS NULL OR k.expires_at IS NULL OR k.expires_at > at)
        $$
    """)
    _run(door("use_socket_ticket(bytea, timestamptz)"))


def _create_caller_doors(*, since: bool) -> None:
    """Who is calling, and `since` when: a device that was revoked stays closed to everyone who signed in before that."""
    op.execute(f"DROP FUNCTION {CALLER_IN_SESSION}")
    op.execute(f"DROP FUNCTION {CALLER_WITH_API_KEY}")
    op.execute(f"""
        CREATE FUNCTION caller_in_session(sought_session uuid, sought_user uuid, at timestamptz)
        RETURNS TABLE (email text, tier text, is_admin boolean, email_verified boolean, created_at timestamptz
                       {", signed_in_at timestamptz" if since else ""})
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
        DECLARE last_used timestamptz;
        BEGIN
            SELECT s.last_used_at, u.email, u.tier, u.is_admin, u.email_verified_at IS NOT NULL, u.created_at
                   {", s.created_at" if since else ""}
            INTO last_used, email, tier, is_admin, email_verified, created_at {", signed_in_at" if since else ""}
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
    op.execute(f"""
        CREATE FUNCTION caller_with_api_key(sought_hash bytea, at timestamptz)
        RETURNS TABLE (user_id uuid, key_id uuid, scopes jsonb, email text, tier text, is_admin boolean,
                       email_verified boolean, created_at timestamptz
                       {", signed_in_at timestamptz, expires_at timestamptz" if since else ""})
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
        DECLARE last_used timestamptz;
        BEGIN
            SELECT k.last_used_at, k.user_id, k.id, k.scopes, u.email, u.tier, u.is_admin,
                   u.email_verified_at IS NOT NULL, u.created_at {", k.created_at, k.expires_at" if since else ""}
            INTO last_used, user_id, key_id, scopes, email, tier, is_admin, email_verified, created_at
                 {", signed_in_at, expires_at" if since else ""}
            FROM api_keys k JOIN users u ON u.id = k.user_id
            WHERE k.key_hash = sought_hash AND (k.expires_at IS NULL OR k.expires_at > at)
              AND u.disabled_at IS NULL AND u.email IS NOT NULL;
            IF NOT FOUND THEN RETURN; END IF;
            IF last_used IS NULL OR last_used < at - interval '1 minute' THEN
                UPDATE api_keys SET last_used_at = at WHERE id = caller_with_api_key.key_id;
            END IF;
            RETURN NEXT;
        END $$
    """)
    _run(door(CALLER_IN_SESSION))
    _run(door(CALLER_WITH_API_KEY))


def _create_notices() -> None:
    """Whatever ends a session, a key, an account or a device's permission, in whichever process: every process is told
    when it is committed, and closes the sockets that hang on it."""
    op.execute("""
        CREATE FUNCTION tell_access_ended() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_TABLE_NAME = 'devices' THEN
                PERFORM pg_notify('access_ended', 'device ' || OLD.user_id || ' ' || OLD.device_id);
            ELSE
                PERFORM pg_notify('access_ended', TG_ARGV[0] || ' ' || OLD.id);
            END IF;
            RETURN NULL;
        END $$
    """)
    op.execute("REVOKE ALL ON FUNCTION tell_access_ended() FROM PUBLIC")
    op.execute("""
        CREATE TRIGGER session_ended AFTER UPDATE OF ended_at ON user_sessions FOR EACH ROW
        WHEN (OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL) EXECUTE FUNCTION tell_access_ended('session')
    """)
    op.execute("""
        CREATE TRIGGER api_key_ended AFTER DELETE ON api_keys FOR EACH ROW EXECUTE FUNCTION tell_access_ended('key')
    """)
    op.execute("""
        CREATE TRIGGER user_ended AFTER UPDATE OF disabled_at, email ON users FOR EACH ROW
        WHEN ((OLD.disabled_at IS NULL AND NEW.disabled_at IS NOT NULL) OR (OLD.email IS NOT NULL AND NEW.email IS NULL))
        EXECUTE FUNCTION tell_access_ended('user')
    """)
    op.execute("""
        CREATE TRIGGER device_revoked AFTER UPDATE OF revoked_at ON devices FOR EACH ROW
        WHEN (OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL) EXECUTE FUNCTION tell_access_ended('device')
    """)
