"""How soon a job starts, and how many a worker does in a second: ours beside procrastinate alone."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.ground import Ground
from benchmarks.processes import run_module
from benchmarks.report import Report
from benchmarks.rounds import Ratio, interleaved

ABOUT = "from asking for a job to its start, and no-op jobs a second (5 at a time)"

BASELINE = "bare procrastinate"
OURS = "app.jobs"


@dataclass(frozen=True)
class Taken:
    p50_ms: float
    p99_ms: float
    per_s: float
    cpu_us: float


def run(ground: Ground) -> Report:
    with ground.database("jobs") as database:

        def measure(kind: str) -> Taken:
            told = {"kind": kind, "url": database.url, "one_by_one": 100 if ground.quick else 300, "at_once": 500}
            return Taken(**run_module("benchmarks.job_runs", told, at_most_s=180))

        measures: dict[str, Callable[[], Taken]] = {
            BASELINE: lambda: measure("bare"),
            OURS: lambda: measure("ours"),
        }
        taken = interleaved(measures, ground.rounds)

    def over(pick: Callable[[Taken], float]) -> str:
        return str(Ratio.of([pick(each) for each in taken[OURS]], [pick(each) for each in taken[BASELINE]]))

    rows = [
        [
            name,
            f"{statistics.median(each.p50_ms for each in values):.1f}",
            f"{statistics.median(each.p99_ms for each in values):.1f}",
            f"{statistics.median(each.per_s for each in values):.0f}",
            f"{statistics.median(each.cpu_us for each in values):.0f}",
        ]
        for name, values in taken.items()
    ]
    rows.append(
        [
            "ours over bare (spread)",
            over(lambda each: each.p50_ms),
            over(lambda each: each.p99_ms),
            over(lambda each: each.per_s),
            over(lambda each: each.cpu_us),
        ]
    )
    return Report(
        "jobs",
        ABOUT,
        ["", "to start p50 ms", "p99", "jobs/s", "CPU µs/job"],
        rows,
        notes=[
            "to start: jobs one after another, counted from before the call that adds the job",
            "a bare p99 near 1,000 ms is procrastinate missing a notification and finding the job at its next poll",
            "jobs/s: 500 jobs added in one transaction (bare: one deferred batch), until the last has run",
        ],
    )
