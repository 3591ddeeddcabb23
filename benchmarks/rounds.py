"""Interleaved rounds: A B A B …, so that whatever else the machine does falls on both sides."""

import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


def interleaved(measures: Mapping[str, Callable[[], T]], rounds: int) -> dict[str, list[T]]:
    """Every measure once in each round. Rounds that are even begin at the other end: nobody always comes first."""
    taken: dict[str, list[T]] = {name: [] for name in measures}
    for number in range(rounds):
        for name in list(measures)[:: 1 if number % 2 == 0 else -1]:
            sys.stderr.write(f"  round {number + 1} of {rounds}: {name}\n")
            taken[name].append(measures[name]())
    return taken


@dataclass(frozen=True)
class Ratio:
    """One value over another of the same round: the median over the rounds, the smallest and the greatest."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float], baseline: Sequence[float]) -> "Ratio":
        ratios = [value / base for value, base in zip(values, baseline, strict=True)]
        return cls(statistics.median(ratios), min(ratios), max(ratios))

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.least:.2f}-{self.most:.2f})"


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the values lie; nearest rank. Not a number when there are none."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
