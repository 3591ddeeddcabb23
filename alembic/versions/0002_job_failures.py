"""What a job failed of, beside the job; and a door that puts "once while waiting" jobs in line without a race."""

from alembic import op
from app.kit.row_security import door

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SIGNATURE = "enqueue_job(text, text, jsonb, text, text, integer, timestamptz)"
DOOR = """
    CREATE FUNCTION enqueue_job(queue text, task text, args jsonb, lock_name text, once_while_waiting text,
                                           priority integer, not_before timestamptz)
    RETURNS bigint
"""


def upgrade() -> None:
    # A class name and a code, never a message. In the row itself: written with the status, gone with the job. Adding a
    # column without a default rewrites nothing.
    op.execute("ALTER TABLE procrastinate_jobs ADD COLUMN failure text, ADD COLUMN failure_code text")
    # Claiming asks, of each waiting job with a lock, who else has that lock. Without an index by lock one claim took
    # 2.6 s among 10,000 such jobs; with it 2 to 25 ms.
    op.execute(
        "CREATE INDEX ix_procrastinate_jobs_lock ON procrastinate_jobs (lock)"
        " WHERE lock IS NOT NULL AND status IN ('todo', 'doing')"
    )
    # A job that already waits stands for this cause too, so it must not start before the cause is committed: the row
    # lock makes the workers skip it until then, and the notice (sent at commit) makes them look again.
    op.execute(f"DROP FUNCTION {SIGNATURE}")
    op.execute(
        DOOR
        + """
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
        DECLARE new_id bigint;
        BEGIN
            -- A transaction that names its user adds work for that user only.
            IF args->>'user_id' <> nullif(current_setting('app.user_id', true), '') THEN
                RAISE insufficient_privilege USING MESSAGE = 'a job for another user';
            END IF;
            LOOP
                INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, queueing_lock, args, scheduled_at)
                VALUES (queue, task, priority, lock_name, once_while_waiting, args, not_before)
                ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING
                RETURNING id INTO new_id;
                IF new_id IS NOT NULL THEN
                    RETURN new_id;
                END IF;
                PERFORM FROM procrastinate_jobs j
                WHERE j.queueing_lock = once_while_waiting AND j.status = 'todo' FOR KEY SHARE;
                IF FOUND THEN
                    PERFORM pg_notify('procrastinate_any_queue_v1', '{"type": "job_inserted", "job_id": 0}');
                    RETURN NULL;
                END IF;
            END LOOP;
        END $$
        """
    )
    for statement in door(SIGNATURE):
        op.execute(statement)


def downgrade() -> None:
    op.execute(f"DROP FUNCTION {SIGNATURE}")
    op.execute(
        DOOR
        + """
        LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
            SELECT (procrastinate_defer_jobs_v1(ARRAY[
                ROW(queue, task, priority, lock_name, once_while_waiting, args, not_before)
            ]::procrastinate_job_to_defer_v1[]))[1]
        $$
        """
    )
    for statement in door(SIGNATURE):
        op.execute(statement)
    op.execute("DROP INDEX ix_procrastinate_jobs_lock")
    op.execute("ALTER TABLE procrastinate_jobs DROP COLUMN failure, DROP COLUMN failure_code")
