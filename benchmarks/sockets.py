"""Memory of idle devices, signed in and ready, beside as many bare sockets; and how fast they connect."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.keys.master_keys import MasterKeys
from benchmarks import bare_sockets, device_service, driver
from benchmarks.devices import devices
from benchmarks.ground import Ground
from benchmarks.me import SECRET, service_settings
from benchmarks.people import access_tokens, populate
from benchmarks.processes import Server, get, serving
from benchmarks.report import Goal, Report
from benchmarks.rounds import Ratio, interleaved

ABOUT = "memory of an idle socket"
DEVICES, DEVICES_QUICK = 5_000, 500
DEVICES_OF_A_USER = 10
WARM_UP = 20
SETTLE_S = 12  # the watch over what was sent last ends after 10 s
MUST, AIM = 2.0, 1.4

BARE, SERVICE = "bare", "service"


@dataclass(frozen=True)
class Taken:
    kib: float  # a connection
    per_s: float
    cpu_us: float  # to connect one


def run(ground: Ground) -> Report:
    number = DEVICES_QUICK if ground.quick else DEVICES
    settle_s = 2 if ground.quick else SETTLE_S
    master_keys = MasterKeys.make()
    with ground.database("sockets") as database:
        people = populate(database, number // DEVICES_OF_A_USER, master_keys)
        tokens = [token for token in access_tokens(people, SECRET) for _ in range(DEVICES_OF_A_USER)]
        settings = service_settings(database.url, str(ground.folder / "sockets"), master_keys, rate_limits="off")
        limits = {"unauthenticated_per_address": 10_000, "devices_per_user": DEVICES_OF_A_USER}

        def of_bare() -> Taken:
            with serving("bare_sockets", ground.folder) as server:
                return _measure(server, bare_sockets.PATH, tokens, settle_s)

        def of_ours() -> Taken:
            with serving("device_service", ground.folder, people=[], settings=settings, limits=limits) as server:
                return _measure(server, device_service.PATH, tokens, settle_s)

        measures: dict[str, Callable[[], Taken]] = {BARE: of_bare, SERVICE: of_ours}
        taken = interleaved(measures, ground.rounds)
    return _report(taken, number)


def _measure(server: Server, path: str, tokens: Sequence[str], settle_s: float) -> Taken:
    with devices(server.port, path, tokens[:WARM_UP]):  # what is imported, opened and cached once
        pass
    time.sleep(settle_s / 4)
    before = _pss_kib(server)
    server.usage()
    with devices(server.port, path, tokens) as connected:
        cpu_s = server.usage()["cpu_s"]
        time.sleep(settle_s)
        kib = (_pss_kib(server) - before) / len(tokens)
        connected.cpu_s()  # is everybody still there?
        return Taken(kib, len(tokens) / connected.connected_in_s, cpu_s / len(tokens) * 1e6)


def _pss_kib(server: Server) -> int:
    return int(get(server.port, driver.MEMORY, within_s=60)["pss_kib"])


def _report(taken: dict[str, list[Taken]], number: int) -> Report:
    ratio = Ratio.of([each.kib for each in taken[SERVICE]], [each.kib for each in taken[BARE]])
    slower = Ratio.of([each.per_s for each in taken[SERVICE]], [each.per_s for each in taken[BARE]])
    rows = [
        [
            name,
            f"{statistics.median(each.kib for each in values):.1f}",
            "1" if name == BARE else str(ratio),
            f"{statistics.median(each.per_s for each in values):,.0f}",
            "1" if name == BARE else str(slower),
            f"{statistics.median(each.cpu_us for each in values):,.0f}",
        ]
        for name, values in taken.items()
    ]
    return Report(
        "sockets",
        f"{ABOUT}, {number:,} connected",
        ["", "KiB a socket", "over bare", "connects/s", "of bare's", "CPU µs a connect"],
        rows,
        [
            Goal(f"at most {MUST} of bare", str(ratio), ratio.median <= MUST),
            Goal(f"aim: {AIM} of it", str(ratio), ratio.median <= AIM),
        ],
        [
            "growth of the server process's PSS, all garbage collected; the kernel's buffers are not in it",
            f"{DEVICES_OF_A_USER} devices a user; each has shown a token, said hello, and been put into the database",
        ],
    )
