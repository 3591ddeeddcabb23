"""Requests a second of an authenticated `GET /auth/me`, beside the least FastAPI can do for it."""

import statistics
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import psycopg

from app.keys.master_keys import MasterKeys
from benchmarks.bare import TABLE
from benchmarks.ground import Ground
from benchmarks.load import http_request, load
from benchmarks.people import access_tokens, populate
from benchmarks.processes import Server, serving
from benchmarks.report import Goal, Report
from benchmarks.rounds import Ratio, interleaved

ABOUT = "authenticated GET /api/v1/auth/me on 32 keep-alive connections"
CONNECTIONS = 32
PEOPLE = 2_000  # so many, so that rate limits can be on and nobody is refused
MUST, AIM = 0.5, 0.75
SECRET = "Uo0r1tqvC7mZp3nX9yKeWb4hLs8dQfAj"

BASELINE = "bare: JWT check, one SELECT"
STOCK = "bare, asyncpg's stock pool"
LIMITS_OFF = "service, RATE_LIMITS=off"
LIMITS_ON = "service, RATE_LIMITS=on"


@dataclass(frozen=True)
class Taken:
    per_s: float
    p50_ms: float
    p99_ms: float
    cpu_us: float


def service_settings(url: str, folder: str, master_keys: str, **more: Any) -> dict[str, Any]:
    """Like production, which itself would refuse RATE_LIMITS=off."""
    return {
        "env": "test",
        "database_url": url,
        "data_dir": folder,
        "jwt_secret": SECRET,
        "master_keys": master_keys,
        "log_format": "json",
        "log_level": "info",
        "public_url": "https://localhost",
    } | more


def run(ground: Ground) -> Report:
    seconds = 2.0 if ground.quick else 5.0
    master_keys = MasterKeys.make()
    with ExitStack() as held:
        database = held.enter_context(ground.database("me"))
        people = populate(database, PEOPLE, master_keys)
        with psycopg.connect(database.superuser_url, autocommit=True) as connection:
            connection.execute(TABLE.encode())
        requests = [
            http_request("GET", "/api/v1/auth/me", headers={"Authorization": f"Bearer {token}"})
            for token in access_tokens(people, SECRET)
        ]
        settings = service_settings(database.url, str(ground.folder / "me"), master_keys)
        start: Callable[..., Server] = lambda kind, **options: held.enter_context(  # noqa: E731
            serving(kind, ground.folder, **options)
        )
        servers = {
            BASELINE: start("me", database_url=database.url, secret=SECRET, stock_pool=False),
            STOCK: start("me", database_url=database.url, secret=SECRET, stock_pool=True),
            LIMITS_OFF: start("service", **settings, rate_limits="off"),
            LIMITS_ON: start("service", **settings, rate_limits="on"),
        }
        for server in servers.values():
            _measure(server, requests, seconds / 4)  # plans, caches, inline caches of the interpreter
        taken = interleaved(
            {name: _measurement(server, requests, seconds) for name, server in servers.items()}, ground.rounds
        )
    return _report(taken)


def _measurement(server: Server, requests: list[str], seconds: float) -> Callable[[], Taken]:
    return lambda: _measure(server, requests, seconds)


def _measure(server: Server, requests: list[str], seconds: float) -> Taken:
    server.usage()
    found = load(server.port, requests, connections=CONNECTIONS, seconds=seconds)
    cpu_s = server.usage()["cpu_s"]
    if set(found["statuses"]) != {"200"}:
        raise RuntimeError(f"Some requests were refused: {found['statuses']}")
    return Taken(found["per_s"], found["p50_ms"], found["p99_ms"], cpu_s / found["count"] * 1e6)


def _report(taken: dict[str, list[Taken]]) -> Report:
    def speed(name: str) -> Ratio:
        return Ratio.of([each.per_s for each in taken[name]], [each.per_s for each in taken[BASELINE]])

    def cpu(name: str) -> Ratio:
        return Ratio.of([each.cpu_us for each in taken[BASELINE]], [each.cpu_us for each in taken[name]])

    rows = [
        [
            name,
            f"{statistics.median(each.per_s for each in values):,.0f}",
            f"{statistics.median(each.p50_ms for each in values):.1f}",
            f"{statistics.median(each.p99_ms for each in values):.1f}",
            f"{statistics.median(each.cpu_us for each in values):.0f}",
            "1" if name == BASELINE else str(speed(name)),
            "1" if name == BASELINE else str(cpu(name)),
        ]
        for name, values in taken.items()
    ]
    ratio = speed(LIMITS_OFF)
    return Report(
        "me",
        ABOUT,
        ["", "req/s", "p50 ms", "p99 ms", "CPU µs/req", "of bare's req/s", "bare's CPU over its own"],
        rows,
        [
            Goal(f"at least {MUST} of the baseline's req/s", str(ratio), ratio.median >= MUST),
            Goal(f"aim: {AIM} of them", str(ratio), ratio.median >= AIM),
        ],
        [
            f"ratios are to «{BASELINE}», round by round; the CPU's is the steadier on a machine that is shared",
            "CPU is that of the server's process; the database's is not in it",
        ],
    )
