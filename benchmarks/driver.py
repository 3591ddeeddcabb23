"""Drives calls from inside a server, as the assistant does: an ASGI layer that only benchmarks have."""

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.types import ASGIApp, Receive, Scope, Send

from benchmarks.rounds import percentile

CALLS, MEMORY = "/benchmark/calls", "/benchmark/memory"
Call = Callable[[int], Awaitable[object]]  # on the device of that number


class Driver:
    """Answers `CALLS` once it has called for as long as it was asked to, and `MEMORY` with what the process holds."""

    def __init__(self, app: ASGIApp, calls: Mapping[str, Call]) -> None:
        self._app, self._calls = app, calls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == CALLS:
            asked = dict(parse_qsl(scope["query_string"].decode()))
            call, seconds = self._calls[asked["kind"]], float(asked["seconds"])
            found = await driven(
                call, devices=int(asked["devices"]), in_flight=int(asked["in_flight"]), seconds=seconds
            )
            await _answer(send, found)
        elif scope["type"] == "http" and scope["path"] == MEMORY:
            gc.collect()
            await _answer(send, {"pss_kib": pss_kib()})
        else:
            await self._app(scope, receive, send)


async def driven(call: Call, *, devices: int, in_flight: int, seconds: float) -> dict[str, float]:
    """`in_flight` callers on each device, each of which calls again as soon as it is answered."""
    took_s: list[float] = []
    cpu_s, started = time.process_time(), time.perf_counter()
    until = started + seconds

    async def keep_calling(number: int) -> None:
        while True:
            before = time.perf_counter()
            if before >= until:
                return
            await call(number)
            took_s.append(time.perf_counter() - before)

    async with asyncio.TaskGroup() as group:
        for number in range(devices):
            for _ in range(in_flight):
                group.create_task(keep_calling(number))
    ended = time.perf_counter()
    return {
        "count": len(took_s),
        "per_s": len(took_s) / (ended - started),
        "cpu_us": (time.process_time() - cpu_s) / max(1, len(took_s)) * 1e6,
        "p50_ms": percentile(took_s, 0.5) * 1000,
        "p99_ms": percentile(took_s, 0.99) * 1000,
    }


def pss_kib() -> int:
    """The process's share of memory: what it shares with others is divided by their number. Linux only."""
    rollup = Path("/proc/self/smaps_rollup").read_text()
    return int(rollup.partition("\nPss:")[2].split()[0])


async def _answer(send: Send, found: Mapping[str, Any]) -> None:
    told = orjson.dumps(found)
    headers = [(b"content-length", str(len(told)).encode()), (b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": told})
