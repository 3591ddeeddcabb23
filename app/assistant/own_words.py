"""Our prompts and keys in what a model wants to write down."""

import asyncio
from collections.abc import Iterator
from typing import Any

from app.assistant.context import TurnContext
from app.assistant.shaping.sanitizer import Sanitizer

LOOKED_AT_HERE = 16_000  # characters that may be searched in the event loop


async def tells_on_us(turn: TurnContext, args: dict[str, Any]) -> bool:
    """Does a change carry our prompts or keys out? What the user has said themself is theirs to write down.

    A change is refused, never trimmed: nobody should find words missing in a note of theirs.
    """
    written = " ".join(_texts(args))
    return await _is_private(turn.sanitizer, written) and not await _is_private(turn.sanitizer, turn.words)


async def _is_private(sanitizer: Sanitizer, text: str) -> bool:
    if len(text) > LOOKED_AT_HERE:
        return await asyncio.to_thread(sanitizer.finds_private, text)
    return sanitizer.finds_private(text)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)
