"""Threads, their events, and the runs behind them: what was said, and how each turn went."""

import sqlalchemy as sa

from alembic import op
from app.kit.db import APP_ROLE
from app.kit.row_security import door, protect

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = ["threads", "runs", "thread_events"]
OPENING = (
    "open_run(uuid, uuid, uuid, boolean, text, text, bytea, text, text, uuid, timestamptz, uuid, bytea, timestamptz)"
)
HISTORY = "thread_history(uuid, uuid, uuid, bigint, bigint)"
OWN_FUNCTIONS = [OPENING, HISTORY]
DOORS = ["renew_runs(uuid, timestamptz, uuid[])", "abandoned_runs(timestamptz)", "waiting_runs(timestamptz)"]


def upgrade() -> None:
    _create_threads()
    _create_runs()
    _create_events()
    for table in TABLES:
        _run(protect(table))
    _create_opening()
    _create_history()
    for signature in OWN_FUNCTIONS:
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO {APP_ROLE}")
    _create_doors()


def downgrade() -> None:
    for signature in [*OWN_FUNCTIONS, *DOORS]:
        op.execute(f"DROP FUNCTION {signature}")
    for table in reversed(TABLES):
        op.drop_table(table)


def _run(statements: list[str]) -> None:
    for statement in statements:
        op.execute(statement)


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _count(name: str, of: type[sa.Integer] = sa.Integer) -> sa.Column[int]:
    return sa.Column(name, of(), server_default="0", nullable=False)


