"""Approvals: what a turn asks its user, how they answered, and the turn that waits; and the month's token budget."""

import sqlalchemy as sa

from alembic import op
from app.kit.db import APP_ROLE
from app.kit.row_security import protect

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = ["approvals", "paused_turns", "approval_policies", "token_usage"]
OWN_FUNCTIONS = [
    "has_open_approvals(uuid, timestamptz)",
    "approval_policy_of(uuid)",
    "turn_standing(uuid, date)",
    "token_standing(uuid, date, jsonb)",
    "reserve_tokens(uuid, uuid, date, bigint, bigint, jsonb)",
    (
        "end_run(uuid, uuid, uuid, uuid, integer, text, text, bytea, bytea, bytea, integer, integer, integer, uuid[], "
        "text[], text[], bytea[], integer, text, text, date, bigint, bigint, timestamptz)"
    ),
]


def upgrade() -> None:
    _create_approvals()
    _create_paused_turns()
    _create_policies()
    _create_token_usage()
    for table in TABLES:
        for statement in protect(table):
            op.execute(statement)
    _create_approval_functions()
    _create_turn_standing()
    _create_token_functions()
    _create_ending()
    for signature in OWN_FUNCTIONS:
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO {APP_ROLE}")


def downgrade() -> None:
    for signature in OWN_FUNCTIONS:
        op.execute(f"DROP FUNCTION {signature}")
    for table in reversed(TABLES):
        op.drop_table(table)


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _sealed(name: str, *, nullable: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=nullable)


def _id(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), nullable=False)


