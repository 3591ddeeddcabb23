"""From starting the process to a healthy service."""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from socket import socket

from benchmarks.ground import Ground
from benchmarks.probe import rss_mb
from benchmarks.processes import clean_environment, end, get, serving, until_it_answers
from benchmarks.report import Goal, Report
from benchmarks.rounds import Ratio, interleaved

ABOUT = "from starting the process to an answer of GET /health, and its memory then"
GOAL_S = 10

BARE = "bare FastAPI, one route"
SECOND = "python -m app serve, second start"


@dataclass(frozen=True)
class Taken:
    seconds: float
    rss_mb: float


def run(ground: Ground) -> Report:
    folder = ground.folder / "start"
    folder.mkdir()
    first = _serve(folder)
    measures: dict[str, Callable[[], Taken]] = {BARE: lambda: _bare(ground.folder), SECOND: lambda: _serve(folder)}
    taken = interleaved(measures, ground.rounds)
    slower = Ratio.of([each.seconds for each in taken[SECOND]], [each.seconds for each in taken[BARE]])
    greater = Ratio.of([each.rss_mb for each in taken[SECOND]], [each.rss_mb for each in taken[BARE]])
    rows = [
        [
            name,
            f"{statistics.median(each.seconds for each in values):.2f}",
            "1" if name == BARE else str(slower),
            f"{statistics.median(each.rss_mb for each in values):.0f}",
            "1" if name == BARE else str(greater),
        ]
        for name, values in taken.items()
    ]
    rows.append(["python -m app serve, first start", f"{first.seconds:.2f}", "-", f"{first.rss_mb:.0f}", "-"])
    took = statistics.median(each.seconds for each in taken[SECOND])
    return Report(
        "start",
        ABOUT,
        ["", "seconds", "over bare", "RSS MB", "over bare"],
        rows,
        [Goal(f"second start below {GOAL_S} s", f"{took:.2f} s", took < GOAL_S)],
        [
            "the service starts its embedded Postgres and checks migrations; the first start makes the database too",
            "memory is the service's process alone, without Postgres",
        ],
    )


def _bare(folder: Path) -> Taken:
    before = time.perf_counter()
    with serving("one_route", folder) as server:
        get(server.port, "/health")
        return Taken(time.perf_counter() - before, rss_mb(server.pid))


def _serve(folder: Path) -> Taken:
    port, log = _free_port(), folder / "log"
    settings = {"PORT": str(port), "DATA_DIR": str(folder / "data"), "LOG_FORMAT": "json"}
    before = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "serve"],
            stdout=output,
            stderr=output,
            cwd=folder,
            env=clean_environment() | settings,
            start_new_session=True,
        )
    try:
        until_it_answers(process, port, "/health", log)
        return Taken(time.perf_counter() - before, rss_mb(process.pid))
    finally:
        end(process)


def _free_port() -> int:
    with socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
