"""`python -m benchmarks [NAME …] [--quick] [--verbose] [--rounds N]`: measure, then print the tables."""

import argparse
import os
import platform
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace

from benchmarks import (
    calls,
    counters,
    jobs,
    logins,
    me,
    memory_gather,
    memory_turns,
    recall,
    rotate,
    sockets,
    start,
    turns,
)
from benchmarks.ground import Ground, ground
from benchmarks.report import Report

BENCHMARKS: dict[str, Callable[[Ground], Report]] = {
    "me": me.run,
    "logins": logins.run,
    "jobs": jobs.run,
    "rotate": rotate.run,
    "start": start.run,
    "counters": counters.run,
    "calls": calls.run,
    "sockets": sockets.run,
    "turns": turns.run,
    "memory": memory_turns.run,
    "gather": memory_gather.run,
    "recall": recall.run,
}
ROUNDS = 3


def main() -> int:
    arguments = _parser().parse_args()
    signal.signal(signal.SIGTERM, _interrupt)
    reports: list[Report] = []
    began = time.monotonic()
    try:
        with ground(quick=arguments.quick, rounds=arguments.rounds, verbose=arguments.verbose) as prepared:
            for name in arguments.names or BENCHMARKS:
                busy = f"load average when it began: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
                sys.stderr.write(f"{name} ({busy})\n")
                report = BENCHMARKS[name](prepared)
                reports.append(replace(report, notes=[*report.notes, busy]))
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted; everything is stopped.\n")
        return 130
    finally:
        _print(reports, time.monotonic() - began)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="What the service costs.")
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[*BENCHMARKS, []], help=", ".join(BENCHMARKS))
    parser.add_argument("--quick", action="store_true", help="shorter rounds: for a look, not for a claim")
    parser.add_argument("--verbose", action="store_true", help="each question that `recall` misses")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"interleaved rounds (default: {ROUNDS})")
    return parser


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _print(reports: list[Report], seconds: float) -> None:
    if not reports:
        return
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    print(f"\nMedians over the rounds, ratios with their spread. {machine}, {seconds:.0f} s.")
    for report in reports:
        print(f"\n{report}")
    print("\nGoals")
    for report in reports:
        for goal in report.goals:
            print(f"  {report.name:8} {goal}")


if __name__ == "__main__":
    sys.exit(main())
