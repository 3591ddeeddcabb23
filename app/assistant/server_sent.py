"""A turn's frames as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

import msgspec

from app.assistant.approvals.asking import Asking, request_frame
from app.assistant.approvals.wanted import OpenApproval
from app.devices.codec import encode
from app.devices.turns import TurnStream

Asked = Callable[[], Awaitable[Sequence[OpenApproval]]]

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


async def events(
    stream: TurnStream, user_id: Any, asking: Asking, asked: Asked | None = None, *, beat_s: float
) -> AsyncIterator[str]:
    """All frames of the turn, and between them what it asks the user to approve. `asked`: what a turn that waits already
    has asked before. `beat_s`: how long nothing may move."""
    queue: asyncio.Queue[str | None] = asyncio.Queue()

    async def forward() -> None:
        try:
            with suppress(LookupError):  # a reader slower than what is kept
                async for frame in stream.frames():
                    queue.put_nowait(frame)
        finally:
            queue.put_nowait(None)

    with asking.listening(user_id, stream.request_id, queue.put_nowait):
        forwarding = asyncio.create_task(forward())
        try:
            for approval in await asked() if asked is not None else ():
                queue.put_nowait(encode(request_frame(approval)))
            while True:
                try:
                    frame = await asyncio.wait_for(queue.get(), beat_s)
                except TimeoutError:
                    yield BEAT
                    continue
                if frame is None:
                    return
                yield event(frame)
        finally:
            forwarding.cancel()
