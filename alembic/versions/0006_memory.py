"""Memory: what is remembered of a user, as vectors too, what it was before, and the turns that are still to be
remembered."""

import sqlalchemy as sa
from pgvector.sqlalchemy import BIT, HALFVEC

from alembic import op
from app.kit.db import APP_ROLE
from app.kit.row_security import protect

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = [
    "memories",
    "memory_vectors",
    "memory_bits",
    "memory_versions",
    "memory_turns",
    "memory_evidence",
    "memory_settings",
    "memory_struck",
    "memory_inbox",
]
ENDING_OF_0005 = (
    "end_run(uuid, uuid, uuid, uuid, integer, text, text, bytea, bytea, bytea, integer, integer, integer, uuid[], "
    "text[], text[], bytea[], integer, text, text, date, bigint, bigint, timestamptz)"
)
ENDING = (
    "end_run(uuid, uuid, uuid, uuid, integer, text, text, bytea, bytea, bytea, integer, integer, integer, uuid[], "
    "text[], text[], bytea[], integer, text, text, date, bigint, bigint, bytea, text, timestamptz)"
)
OWN_FUNCTIONS = [
    ENDING,
    "memory_of(uuid, integer, halfvec, integer, integer, real, integer, integer, double precision, integer)",
    "memory_near(uuid, integer, halfvec, integer, integer, real, text[])",
]
DIMENSIONS = 1536


def upgrade() -> None:
    _create_memories()
    _create_vectors()
    _create_origins()
    _create_settings()
    _create_struck()
    _create_inbox()
    for table in TABLES:
        for statement in protect(table):
            op.execute(statement)
    _create_search()
    op.execute(f"DROP FUNCTION {ENDING_OF_0005}")
    _create_ending(with_memory=True)
    for signature in OWN_FUNCTIONS:
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO {APP_ROLE}")


def downgrade() -> None:
    for signature in OWN_FUNCTIONS:
        op.execute(f"DROP FUNCTION {signature}")
    _create_ending(with_memory=False)
    op.execute(f"REVOKE ALL ON FUNCTION {ENDING_OF_0005} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {ENDING_OF_0005} TO {APP_ROLE}")
    for table in reversed(TABLES):
        op.drop_table(table)


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _bytes(name: str, *, nullable: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=nullable)


def _id(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), nullable=False)


