"""What memory adds to a turn, as a table and as goals."""

import statistics
from collections.abc import Iterable, Mapping, Sequence

from benchmarks.report import Goal, Report
from benchmarks.rounds import Ratio
from benchmarks.turn_report import Taken

ABOUT = "the turns of `turns` (20 tokens, four calls to an instant model), memory switched on beside switched off"
OFF, ELSEWHERE = "off", "on, its job elsewhere"
OFF_WITH_WORKER, IN_PROCESS = "off, worker here", "on, its job here"
BESIDE = {ELSEWHERE: OFF, IN_PROCESS: OFF_WITH_WORKER}
MOST_CPU = 1.2

Name = tuple[str, int]  # side, turns at once


def said(name: Name) -> str:
    side, at_once = name
    return f"{at_once} at once: {side}"


def report(taken: Mapping[Name, Sequence[Taken]], memories: int) -> Report:
    return Report(
        "memory",
        ABOUT,
        ["", "CPU ms a turn", "over off", "more ms", "turns/s", "p50 ms", "p99", "first text p50", "p99"],
        [_row(name, taken) for name in taken],
        [*_goals(taken)],
        [
            f"every user has {memories} memories by meaning, 6 core, 5 sessions, 5 patterns; off: switched off by them",
            "CPU is that of the process that has the turns, user and system, until all of them are remembered",
            "its job: `memory.remember` by rules, offline embeddings; the question holds no fact, the session is summed up",
            "«worker here»: jobs run in the process that has the turns, titles of threads too; else in another",
        ],
    )


def _row(name: Name, taken: Mapping[Name, Sequence[Taken]]) -> list[str]:
    own = taken[name]
    base = taken.get((BESIDE.get(name[0], ""), name[1]))
    return [
        said(name),
        f"{_median(each.cpu_ms for each in own):.1f}",
        str(_cpu(own, base)) if base else "1",
        f"{_median(each.cpu_ms - off.cpu_ms for each, off in zip(own, base, strict=True)):.1f}" if base else "",
        *(f"{_median(values):.1f}" for values in _others(own)),
    ]


def _others(own: Sequence[Taken]) -> list[list[float]]:
    names = ("per_s", "p50_ms", "p99_ms", "first_p50_ms", "first_p99_ms")
    return [[getattr(each, name) for each in own] for name in names]


def _goals(taken: Mapping[Name, Sequence[Taken]]) -> list[Goal]:
    goals = []
    for at_once in dict.fromkeys(at_once for _, at_once in taken):
        ratio = _cpu(taken[ELSEWHERE, at_once], taken[OFF, at_once])
        sentence = f"{at_once} at once: at most {MOST_CPU} of the CPU of a turn without memory"
        goals.append(Goal(sentence, str(ratio), ratio.median <= MOST_CPU))
    return goals


def _cpu(own: Sequence[Taken], beside: Sequence[Taken]) -> Ratio:
    return Ratio.of([each.cpu_ms for each in own], [each.cpu_ms for each in beside])


def _median(values: Iterable[float]) -> float:
    return float(statistics.median(values))
