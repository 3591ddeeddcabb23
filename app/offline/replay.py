"""Plans as generators: a plan yields the calls it wants made together, is sent their results, and returns what came of it.

The model keeps nothing between two calls. Each time it starts the plan anew and gives it the results that stand in the
messages, which leads it to where it was: a plan depends on its arguments and these results only. Plans are finite.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")

OUT_OF_CALLS = "Error: the limit of this turn was reached before this could be done."
NO_RESULT = "Error: nothing came back from this step."


@dataclass(frozen=True, slots=True)
class Call:
    tool: str
    arguments: dict[str, str | int | bool] = field(default_factory=dict)


Plan = Generator[list[Call], list[str], T]


def replay(plan: Plan[T], results: Sequence[Sequence[str]], *, may_call: bool) -> list[Call] | T:
    """The next calls, or what the plan returns. With `may_call=False` further calls fail, until the plan ends."""
    try:
        calls = next(plan)
        for each in results:
            calls = plan.send(_as_many(each, len(calls)))
        while not may_call:
            calls = plan.send([OUT_OF_CALLS] * len(calls))
    except StopIteration as stop:
        end: T = stop.value
        return end
    return calls


def together(plans: Sequence[Plan[T]]) -> Plan[list[T]]:
    """Several plans side by side: the calls they want at the same time are made at the same time."""
    ended: dict[int, T] = {}
    asked: dict[int, list[Call]] = {}
    for number, plan in enumerate(plans):
        _advance(plan, None, number, asked, ended)
    while asked:
        results = yield [call for number in sorted(asked) for call in asked[number]]
        place, waiting = 0, dict(sorted(asked.items()))
        asked.clear()
        for number, calls in waiting.items():
            _advance(plans[number], results[place : place + len(calls)], number, asked, ended)
            place += len(calls)
    return [ended[number] for number in range(len(plans))]


def _advance(
    plan: Plan[T], results: list[str] | None, number: int, asked: dict[int, list[Call]], ended: dict[int, T]
) -> None:
    try:
        asked[number] = next(plan) if results is None else plan.send(results)
    except StopIteration as stop:
        ended[number] = stop.value


def _as_many(results: Sequence[str], count: int) -> list[str]:
    return [*results[:count], *([NO_RESULT] * (count - len(results)))]