def _owned_by(table: str, column: str, owner: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{owner}")
    return sa.ForeignKeyConstraint([column], [f"{owner}.id"], name=name, ondelete="CASCADE")


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _create_memories() -> None:
    op.create_table(
        "memories",
        _id("id"),
        _id("user_id"),
        _text("tier"),
        _bytes("slot", nullable=True),
        _bytes("payload"),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("pinned", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("mentions", sa.Integer(), server_default="1", nullable=False),
        _text("written_by"),
        _time("created_at"),
        _time("updated_at"),
        _time("used_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memories")),
        _owned_by("memories", "user_id", "users"),
        _check("memories", "tier_known", "tier in ('core', 'associative', 'episodic', 'proactive')"),
        _check(
            "memories",
            "written_by_known",
            "written_by in ('user', 'assistant', 'extractor', 'summary', 'reflection')",
        ),
        _check("memories", "confidence_of_patterns", "(tier = 'proactive') = (confidence is not null)"),
        _check("memories", "confidence_bounded", "confidence between 0 and 1"),
        _check("memories", "slot_of_core_and_episodic", "slot is not null or tier not in ('core', 'episodic')"),
    )
    op.create_index(op.f("ix_memories_user_id_tier_updated_at"), "memories", ["user_id", "tier", "updated_at"])
    op.create_index(
        "ix_memories_slot",
        "memories",
        ["user_id", "tier", "slot"],
        unique=True,
        postgresql_where=sa.text("slot is not null"),
    )


def _create_vectors() -> None:
    op.create_table(
        "memory_vectors",
        _id("memory_id"),
        _id("user_id"),
        sa.Column("embedding", HALFVEC(DIMENSIONS), nullable=False),
        sa.PrimaryKeyConstraint("memory_id", name=op.f("pk_memory_vectors")),
        _owned_by("memory_vectors", "memory_id", "memories"),
        _owned_by("memory_vectors", "user_id", "users"),
    )
    op.create_index(op.f("ix_memory_vectors_user_id"), "memory_vectors", ["user_id"])
    # In the row and as it is: moved out of the row and compressed, a vector takes three times as long to read.
    op.execute("ALTER TABLE memory_vectors ALTER COLUMN embedding SET STORAGE PLAIN")
    op.create_table(
        "memory_bits",
        _id("memory_id"),
        _id("user_id"),
        sa.Column("space", sa.Integer(), nullable=False),
        _text("tier"),
        sa.Column("bits", BIT(DIMENSIONS), nullable=False),
        sa.PrimaryKeyConstraint("memory_id", name=op.f("pk_memory_bits")),
        _owned_by("memory_bits", "memory_id", "memories"),
        _owned_by("memory_bits", "user_id", "users"),
    )
    # A search reads all of a user's bits from this index, where they stand together, and none from the table. That holds
    # for pages that were vacuumed since they were written: rows that are only ever added do not bring that about often.
    op.create_index(
        "ix_memory_bits_search",
        "memory_bits",
        ["user_id", "space", "tier"],
        postgresql_include=["memory_id", "bits"],
    )
    op.execute("ALTER TABLE memory_bits SET (autovacuum_vacuum_insert_scale_factor = 0.02)")


def _create_origins() -> None:
    op.create_table(
        "memory_versions",
        _id("id"),
        _id("user_id"),
        _id("memory_id"),
        _bytes("payload"),
        _text("written_by"),
        _text("why"),
        _time("valid_from"),
        _time("replaced_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memory_versions")),
        _owned_by("memory_versions", "user_id", "users"),
        _owned_by("memory_versions", "memory_id", "memories"),
        _check("memory_versions", "why_known", "why in ('corrected', 'replaced', 'merged')"),
    )
    op.create_index(op.f("ix_memory_versions_user_id"), "memory_versions", ["user_id"])
    op.create_index(op.f("ix_memory_versions_memory_id_replaced_at"), "memory_versions", ["memory_id", "replaced_at"])
    op.create_table(
        "memory_turns",
        _id("memory_id"),
        _id("run_id"),
        _id("user_id"),
        _time("at"),
        sa.PrimaryKeyConstraint("memory_id", "run_id", name=op.f("pk_memory_turns")),
        _owned_by("memory_turns", "memory_id", "memories"),
        _owned_by("memory_turns", "user_id", "users"),
    )
    op.create_index(op.f("ix_memory_turns_user_id_run_id"), "memory_turns", ["user_id", "run_id"])
    op.create_table(
        "memory_evidence",
        _id("memory_id"),
        _id("evidence_id"),
        _id("user_id"),
        sa.PrimaryKeyConstraint("memory_id", "evidence_id", name=op.f("pk_memory_evidence")),
        _owned_by("memory_evidence", "memory_id", "memories"),
        _owned_by("memory_evidence", "evidence_id", "memories"),
        _owned_by("memory_evidence", "user_id", "users"),
    )
    op.create_index(op.f("ix_memory_evidence_evidence_id"), "memory_evidence", ["evidence_id"])
    op.create_index(op.f("ix_memory_evidence_user_id"), "memory_evidence", ["user_id"])


def _create_settings() -> None:
    op.create_table(
        "memory_settings",
        _id("user_id"),
        sa.Column("enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        _time("reflected_at", nullable=True),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_memory_settings")),
        _owned_by("memory_settings", "user_id", "users"),
    )


def _create_struck() -> None:
    op.create_table(
        "memory_struck",
        _id("user_id"),
        _bytes("name"),
        _time("struck_at"),
        sa.PrimaryKeyConstraint("user_id", "name", name=op.f("pk_memory_struck")),
        _owned_by("memory_struck", "user_id", "users"),
    )
    op.create_index(op.f("ix_memory_struck_struck_at"), "memory_struck", ["struck_at"])


def _create_inbox() -> None:
    op.create_table(
        "memory_inbox",
        _id("run_id"),
        _id("user_id"),
        sa.Column("position", sa.BigInteger(), sa.Identity(), nullable=False),
        _bytes("said"),
        _time("created_at"),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_memory_inbox")),
        _owned_by("memory_inbox", "run_id", "runs"),
        _owned_by("memory_inbox", "user_id", "users"),
    )
    op.create_index(op.f("ix_memory_inbox_user_id_position"), "memory_inbox", ["user_id", "position"])


# One plan for every user, made once in a connection: planning anew costs a small user more than searching. It must hold
# when the tables have grown a thousandfold since, so that what would read other users' rows is ruled out, and what only pays
# in long queries is off.
PLANNED = """
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off
    SET enable_mergejoin = off SET max_parallel_workers_per_gather = 0 SET jit = off
"""


def _create_search() -> None:
    """Both name the user and ask in one round trip. They run as their caller: the wall stands.

    STABLE: all of what one call tells is of one moment. Every part names the user once more, for then the wall is checked
    once and not for each row. What `near` is compared with is in variables, for an expression is evaluated for each row;
    and rows are fetched by id in subqueries of their own (OFFSET 0), which leaves the planner no other way.
    """
    _create_memory_near()
    _create_memory_of()