def _owned_by(table: str, column: str, owner: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{owner}")
    return sa.ForeignKeyConstraint([column], [f"{owner}.id"], name=name, ondelete="CASCADE")


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _create_approvals() -> None:
    op.create_table(
        "approvals",
        _id("id"),
        _id("user_id"),
        _id("run_id"),
        _text("tool_call_id"),
        _text("interrupt_id"),
        _text("tool"),
        _text("action"),
        _sealed("summary"),
        _sealed("args"),
        _text("decision", nullable=True),
        _sealed("decided_args", nullable=True),
        _sealed("reason", nullable=True),
        _text("decided_by", nullable=True),
        _time("expires_at"),
        _time("created_at"),
        _time("decided_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
        _owned_by("approvals", "user_id", "users"),
        _owned_by("approvals", "run_id", "runs"),
        _check("approvals", "action_known", "action in ('insert', 'update', 'delete')"),
        _check("approvals", "decision_known", "decision in ('approve', 'edit', 'reject', 'expired')"),
        _check("approvals", "decided_with_time", "(decision is null) = (decided_at is null)"),
        _check("approvals", "args_of_edits_only", "(decided_args is null) = (decision is distinct from 'edit')"),
    )
    op.create_index(op.f("ix_approvals_user_id"), "approvals", ["user_id"])
    op.create_index(op.f("ix_approvals_run_id"), "approvals", ["run_id"])
    op.create_index("ix_approvals_open", "approvals", ["user_id"], postgresql_where=sa.text("decision is null"))


def _create_paused_turns() -> None:
    op.create_table(
        "paused_turns",
        _id("run_id"),
        _id("user_id"),
        _sealed("state"),
        _time("created_at"),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_paused_turns")),
        _owned_by("paused_turns", "run_id", "runs"),
        _owned_by("paused_turns", "user_id", "users"),
    )
    op.create_index(op.f("ix_paused_turns_user_id"), "paused_turns", ["user_id"])


def _create_policies() -> None:
    rules = ("insert", "update", "delete")
    op.create_table(
        "approval_policies",
        _id("user_id"),
        *(_text(rule) for rule in rules),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_approval_policies")),
        _owned_by("approval_policies", "user_id", "users"),
        *(_check("approval_policies", f"{rule}_known", f"\"{rule}\" in ('ask', 'allow', 'deny')") for rule in rules),
    )


def _create_token_usage() -> None:
    op.create_table(
        "token_usage",
        _id("user_id"),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("input_tokens", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("output_tokens", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("turns", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("user_id", "month", name=op.f("pk_token_usage")),
        _owned_by("token_usage", "user_id", "users"),
        _check("token_usage", "month_is_its_first_day", "extract(day from month) = 1"),
        _check("token_usage", "counts_not_negative", "input_tokens >= 0 and output_tokens >= 0 and turns >= 0"),
    )


# Each of the functions names the user and asks in one round trip. They run as their caller: the wall stands.


def _create_approval_functions() -> None:
    op.execute("""
        CREATE FUNCTION has_open_approvals(whose uuid, at timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM set_config('app.user_id', whose::text, true);
            RETURN EXISTS (
                SELECT FROM approvals a JOIN runs r ON r.id = a.run_id
                WHERE a.user_id = whose AND a.decision IS NULL AND a.expires_at > at
                  AND r.user_id = whose AND r.status IN ('running', 'waiting')
            );
        END $$
    """)
    op.execute("""
        CREATE FUNCTION approval_policy_of(whose uuid) RETURNS TABLE (on_insert text, on_update text, on_delete text)
        LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM set_config('app.user_id', whose::text, true);
            RETURN QUERY SELECT p.insert, p.update, p.delete FROM approval_policies p WHERE p.user_id = whose;
        END $$
    """)


def _create_turn_standing() -> None:
    """What a turn has to know of its user before it begins. `used`: what running turns hold counts as well."""
    op.execute("""
        CREATE FUNCTION turn_standing(whose uuid, of_month date)
        RETURNS TABLE (tier text, on_insert text, on_update text, on_delete text, used bigint) LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM set_config('app.user_id', whose::text, true);
            RETURN QUERY
                SELECT u.tier, p.insert, p.update, p.delete,
                    coalesce(t.input_tokens + t.output_tokens, 0)
                        + coalesce((SELECT sum(r.reserved_tokens) FROM runs r
                                    WHERE r.user_id = whose AND r.status IN ('running', 'waiting')), 0)::bigint
                FROM users u
                LEFT JOIN approval_policies p ON p.user_id = u.id
                LEFT JOIN token_usage t ON t.user_id = u.id AND t.month = of_month
                WHERE u.id = whose AND u.email IS NOT NULL;
        END $$
    """)


def _create_token_functions() -> None:
    """`limits`: tokens a month by tier. The tier is read where it counts, so that a change of it counts at once."""
    op.execute("""
        CREATE FUNCTION token_standing(whose uuid, of_month date, limits jsonb)
        RETURNS TABLE (most bigint, spent bigint, held bigint) LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM set_config('app.user_id', whose::text, true);
            RETURN QUERY SELECT
                (limits->>u.tier)::bigint,
                coalesce((SELECT t.input_tokens + t.output_tokens FROM token_usage t
                          WHERE t.user_id = whose AND t.month = of_month), 0),
                coalesce((SELECT sum(r.reserved_tokens) FROM runs r
                          WHERE r.user_id = whose AND r.status IN ('running', 'waiting')), 0)::bigint
            FROM users u WHERE u.id = whose AND u.email IS NOT NULL;
        END $$
    """)
    # The row of the month is the lock that turns side by side wait on. The run comes first, as when a turn ends: whoever
    # takes both takes them in this order. A reservation that a crash of the database loses costs no more than itself, so
    # nothing waits for the disk.
    op.execute("""
        CREATE FUNCTION reserve_tokens(whose uuid, run uuid, of_month date, wanted bigint, needed bigint, limits jsonb)
        RETURNS TABLE (granted bigint, most bigint, spent bigint, held bigint) LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM set_config('app.user_id', whose::text, true), set_config('synchronous_commit', 'off', true);
            PERFORM FROM users u WHERE u.id = whose AND u.email IS NOT NULL;
            IF NOT FOUND THEN RETURN; END IF;
            PERFORM FROM runs r WHERE r.id = run AND r.user_id = whose AND r.status = 'running' FOR NO KEY UPDATE;
            IF NOT FOUND THEN RETURN NEXT; RETURN; END IF;
            INSERT INTO token_usage (user_id, month) VALUES (whose, of_month) ON CONFLICT DO NOTHING;
            SELECT t.input_tokens + t.output_tokens INTO spent FROM token_usage t
            WHERE t.user_id = whose AND t.month = of_month FOR NO KEY UPDATE;
            SELECT (limits->>u.tier)::bigint INTO most FROM users u WHERE u.id = whose;
            SELECT coalesce(sum(r.reserved_tokens), 0) INTO held FROM runs r
            WHERE r.user_id = whose AND r.status IN ('running', 'waiting');
            granted := least(wanted, most - spent - held);
            IF granted < needed THEN
                granted := 0;
            ELSE
                UPDATE runs SET reserved_tokens = reserved_tokens + granted WHERE id = run;
            END IF;
            RETURN NEXT;
        END $$
    """)


def _create_ending() -> None:
    """How a turn ended, what was said and done, its tokens, and the job that names its thread: in one round trip, kept
    together or not at all. False, and nothing is written, when the run is not the caller's to end.

    `process` and `nth`, its owner and attempt, are the fence. Without them it is for runs whose lease is over. Without a
    `title_task` no name is asked for, without `in_month` no tokens are counted.
    """
    # The thread is locked before the run, the order in which deleting a thread goes: the other way round the two could
    # wait for each other. The month's row comes last, as in `reserve_tokens`.
    op.execute("""
        CREATE FUNCTION end_run(whose uuid, run uuid, thread uuid, process uuid, nth integer, ended_as text, failure text,
                                answer bytea, changes bytea, seen_later bytea, seen_tokens integer,
                                tokens_in integer, tokens_out integer,
                                event_ids uuid[], types text[], actors text[], contents bytea[], messages integer,
                                job_queue text, title_task text, in_month date, paid_in bigint, paid_out bigint,
                                at timestamptz)
        RETURNS boolean LANGUAGE plpgsql AS $$
        DECLARE untitled boolean;
        BEGIN
            PERFORM set_config('app.user_id', whose::text, true);
            PERFORM FROM threads WHERE id = thread AND user_id = whose FOR NO KEY UPDATE;
            UPDATE runs SET status = ended_as, error_code = failure, response = answer, mutations = changes,
                transcript = seen_later, transcript_tokens = seen_tokens, input_tokens = tokens_in,
                output_tokens = tokens_out, reserved_tokens = 0, lease_until = NULL, ended_at = at
            WHERE id = run AND user_id = whose AND thread_id = thread AND CASE
                WHEN process IS NULL THEN status = 'running' AND lease_until < at
                ELSE owner = process AND attempt = nth AND status IN ('running', 'waiting')
            END;
            IF NOT FOUND THEN RETURN false; END IF;
            DELETE FROM paused_turns WHERE run_id = run AND user_id = whose;
            INSERT INTO thread_events (id, user_id, thread_id, run_id, type, actor, content, created_at)
            SELECT e.id, whose, thread, run, e.type, e.actor, e.content, at
            FROM unnest(event_ids, types, actors, contents) WITH ORDINALITY AS e (id, type, actor, content, place)
            ORDER BY e.place;
            UPDATE threads SET updated_at = at, message_count = message_count + messages
            WHERE id = thread AND user_id = whose RETURNING title IS NULL INTO untitled;
            IF untitled AND title_task IS NOT NULL THEN
                PERFORM enqueue_job(job_queue, title_task, jsonb_build_object('user_id', whose, 'thread_id', thread),
                                    title_task || ':' || thread, title_task || ':' || thread, 0, NULL);
            END IF;
            IF in_month IS NOT NULL THEN
                INSERT INTO token_usage AS used (user_id, month, input_tokens, output_tokens, turns)
                VALUES (whose, in_month, paid_in, paid_out, 1)
                ON CONFLICT (user_id, month) DO UPDATE SET
                    input_tokens = used.input_tokens + excluded.input_tokens,
                    output_tokens = used.output_tokens + excluded.output_tokens,
                    turns = used.turns + 1;
            END IF;
            RETURN true;
        END $$
    """)
