"""What a worker says to Postgres, beyond what procrastinate does.

procrastinate ends a job by its id alone. These statements name the claim instead (worker and attempts): a worker that
was slow, and whose job was given to another meanwhile, then changes nothing.
"""

from typing import Final, LiteralString

_NEWS: Final[LiteralString] = '{"type": "job_inserted", "job_id": 0}'
WAKE: Final[LiteralString] = f"pg_notify('procrastinate_any_queue_v1', '{_NEWS}')"

_CLAIM: Final[LiteralString] = """
    job.id = %(id)s AND job.status = 'doing' AND job.attempts = %(attempts)s
    AND job.worker_id IS NOT DISTINCT FROM %(worker_id)s::bigint
"""

# The next job with the same lock may start now; procrastinate would leave it to the next poll.
_WAKE_THE_NEXT: Final[LiteralString] = f"CASE WHEN job.lock IS NOT NULL THEN {WAKE}::text END"

# A name that another job took while this one ran is let go: two waiting jobs may not share it.
KEEP_NAME_IF_FREE: Final[LiteralString] = """
    CASE WHEN EXISTS (SELECT FROM procrastinate_jobs other
                      WHERE other.queueing_lock = job.queueing_lock AND other.status = 'todo') THEN NULL
         ELSE job.queueing_lock END
"""

DONE: Final[LiteralString] = f"""
    DELETE FROM procrastinate_jobs job WHERE {_CLAIM} RETURNING job.id, {_WAKE_THE_NEXT} AS woken
"""  # noqa: S608 - built from constants


NOT_DONE: Final[LiteralString] = f"""
    UPDATE procrastinate_jobs job
    SET status = %(status)s::procrastinate_job_status,
        attempts = %(tried)s,
        scheduled_at = coalesce(now() + make_interval(secs => %(pause_s)s::float8), job.scheduled_at),
        failure = coalesce(%(failure)s::text, job.failure),
        failure_code = CASE WHEN %(failure)s::text IS NULL THEN job.failure_code ELSE %(failure_code)s::text END,
        queueing_lock = CASE WHEN %(status)s = 'todo' THEN {KEEP_NAME_IF_FREE} ELSE job.queueing_lock END,
        worker_id = NULL,
        abort_requested = false
    WHERE {_CLAIM}
    RETURNING job.id, {_WAKE_THE_NEXT} AS woken
"""  # noqa: S608 - built from constants

# An upsert: a worker that was taken for dead (its row pruned by another process) is back with its next heartbeat.
HEARTBEAT: Final[LiteralString] = """
    INSERT INTO procrastinate_workers (id, last_heartbeat) OVERRIDING SYSTEM VALUE VALUES (%(worker_id)s, now())
    ON CONFLICT (id) DO UPDATE SET last_heartbeat = now()
"""

# Only candidates: each is then taken by a statement that names the claim seen here, so that of two rescuers one wins and
# a job that went on meanwhile is left alone.
STALLED: Final[LiteralString] = """
    SELECT job.id, job.task_name, job.attempts, job.worker_id
    FROM procrastinate_jobs job
    WHERE job.status = 'doing' AND job.worker_id IS DISTINCT FROM %(me)s::bigint
      AND NOT EXISTS (SELECT FROM procrastinate_workers worker WHERE worker.id = job.worker_id
                      AND worker.last_heartbeat >= now() - make_interval(secs => %(stalled_after_s)s::float8))
    ORDER BY job.id
"""

MINE: Final[LiteralString] = """
    SELECT job.id, job.task_name, job.attempts, job.worker_id
    FROM procrastinate_jobs job WHERE job.status = 'doing' AND job.worker_id = %(me)s::bigint
"""
