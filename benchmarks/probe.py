"""Looks at a server from inside its process, for benchmarks only: CPU time, memory and the lag of its event loop."""

import asyncio
import os
import resource
import sys
import time
from pathlib import Path

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from benchmarks.rounds import percentile

PATH = "/benchmark"
EVERY_S = 0.005


class Probe:
    """An ASGI application around another: answers `PATH` with what happened since it was last asked.

    The lag is by how much a sleep of 5 ms is late, by the system's clock: uvloop's own `loop.time()` stands still
    within a turn of the loop. Its timers tick in whole milliseconds, so about 1 ms of lag is the ruler, not the loop.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._lags_ms: list[float] = []
        self._sampling: asyncio.Task[None] | None = None
        self._cpu_s = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == PATH:
            await self._answer(receive, send, sample=scope["query_string"] == b"lag")
        else:
            await self._app(scope, receive, send)

    async def _answer(self, receive: Receive, send: Send, *, sample: bool) -> None:
        await receive()
        told = orjson.dumps(self._since_last_time())
        self._lags_ms.clear()
        if sample and self._sampling is None:
            self._sampling = asyncio.create_task(self._sample())
        elif not sample and self._sampling is not None:
            self._sampling.cancel()
            self._sampling = None
        headers = [(b"content-length", str(len(told)).encode()), (b"content-type", b"application/json")]
        start: Message = {"type": "http.response.start", "status": 200, "headers": headers}
        await send(start)
        await send({"type": "http.response.body", "body": told})

    def _since_last_time(self) -> dict[str, float]:
        before, self._cpu_s = self._cpu_s, time.process_time()
        return {
            "cpu_s": self._cpu_s - before,
            "rss_mb": rss_mb(),
            "lag_p50_ms": percentile(self._lags_ms, 0.5),
            "lag_p99_ms": percentile(self._lags_ms, 0.99),
            "lag_max_ms": max(self._lags_ms, default=float("nan")),
            "lag_samples": len(self._lags_ms),
        }

    async def _sample(self) -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(EVERY_S)
            self._lags_ms.append((time.perf_counter() - before - EVERY_S) * 1000)


def rss_mb(pid: int | None = None) -> float:
    """Resident memory of a process; where there is no /proc, the most this process has ever had."""
    statm = Path(f"/proc/{pid or os.getpid()}/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * resource.getpagesize() / 1e6
    if pid is not None:
        return float("nan")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
