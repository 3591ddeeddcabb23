"""Reading what was said by rules takes time in proportion to its length: a long turn is read in a thread."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from app.memory.ports import Said

T = TypeVar("T")

_IN_LOOP_CHARACTERS = 500  # some milliseconds of work


async def read(said: Said, work: Callable[[Said], T]) -> T:
    """What `work` makes of the turn: at once when its message and what was recalled are short, taken together."""
    if len(said.message) + sum(len(text) for text in said.recalled) > _IN_LOOP_CHARACTERS:
        return await asyncio.to_thread(work, said)
    return work(said)