def _create_memory_near() -> None:
    """All of a user's sign bits are compared, then the vectors of the `among` nearest: nothing is left out because other
    users' vectors are in the way, as it would be in one index over all. `near` NULL: nothing is near it."""
    op.execute(f"""
        CREATE FUNCTION memory_near(whose uuid, in_space integer, near halfvec, many integer, among integer, floor real,
                                    tiers text[])
        RETURNS TABLE (id uuid, score double precision) STABLE ROWS 8 LANGUAGE plpgsql {PLANNED} AS $$
        #variable_conflict use_column
        DECLARE
            wanted halfvec(1536) := near;
            signs bit(1536) := binary_quantize(wanted);
        BEGIN
            IF near IS NULL THEN RETURN; END IF;
            PERFORM set_config('app.user_id', whose::text, true);
            RETURN QUERY
                WITH candidates AS MATERIALIZED (
                    SELECT b.memory_id FROM memory_bits b
                    WHERE b.user_id = whose AND b.space = in_space AND b.tier = ANY (tiers)
                    ORDER BY b.bits <~> signs LIMIT among
                )
                SELECT c.memory_id, 1 - v.distance
                FROM candidates c CROSS JOIN LATERAL (
                    SELECT embedding <=> wanted AS distance FROM memory_vectors
                    WHERE memory_id = c.memory_id AND user_id = whose OFFSET 0
                ) v
                WHERE v.distance <= 1 - floor ORDER BY v.distance, c.memory_id LIMIT many;
        END $$
    """)


def _create_memory_of() -> None:
    """Core, then what is near, then sessions, then patterns. A user whose memory is off has none to tell of."""
    columns = "m.tier, m.id, m.payload, m.pinned, m.confidence"
    times = "m.created_at, m.updated_at"
    op.execute(f"""
        CREATE FUNCTION memory_of(whose uuid, in_space integer, near halfvec, many integer, among integer, floor real,
                                  core_bytes integer, sessions integer, confident double precision,
                                  patterns integer)
        RETURNS TABLE (tier text, id uuid, payload bytea, pinned boolean, confidence double precision,
                       score double precision, created_at timestamptz, updated_at timestamptz)
        STABLE LANGUAGE plpgsql {PLANNED} AS $$
        #variable_conflict use_column
        BEGIN
            PERFORM set_config('app.user_id', whose::text, true);
            IF EXISTS (SELECT FROM memory_settings s WHERE s.user_id = whose AND NOT s.enabled) THEN RETURN; END IF;
            RETURN QUERY
                SELECT {columns}, NULL::double precision, {times}
                FROM (SELECT *, sum(size) OVER (ORDER BY pinned DESC, used_at DESC, id) AS so_far
                      FROM memories WHERE user_id = whose AND tier = 'core') m
                WHERE m.so_far <= core_bytes ORDER BY m.so_far;
            RETURN QUERY
                SELECT {columns}, n.score, {times}
                FROM memory_near(whose, in_space, near, many, among, floor, ARRAY['associative']) n
                CROSS JOIN LATERAL (SELECT * FROM memories WHERE id = n.id AND user_id = whose OFFSET 0) m
                ORDER BY n.score DESC, m.id;
            RETURN QUERY
                SELECT {columns}, NULL::double precision, {times} FROM memories m
                WHERE m.user_id = whose AND m.tier = 'episodic' ORDER BY m.updated_at DESC LIMIT sessions;
            RETURN QUERY
                SELECT {columns}, NULL::double precision, {times} FROM memories m
                WHERE m.user_id = whose AND m.tier = 'proactive' AND m.confidence >= confident
                ORDER BY m.confidence DESC, m.updated_at DESC LIMIT patterns;
        END $$
    """)


def _create_ending(*, with_memory: bool) -> None:
    """As in 0005, and with it what is to be remembered of the turn, and the job that does it."""
    parameters = "to_remember bytea, memory_task text," if with_memory else ""
    remember = """
            IF to_remember IS NOT NULL
               AND NOT EXISTS (SELECT FROM memory_settings s WHERE s.user_id = whose AND NOT s.enabled) THEN
                INSERT INTO memory_inbox (run_id, user_id, said, created_at) VALUES (run, whose, to_remember, at);
                PERFORM enqueue_job(job_queue, memory_task, jsonb_build_object('user_id', whose),
                                    memory_task || ':' || whose, memory_task || ':' || whose, 0, NULL);
            END IF;
    """
    op.execute(f"""
        CREATE FUNCTION end_run(whose uuid, run uuid, thread uuid, process uuid, nth integer, ended_as text, failure text,
                                answer bytea, changes bytea, seen_later bytea, seen_tokens integer,
                                tokens_in integer, tokens_out integer,
                                event_ids uuid[], types text[], actors text[], contents bytea[], messages integer,
                                job_queue text, title_task text, in_month date, paid_in bigint, paid_out bigint,
                                {parameters} at timestamptz)
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
            {remember if with_memory else ""}
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
