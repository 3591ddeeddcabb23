"""A turn's frames as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec

from app.assistant.approvals.asking import Asking
from app.devices.turns import TurnStream

BEAT_S = 15.0  # proxies close a connection on which nothing moves
BEAT = ": still there\n\n"


class _Kind(msgspec.Struct):
    type: str
    seq: int | None = None


_KIND = msgspec.json.Decoder(_Kind)


def event(encoded: str) -> str:
    """One frame as one event; `id` is its `seq`."""
    kind = _KIND.decode(encoded)
    number = f"id: {kind.seq}\n" if kind.seq is not None else ""
    return f"event: {kind.type}\n{number}data: {encoded}\n\n"


async def events(stream: TurnStream, user_id: Any, asking: Asking) -> AsyncIterator[str]:
    """All frames of the turn, and between them what it asks the user to approve."""
    queue: asyncio.Queue[str | None] = asyncio.Queue()

    async def forward() -> None:
        try:
            async for frame in stream.frames():
                queue.put_nowait(frame)
        finally:
            queue.put_nowait(None)

    with asking.listening(user_id, stream.request_id, queue.put_nowait):
        forwarding = asyncio.create_task(forward())
        try:
            while True:
                try:
                    frame = await asyncio.wait_for(queue.get(), BEAT_S)
                except TimeoutError:
                    yield BEAT
                    continue
                if frame is None:
                    return
                yield event(frame)
        finally:
            forwarding.cancel()