def _owned_by(table: str, column: str, owner: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{owner}")
    return sa.ForeignKeyConstraint([column], [f"{owner}.id"], name=name, ondelete="CASCADE")


def _create_threads() -> None:
    op.create_table(
        "threads",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.LargeBinary(), nullable=True),
        sa.Column("archived", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        _time("created_at"),
        _time("updated_at"),
        _count("message_count"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_threads")),
        _owned_by("threads", "user_id", "users"),
    )
    op.create_index(op.f("ix_threads_user_id_updated_at"), "threads", ["user_id", "updated_at"])


def _create_runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("thread_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=True),
        sa.Column("device_id", sa.Text(), nullable=True),
        sa.Column("session_id", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), server_default="running", nullable=False),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("response", sa.LargeBinary(), nullable=True),
        sa.Column("mutations", sa.LargeBinary(), nullable=True),
        sa.Column("transcript", sa.LargeBinary(), nullable=True),
        _count("transcript_tokens"),
        _count("input_tokens"),
        _count("output_tokens"),
        _count("reserved_tokens", sa.BigInteger),
        sa.Column("cancel_requested", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("owner", sa.Uuid(), nullable=True),
        _time("lease_until", nullable=True),
        sa.Column("attempt", sa.Integer(), server_default="1", nullable=False),
        _time("created_at"),
        _time("ended_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        _owned_by("runs", "user_id", "users"),
        _owned_by("runs", "thread_id", "threads"),
        sa.UniqueConstraint("user_id", "request_id", name=op.f("uq_runs_user_id_request_id")),
        sa.CheckConstraint("length(request_id) between 1 and 128", name=op.f("ck_runs_request_id_length")),
        sa.CheckConstraint("kind in ('home', 'floating')", name=op.f("ck_runs_kind_known")),
        sa.CheckConstraint(
            "status in ('running', 'waiting', 'completed', 'cancelled', 'failed')", name=op.f("ck_runs_status_known")
        ),
        sa.CheckConstraint(
            "(ended_at is null) = (status in ('running', 'waiting'))", name=op.f("ck_runs_ended_when_over")
        ),
        sa.CheckConstraint(
            "case status when 'running' then lease_until is not null when 'waiting' then true else lease_until is null end",
            name=op.f("ck_runs_leased_while_running"),
        ),
    )
    op.create_index(op.f("ix_runs_thread_id_position"), "runs", ["thread_id", "position"])
    live = sa.text("status in ('running', 'waiting')")
    op.create_index("ix_runs_live", "runs", ["user_id"], postgresql_where=live)
    op.create_index("ix_runs_live_of_owner", "runs", ["owner"], postgresql_where=live)


def _create_events() -> None:
    op.create_table(
        "thread_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("thread_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        _time("created_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_thread_events")),
        _owned_by("thread_events", "user_id", "users"),
        _owned_by("thread_events", "thread_id", "threads"),
        _owned_by("thread_events", "run_id", "runs"),
        sa.CheckConstraint("type in ('message', 'tool.call', 'tool.result')", name=op.f("ck_thread_events_type_known")),
        sa.CheckConstraint(
            "actor in ('user', 'assistant', 'tool', 'system')", name=op.f("ck_thread_events_actor_known")
        ),
    )
    op.create_index(op.f("ix_thread_events_user_id"), "thread_events", ["user_id"])
    op.create_index(op.f("ix_thread_events_thread_id_position"), "thread_events", ["thread_id", "position"])
    op.create_index(op.f("ix_thread_events_run_id"), "thread_events", ["run_id"])


def _create_opening() -> None:
    """A turn's thread, its run and the user's words, in one round trip. It runs as its caller: the wall stands.

    Nothing is kept unless `is_open`: there is such a run already (`existing_id`), or no such thread.
    """
    # Of several with one request id one is kept; the others wait for it in the index, undo their thread, and find it.
    # What is said in an archived thread brings it back.
    op.execute("""
        CREATE FUNCTION open_run(whose uuid, run uuid, thread uuid, is_new boolean, request text, asked_in text,
                                 asked_hash bytea, device text, login text, process uuid, leased_until timestamptz,
                                 event uuid, sealed bytea, at timestamptz)
        RETURNS TABLE (is_open boolean, existing_id uuid, existing_hash bytea) LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM set_config('app.user_id', whose::text, true);
            is_open := false;
            BEGIN
                IF is_new THEN
                    INSERT INTO threads (id, user_id, created_at, updated_at, message_count)
                    VALUES (thread, whose, at, at, 1);
                ELSE
                    UPDATE threads SET updated_at = at, message_count = message_count + 1, archived = false
                    WHERE id = thread AND user_id = whose;
                END IF;
                IF FOUND THEN
                    INSERT INTO runs (id, user_id, thread_id, request_id, kind, request_hash, device_id, session_id,
                                      owner, lease_until, created_at)
                    VALUES (run, whose, thread, request, asked_in, asked_hash, device, login, process, leased_until, at);
                    INSERT INTO thread_events (id, user_id, thread_id, run_id, type, actor, content, created_at)
                    VALUES (event, whose, thread, run, 'message', 'user', sealed, at);
                    is_open := true;
                END IF;
            EXCEPTION WHEN unique_violation THEN
                NULL;
            END;
            IF NOT is_open THEN
                SELECT r.id, r.request_hash INTO existing_id, existing_hash FROM runs r
                WHERE r.user_id = whose AND r.request_id = request;
            END IF;
            RETURN NEXT;
        END $$
    """)


def _create_history() -> None:
    """The newest turns before a run that fit together into so many tokens, oldest first, in one row and one round trip. A
    turn larger than all of them counts as `shortened`. It runs as its caller: the wall stands."""
    # Sizes are added up from the newest turn backwards; only transcripts that fit are read.
    op.execute("""
        CREATE FUNCTION thread_history(whose uuid, thread uuid, before_run uuid, most bigint, shortened bigint)
        RETURNS TABLE (ids uuid[], transcripts bytea[], sizes integer[]) LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM set_config('app.user_id', whose::text, true);
            RETURN QUERY
                SELECT array_agg(fits.id ORDER BY fits.position), array_agg(fits.transcript ORDER BY fits.position),
                       array_agg(fits.transcript_tokens ORDER BY fits.position)
                FROM (
                    SELECT r.id, r.transcript, r.transcript_tokens, r.position,
                           sum(CASE WHEN r.transcript_tokens > most THEN shortened ELSE r.transcript_tokens END)
                               OVER (ORDER BY r.position DESC) AS so_far
                    FROM runs r
                    WHERE r.user_id = whose AND r.thread_id = thread AND r.ended_at IS NOT NULL
                      AND r.transcript IS NOT NULL AND r.position < (
                          SELECT this.position FROM runs this WHERE this.id = before_run AND this.user_id = whose
                      )
                    ORDER BY r.position DESC LIMIT 200
                ) fits
                WHERE fits.so_far <= most;
        END $$
    """)


def _create_doors() -> None:
    """What a process asks about the runs of all users at once; ids go out, and the leases of its own runs are renewed."""
    # Without `until`, those that wait are let go of; one that runs keeps its lease.
    # A row that somebody holds (a turn being ended, a thread being deleted) is passed over: waiting for it could be a
    # deadlock, and it has two more chances before its lease is over.
    op.execute("""
        CREATE FUNCTION renew_runs(renewer uuid, until timestamptz, held_here uuid[])
        RETURNS TABLE (run_id uuid, cancel_requested boolean)
        LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
            WITH held AS (
                SELECT r.id FROM runs r WHERE r.id = ANY (held_here) AND r.owner = renewer
                    AND (r.status = 'waiting' OR r.status = 'running' AND until IS NOT NULL)
                FOR UPDATE SKIP LOCKED
            ), renewed AS (
                UPDATE runs r SET lease_until = until FROM held WHERE r.id = held.id
            )
            SELECT r.id, r.cancel_requested FROM runs r
            WHERE r.id = ANY (held_here) AND r.owner = renewer AND r.status IN ('running', 'waiting')
        $$
    """)
    op.execute("""
        CREATE FUNCTION abandoned_runs(at timestamptz) RETURNS TABLE (user_id uuid, run_id uuid)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
            SELECT r.user_id, r.id FROM runs r WHERE r.status = 'running' AND r.lease_until < at ORDER BY r.position
        $$
    """)
    op.execute("""
        CREATE FUNCTION waiting_runs(at timestamptz)
        RETURNS TABLE (user_id uuid, run_id uuid, attempt integer, cancel_requested boolean)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
            SELECT r.user_id, r.id, r.attempt, r.cancel_requested FROM runs r
            WHERE r.status = 'waiting' AND (at IS NULL OR r.lease_until IS NULL OR r.lease_until < at)
            ORDER BY r.position
        $$
    """)
    for signature in DOORS:
        _run(door(signature))
