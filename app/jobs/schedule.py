"""Work that starts by the clock."""

from dataclasses import dataclass

from croniter import croniter  # type: ignore[import-untyped]  # ships no types

from app.jobs.tasks import Task

CATCH_UP_S = 25 * 3600.0
"""A tick missed while nothing ran is made up for once, when it is at most this old: a service on a machine that is off at
night still purges. A task that was just added runs its last tick, too."""


@dataclass(frozen=True)
class Periodic:
    """A task started at each tick of a five-field cron expression, in UTC, without arguments.

    Each tick is one row under a unique constraint: of several processes, one starts the job. A tick is left out while
    the job of the one before still waits.
    """

    task: Task
    cron: str

    def __post_init__(self) -> None:
        if len(self.cron.split()) != 5 or not croniter.is_valid(self.cron):
            raise ValueError(f"{self.task.name}: not a five-field cron expression: {self.cron}")
