"""Runs of the checker, in the test's own loop."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from device.conformance.checker import check
from device.conformance.options import Options
from device.conformance.report import Report, Result, Verdict

QUICK: dict[str, Any] = {
    "patience": 10.0,
    "reconnect_within": 20.0,
    "no_reconnect_wait": 0.3,
    "dimensions": 8,
    "wait": 20.0,
}


@dataclass
class Run:
    status: int | None = None
    lines: list[str] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.lines)

    def of(self, rule_id: str) -> Verdict:
        return next(each for each in self.verdicts if each.rule.id == rule_id)

    def ids(self, result: Result) -> set[str]:
        return {each.rule.id for each in self.verdicts if each.result is result}


async def checked(
    client: Callable[[int], Awaitable[object]] | None,
    *only: str,
    hear: Callable[[str], None] = lambda _: None,
    **options: Any,
) -> Run:
    """Check a client that is given the port once the checker listens there. `hear` is told what the checker says."""
    run, listening = Run(), asyncio.get_running_loop().create_future()

    def write(text: str) -> None:
        run.lines.append(text)
        hear(text)
        for port in _ports(text):
            if not listening.done():
                listening.set_result(port)

    report = Report(write)
    checking = asyncio.create_task(check(Options(**QUICK | {"only": only} | options), report))
    await asyncio.wait({checking, listening}, return_when=asyncio.FIRST_COMPLETED)
    under_test = asyncio.ensure_future(client(listening.result())) if client and listening.done() else None
    try:
        run.status = await asyncio.wait_for(checking, 60)
    finally:
        listening.cancel()
        if under_test is not None:
            under_test.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await under_test
    run.verdicts = report.verdicts
    return run


def _ports(text: str) -> Iterator[int]:
    """The checker says where it listens; `0` made it choose."""
    _, found, rest = text.partition("at ws://127.0.0.1:")
    if found:
        yield int(rest.partition("/")[0])
