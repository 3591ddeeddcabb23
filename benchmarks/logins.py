"""How late the event loop runs while 40 people a second sign in, and what hashing on the loop would do to it."""

import statistics
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import psycopg

from app.keys.master_keys import MasterKeys
from benchmarks.ground import Ground
from benchmarks.load import arrivals, http_request
from benchmarks.me import service_settings
from benchmarks.people import PASSWORD, Someone, populate
from benchmarks.processes import Server, serving
from benchmarks.report import Goal, Report
from benchmarks.rounds import Ratio, interleaved

ABOUT = "event-loop lag while 40 logins a second arrive, 50 GET /health a second beside them"
PER_S = 40
HEALTH_PER_S = 50
GOAL_MS = 20

IDLE = "service, idle but for /health"
INLINE = "bare, hashing on the event loop"
LOGINS = "service, 40 logins a second"


@dataclass(frozen=True)
class Taken:
    lag_p50_ms: float
    lag_p99_ms: float
    lag_max_ms: float
    health_p99_ms: float
    login_p50_ms: float
    login_p99_ms: float
    cpu_share: float
    statuses: Counter[str]


def run(ground: Ground) -> Report:
    count = PER_S * (4 if ground.quick else 10)
    master_keys = MasterKeys.make()
    with ExitStack() as held:
        database = held.enter_context(ground.database("logins"))
        people = populate(database, count, master_keys)
        # Limits and sign-in delays are on; every login comes from an address of its own, through a proxy we trust.
        settings = service_settings(
            database.url, str(ground.folder / "logins"), master_keys, rate_limits="on", trusted_proxies="127.0.0.1"
        )
        service = held.enter_context(serving("service", ground.folder, **settings))
        inline = held.enter_context(
            serving("inline_hashing", ground.folder, password_hash=_password_hash(database.superuser_url))
        )
        logins = [_login(number, each) for number, each in enumerate(people)]
        _measure(service, logins[:20])
        _measure(inline, logins[:20])
        measures: dict[str, Callable[[], Taken]] = {
            IDLE: lambda: _measure(service, [_health()] * count),  # as many requests, none of them a login
            INLINE: lambda: _measure(inline, logins),
            LOGINS: lambda: _measure(service, logins),
        }
        return _report(interleaved(measures, ground.rounds))


def _measure(server: Server, requests: list[str]) -> Taken:
    server.usage(lag=True)
    found = arrivals(server.port, requests, per_s=PER_S, beside=_health(), beside_per_s=HEALTH_PER_S)
    inside = server.usage()
    asked: dict[str, Any] = found["arrivals"]
    return Taken(
        inside["lag_p50_ms"],
        inside["lag_p99_ms"],
        inside["lag_max_ms"],
        found["beside"]["p99_ms"],
        asked["p50_ms"],
        asked["p99_ms"],
        inside["cpu_s"] / found["seconds"],
        Counter(asked["statuses"]),
    )


def _health() -> str:
    return http_request("GET", "/health")


def _login(number: int, someone: Someone) -> str:
    address = f"10.1.{number // 250}.{number % 250 + 1}"
    body = {"email": someone.email, "password": PASSWORD}
    return http_request("POST", "/api/v1/auth/login", headers={"X-Forwarded-For": address}, body=body)


def _password_hash(url: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT password_hash FROM users LIMIT 1").fetchone()
        assert row is not None
        return str(row[0])


def _report(taken: dict[str, list[Taken]]) -> Report:
    def over_idle(name: str) -> Ratio:
        return Ratio.of([each.lag_p99_ms for each in taken[name]], [each.lag_p99_ms for each in taken[IDLE]])

    def middle(name: str, pick: Callable[[Taken], float]) -> str:
        return f"{statistics.median(pick(each) for each in taken[name]):.1f}"

    rows = [
        [
            name,
            middle(name, lambda each: each.lag_p50_ms),
            middle(name, lambda each: each.lag_p99_ms),
            f"{max(each.lag_max_ms for each in values):.1f}",
            "1" if name == IDLE else str(over_idle(name)),
            middle(name, lambda each: each.health_p99_ms),
            "-" if name == IDLE else middle(name, lambda each: each.login_p50_ms),
            "-" if name == IDLE else middle(name, lambda each: each.login_p99_ms),
            f"{statistics.median(each.cpu_share for each in values):.0%}",
        ]
        for name, values in taken.items()
    ]
    p99 = [each.lag_p99_ms for each in taken[LOGINS]]
    answers = sum((each.statuses for each in taken[LOGINS]), Counter())
    told = ", ".join(f"{status}: {number}" for status, number in sorted(answers.items()))
    return Report(
        "logins",
        ABOUT,
        [
            "",
            "lag p50 ms",
            "p99",
            "max",
            "p99 over idle",
            "health p99 ms",
            "login p50 ms",
            "p99",
            "of one core",
        ],
        rows,
        [
            Goal(
                f"lag p99 below {GOAL_MS} ms",
                f"{statistics.median(p99):.1f} ms ({min(p99):.1f}-{max(p99):.1f})",
                statistics.median(p99) < GOAL_MS,
            )
        ],
        [
            f"the service's answers to the logins, all rounds together: {told}",
            "a sleep on the loop is up to 1 ms late by itself (uvloop's timers tick in milliseconds)",
        ],
    )
