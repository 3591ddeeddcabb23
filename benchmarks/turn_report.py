"""What turns cost, as a table and as goals."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.report import Goal, Report
from benchmarks.rounds import Ratio

ABOUT = (
    "turns of the assistant: supervisor, task agent, list_tasks on the device, answer; four calls to an instant model"
)
SERVICE, UNREMEMBERED = "service", "service, memory off"
LITELLM, ADAPTER, RAW = "graph on ChatLiteLLM", "graph on our adapter", "four raw calls"
MOST_CPU = {20: 0.5, 200: 0.3}  # of the same graph on ChatLiteLLM, by tokens of the answer
MOST_LAYERS_MS = 10.0
BYTES_OF, MOST_BYTES = 50, 3000
MOST_GROWTH_MB = 20.0

Name = tuple[str, int, int]  # side, tokens of the answer, turns at once


@dataclass(frozen=True)
class Taken:
    cpu_ms: float  # a turn, of the server's process
    per_s: float
    p50_ms: float
    p99_ms: float
    first_p50_ms: float  # to the first text
    first_p99_ms: float

    @classmethod
    def of(cls, found: Mapping[str, Any], cpu_s: float) -> "Taken":
        times = (found[name] for name in ("per_s", "p50_ms", "p99_ms", "first_p50_ms", "first_p99_ms"))
        return cls(cpu_s / found["count"] * 1000, *times)


@dataclass(frozen=True)
class Kept:
    """After `turns` turns in one process."""

    turns: int
    grown_mb: float
    graphs: int  # when it had started
    graphs_more: int
    up: float  # bytes of one turn, device to service
    down: float


def said(name: Name) -> str:
    side, tokens, at_once = name
    return f"{tokens} tokens, {at_once} at once: {side}"


def report(taken: Mapping[Name, Sequence[Taken]], kept: Kept) -> Report:
    return Report(
        "turns",
        ABOUT,
        ["", "CPU ms a turn", "of ChatLiteLLM's", "turns/s", "of its", "p50 ms", "p99", "first text p50", "p99"],
        [_row(name, taken) for name in taken],
        [*_cpu_goals(taken), *_kept_goals(kept)],
        [
            "the service: over device sockets, its Postgres and worker on, RATE_LIMITS=off, a new thread every 10 turns",
            "the goals are about the turn and its four calls, with memory off",
            "with memory on, what is remembered afterwards is counted, too: up to three more calls, of a small model",
            "the others have their turns inside, with no history, and an instant tool",
            "CPU is that of the process that has the turns, user and system; Postgres, model and devices are others'",
            f"{BYTES_OF} tokens on the wire: {kept.up:,.0f} bytes up, {kept.down:,.0f} down, headers of frames included",
            f"graphs: {kept.graphs} built by the first answer of /benchmark, {kept.graphs_more} more by the last turn",
        ],
    )


def _row(name: Name, taken: Mapping[Name, Sequence[Taken]]) -> list[str]:
    own, beside = taken[name], taken[LITELLM, name[1], name[2]]
    is_base = name[0] == LITELLM
    return [
        said(name),
        f"{_median(each.cpu_ms for each in own):.1f}",
        "1" if is_base else str(_cpu(own, beside)),
        f"{_median(each.per_s for each in own):.1f}",
        "1" if is_base else str(Ratio.of([each.per_s for each in own], [each.per_s for each in beside])),
        f"{_median(each.p50_ms for each in own):.1f}",
        f"{_median(each.p99_ms for each in own):.1f}",
        f"{_median(each.first_p50_ms for each in own):.1f}",
        f"{_median(each.first_p99_ms for each in own):.1f}",
    ]


def _cpu_goals(taken: Mapping[Name, Sequence[Taken]]) -> list[Goal]:
    goals: list[Goal] = []
    for tokens, most in MOST_CPU.items():
        ratio = _cpu(taken[UNREMEMBERED, tokens, 1], taken[LITELLM, tokens, 1])
        goals.append(Goal(f"{tokens} tokens: at most {most} of ChatLiteLLM's CPU", str(ratio), ratio.median <= most))
    for tokens in MOST_CPU:
        pairs = zip(taken[UNREMEMBERED, tokens, 1], taken[ADAPTER, tokens, 1], strict=True)
        layers = [ours.cpu_ms - bare.cpu_ms for ours, bare in pairs]
        median = statistics.median(layers)
        spread = f"{median:.1f} ms ({min(layers):.1f}-{max(layers):.1f})"
        sentence = f"{tokens} tokens: turn, frames, threads, sealing: at most {MOST_LAYERS_MS:.0f} ms of CPU a turn"
        goals.append(Goal(sentence, spread, median <= MOST_LAYERS_MS))
    return goals


def _kept_goals(kept: Kept) -> list[Goal]:
    wire, grown = kept.up + kept.down, kept.grown_mb
    return [
        Goal(f"a turn of {BYTES_OF} tokens: at most {MOST_BYTES:,} bytes", f"{wire:,.0f}", wire <= MOST_BYTES),
        Goal("no graph is built after the start", f"{kept.graphs_more}", kept.graphs_more == 0),
        Goal(f"{kept.turns} turns: at most {MOST_GROWTH_MB:.0f} MB more", f"{grown:.1f} MB", grown <= MOST_GROWTH_MB),
    ]


def _cpu(own: Sequence[Taken], beside: Sequence[Taken]) -> Ratio:
    return Ratio.of([each.cpu_ms for each in own], [each.cpu_ms for each in beside])


def _median(values: Any) -> float:
    return float(statistics.median(values))
