"""Stopping a turn between any two of its steps.

A step is what a task does from one await to the next. All tasks of a turn's work are counted together: the supervisor's, its
sub-agents', those of tools that run side by side. They are known by the turn's id, which every task of the turn carries in
its context.
"""

import asyncio
import types
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from contextvars import Context, copy_context
from typing import Any

TURN = "structlog_turn"


class Steps:
    """Counts the steps of one turn. `at` is called after the step of this number: soon, by the loop and not by the turn, as
    a cancel comes in service."""

    def __init__(self, request_id: str, number: int, at: Callable[[], object]) -> None:
        self.request_id, self.number, self._at = request_id, number, at
        self.taken = 0

    def step(self) -> None:
        self.taken += 1
        if self.taken == self.number:
            asyncio.get_running_loop().call_soon(self._at)

    @types.coroutine
    def through(self, work: Coroutine[Any, Any, Any]) -> Generator[Any, Any, Any]:
        """Drive a coroutine as a task would, one step counted for each time it goes on."""
        try:
            self.step()
            waits = work.send(None)
            while True:
                try:
                    yield waits
                except BaseException as error:  # noqa: BLE001 - the awaited one's, to be raised where it is awaited
                    self.step()
                    waits = work.throw(error)
                else:
                    self.step()
                    waits = work.send(None)
        except StopIteration as end:
            return end.value


@contextmanager
def stepping(steps: Steps) -> Iterator[Steps]:
    """Every task that the turn begins inside the block is counted."""
    loop = asyncio.get_running_loop()
    before = loop.get_task_factory()

    def made(loop: asyncio.AbstractEventLoop, work: Any, context: Context | None = None) -> "asyncio.Task[Any]":
        if _turn_of(context or copy_context()) == steps.request_id and asyncio.iscoroutine(work):
            task = asyncio.Task(_counted(steps, work), loop=loop, context=context)
            task.add_done_callback(lambda _task: work.close())  # it may be cancelled before its first step
            return task
        return asyncio.Task(work, loop=loop, context=context)

    loop.set_task_factory(made)
    try:
        yield steps
    finally:
        loop.set_task_factory(before)


async def _counted(steps: Steps, work: Coroutine[Any, Any, Any]) -> Any:
    return await steps.through(work)


def _turn_of(context: Context) -> object:
    return next((value for variable, value in context.items() if variable.name == TURN), None)
