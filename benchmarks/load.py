"""The load generator: `python -m benchmarks.load`, JSON in, JSON out, in a process of its own.

Requests are bytes made beforehand and answers are cut, not parsed: about 10 µs a request, so that the server is what is
measured. Only 127.0.0.1, bounded in count and time.
"""

import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from itertools import cycle
from typing import Any, cast

import orjson
import uvloop

from benchmarks.processes import run_module
from benchmarks.rounds import percentile

ANSWER_S = 20


class Connection(asyncio.Protocol):
    """One keep-alive connection with one request under way."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._read = b""
        self._answer: asyncio.Future[int] | None = None
        self.closed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own class is not registered as one

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, separator, body = self._read.partition(b"\r\n\r\n")
        if separator and len(body) >= _length(head) and self._answer is not None and not self._answer.done():
            self._read = b""
            self._answer.set_result(int(head[9:12]))

    def connection_lost(self, error: Exception | None) -> None:
        self.closed = True
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error or ConnectionResetError())

    def ask(self, request: bytes) -> "asyncio.Future[int]":
        """The status of the answer."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


def _length(head: bytes) -> int:
    start = head.lower().find(b"\r\ncontent-length:")
    return 0 if start < 0 else int(head[start + 17 :].partition(b"\r\n")[0])


async def connect(port: int) -> Connection:
    _, connection = await asyncio.get_running_loop().create_connection(Connection, "127.0.0.1", port)
    return connection


async def closed_loop(port: int, requests: Sequence[bytes], *, connections: int, seconds: float, most: int) -> Any:
    """Each connection asks again as soon as it is answered."""
    took_ms: list[float] = []
    statuses: Counter[str] = Counter()
    open_ones = [await connect(port) for _ in range(connections)]
    started = time.perf_counter()
    until = started + seconds

    async def keep_asking(connection: Connection, own: Sequence[bytes]) -> None:
        for request in cycle(own):
            before = time.perf_counter()
            if before >= until or len(took_ms) >= most:
                return
            status = await connection.ask(request)
            took_ms.append((time.perf_counter() - before) * 1000)
            statuses[str(status)] += 1

    async with asyncio.timeout(seconds + ANSWER_S):
        await asyncio.gather(
            *(keep_asking(each, requests[number::connections]) for number, each in enumerate(open_ones))
        )
    ended = time.perf_counter()
    for each in open_ones:
        each.close()
    return {"per_s": len(took_ms) / (ended - started), **_told(took_ms, statuses)}


async def open_loop(port: int, requests: Sequence[bytes], *, per_s: float, beside: bytes, beside_per_s: float) -> Any:
    """Each request once, at random (Poisson) arrivals whether or not the earlier ones are answered, on a connection of
    its own; and `beside` them another, at even intervals."""
    chance = random.Random(1)
    gaps = [chance.expovariate(per_s) for _ in requests]
    seconds = sum(gaps)

    async def fresh(request: bytes) -> int:
        connection = await connect(port)
        try:
            return await connection.ask(request)
        finally:
            connection.close()

    arriving, evenly = (
        _arrivals(fresh, requests, gaps),
        _arrivals(fresh, [beside] * int(seconds * beside_per_s), [1 / beside_per_s] * int(seconds * beside_per_s)),
    )
    async with asyncio.timeout(seconds + 2 * ANSWER_S):
        first, second = await asyncio.gather(arriving, evenly)
    return {"seconds": seconds, "arrivals": first, "beside": second}


async def _arrivals(send: Callable[[bytes], Awaitable[int]], requests: Sequence[bytes], gaps: Sequence[float]) -> Any:
    took_ms: list[float] = []
    statuses: Counter[str] = Counter()

    async def one(request: bytes) -> None:
        before = time.perf_counter()
        try:
            async with asyncio.timeout(ANSWER_S):
                status = str(await send(request))
        except (OSError, TimeoutError):
            status = "no answer"
        took_ms.append((time.perf_counter() - before) * 1000)
        statuses[status] += 1

    due = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for request, gap in zip(requests, gaps, strict=True):
            due += gap
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            group.create_task(one(request))
    return _told(took_ms, statuses)


def _told(took_ms: Sequence[float], statuses: Counter[str]) -> dict[str, Any]:
    return {
        "count": len(took_ms),
        "statuses": statuses,
        "p50_ms": percentile(took_ms, 0.5),
        "p99_ms": percentile(took_ms, 0.99),
        "max_ms": max(took_ms, default=float("nan")),
    }


def http_request(method: str, path: str, *, headers: dict[str, str] | None = None, body: Any = None) -> str:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "User-Agent: benchmark", "Accept: application/json"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    content = "" if body is None else orjson.dumps(body).decode()
    if content:
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join([*lines, "", content])


def load(port: int, requests: Sequence[str], *, connections: int, seconds: float, most: int = 200_000) -> Any:
    options = {"connections": connections, "seconds": seconds, "most": most}
    return run_module(
        "benchmarks.load", {"port": port, "requests": requests, "closed": options}, at_most_s=seconds + 2 * ANSWER_S
    )


def arrivals(port: int, requests: Sequence[str], *, per_s: float, beside: str, beside_per_s: float) -> Any:
    options = {"per_s": per_s, "beside": beside, "beside_per_s": beside_per_s}
    at_most_s = 2 * len(requests) / per_s + 4 * ANSWER_S
    return run_module("benchmarks.load", {"port": port, "requests": requests, "open": options}, at_most_s=at_most_s)


def main() -> None:
    told = orjson.loads(sys.stdin.buffer.read())
    port, requests = told["port"], [each.encode() for each in told["requests"]]
    if "closed" in told:
        found = uvloop.run(closed_loop(port, requests, **told["closed"]))
    else:
        options = told["open"] | {"beside": told["open"]["beside"].encode()}
        found = uvloop.run(open_loop(port, requests, **options))
    sys.stdout.buffer.write(orjson.dumps(found))


if __name__ == "__main__":
    main()
