"""Tool calls driven from inside the server, beside a bare WebSocket route that does the same round trips."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode

from app.keys.master_keys import MasterKeys
from benchmarks import bare_sockets, device_service, driver
from benchmarks.devices import Devices, devices
from benchmarks.ground import Ground
from benchmarks.me import SECRET, service_settings
from benchmarks.people import Someone, access_tokens, populate
from benchmarks.processes import Server, get, serving
from benchmarks.report import Goal, Report
from benchmarks.rounds import Ratio, interleaved

ABOUT = "tool-call round trips, driven inside the server"
MANY = 100
IN_FLIGHT = 32  # on a socket
MUST, AIM = 0.6, 0.8
MUST_STOCK = 1.0
# As wide as the load; what they refuse is not what is measured.
WIDE = {"open_calls_per_device": 64, "open_calls_per_user": 64, "unauthenticated_per_address": 1000}

BARE, STOCK, SERVICE = "bare", "stock", "service"
COMMIT = "commit"  # the ledger's INSERT alone, in the bare server's process

Name = tuple[str, str, int, int]  # server, kind of call, devices, in flight on each

READS: list[tuple[int, int]] = [(1, IN_FLIGHT), (MANY, IN_FLIGHT), (MANY, 1)]
WRITES: list[tuple[int, int]] = [(1, 1), (1, IN_FLIGHT), (IN_FLIGHT, 1)]


@dataclass(frozen=True)
class Taken:
    per_s: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    busy: float  # of a core, the process with the devices


@dataclass(frozen=True)
class Side:
    """A server, and the same number of devices for each shape of load."""

    server: Server
    devices: Devices

    def measure(self, kind: str, number: int, in_flight: int, seconds: float) -> Taken:
        asked = urlencode({"kind": kind, "devices": number, "in_flight": in_flight, "seconds": seconds})
        before = self.devices.cpu_s()
        found = get(self.server.port, f"{driver.CALLS}?{asked}", within_s=seconds + 60)
        busy = (self.devices.cpu_s() - before) / seconds
        return Taken(found["per_s"], found["p50_ms"], found["p99_ms"], found["cpu_us"], busy)


def run(ground: Ground) -> Report:
    seconds = 1.0 if ground.quick else 4.0
    with ExitStack() as held:
        sides = _sides(ground, held)
        names: list[Name] = [
            *((side, "select", *shape) for shape in READS for side in (BARE, STOCK, SERVICE)),
            *((side, kind, *shape) for shape in WRITES for side, kind in ((BARE, COMMIT), (SERVICE, "insert"))),
        ]
        for side, kind, number, in_flight in names:
            sides[side].measure(kind, number, in_flight, seconds / 4)  # plans, caches, inline caches of the interpreter
        measures: Mapping[str, Callable[[], Taken]] = {
            _said(name): partial(sides[name[0]].measure, *name[1:], seconds) for name in names
        }
        taken = interleaved(measures, ground.rounds)
    return _report({name: taken[_said(name)] for name in names})


def _sides(ground: Ground, held: ExitStack) -> dict[str, Side]:
    master_keys = MasterKeys.make()
    database = held.enter_context(ground.database("calls"))
    people = populate(database, MANY, master_keys)
    settings = service_settings(database.url, str(ground.folder / "calls"), master_keys, rate_limits="off")
    owner = {"database_url": database.superuser_url, "user_id": str(people[0].id)}

    def start(kind: str, **options: object) -> Server:
        return held.enter_context(serving(kind, ground.folder, **options))

    servers = {
        BARE: (start("bare_sockets", **owner), bare_sockets.PATH),
        STOCK: (start("stock_sockets"), bare_sockets.PATH),
        SERVICE: (
            start("device_service", people=_ids(people), settings=settings, limits=WIDE),
            device_service.PATH,
        ),
    }
    tokens = access_tokens(people, SECRET)
    return {
        name: Side(server, held.enter_context(devices(server.port, path, tokens)))
        for name, (server, path) in servers.items()
    }


def _ids(people: Sequence[Someone]) -> list[str]:
    return [str(each.id) for each in people]


def _said(name: Name) -> str:
    server, kind, number, in_flight = name
    who = f"{number} device" + ("s" if number > 1 else "")
    what = "INSERT alone" if kind == COMMIT else {"select": "read", "insert": "write"}[kind]
    return f"{what}, {who} × {in_flight}: {server}"


def _report(taken: Mapping[Name, Sequence[Taken]]) -> Report:
    rows = [_row(name, taken) for name in taken]
    goals: list[Goal] = []
    for shape in READS:
        bare, stock, ours = (taken[side, "select", *shape] for side in (BARE, STOCK, SERVICE))
        about = f"reads, {shape[0]} × {shape[1]}"
        for ratio, of in ((_speed(ours, bare), "round trips a second"), (_cpu(ours, bare), "CPU, bare's over its own")):
            goals.append(Goal(f"{about}: at least {MUST} of bare by {of}", str(ratio), ratio.median >= MUST))
            goals.append(Goal(f"{about}: aim: {AIM} of it", str(ratio), ratio.median >= AIM))
        ratio = _cpu(ours, stock)
        goals.append(
            Goal(f"{about}: at least {MUST_STOCK} of the stock setup by CPU", str(ratio), ratio.median >= MUST_STOCK)
        )
    return Report(
        "calls",
        ABOUT,
        ["", "a second", "p50 ms", "p99 ms", "CPU µs each", "of the baseline's", "its CPU over ours", "devices' core"],
        rows,
        goals,
        [
            "«100 devices × 32»: 32 calls in flight on each; a user may have 64 open",
            "a write's baseline is the ledger's INSERT alone, committed, over as many connections as the service's hot pool",
            *_commits(taken),
            "CPU is that of the server's process; «devices' core» is how busy the process with the devices was",
        ],
    )


def _commits(taken: Mapping[Name, Sequence[Taken]]) -> list[str]:
    said: list[str] = []
    for shape in WRITES:
        factor = _speed(taken[BARE, COMMIT, *shape], taken[SERVICE, "insert", *shape])
        said.append(f"writes, {shape[0]} × {shape[1]}: one costs the time of {factor} bare commits")
    return said


def _row(name: Name, taken: Mapping[Name, Sequence[Taken]]) -> list[str]:
    side, kind, *shape = name
    own, baseline = taken[name], taken[BARE, "select" if kind == "select" else COMMIT, shape[0], shape[1]]
    return [
        _said(name),
        f"{statistics.median(each.per_s for each in own):,.0f}",
        f"{statistics.median(each.p50_ms for each in own):.2f}",
        f"{statistics.median(each.p99_ms for each in own):.2f}",
        f"{statistics.median(each.cpu_us for each in own):.1f}",
        "1" if side == BARE else str(_speed(own, baseline)),
        "1" if side == BARE else str(_cpu(own, baseline)),
        f"{statistics.median(each.busy for each in own):.2f}",
    ]


def _speed(own: Sequence[Taken], baseline: Sequence[Taken]) -> Ratio:
    return Ratio.of([each.per_s for each in own], [each.per_s for each in baseline])


def _cpu(own: Sequence[Taken], baseline: Sequence[Taken]) -> Ratio:
    return Ratio.of([each.cpu_us for each in baseline], [each.cpu_us for each in own])
