"""Turns one after the other, several at once, for some seconds: the same loop for devices and inside a plain server."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.types import Receive, Scope, Send

from benchmarks.rounds import percentile

TURNS = "/benchmark/turns"
Turn = Callable[[int], Awaitable[float]]  # by number of the asker; when its first text came, by `time.perf_counter`
PlainTurn = Callable[[int], Awaitable[float]]  # by tokens of the answer; the same


async def driven_turns(turn: Turn, *, at_once: int, seconds: float, most: int = 100_000) -> dict[str, Any]:
    """`at_once` askers, each of which asks again as soon as it is answered; `most`: turns in all."""
    took_s: list[float] = []
    first_s: list[float] = []
    begun, started = 0, time.perf_counter()

    async def keep_asking(number: int) -> None:
        nonlocal begun
        while begun < most and (before := time.perf_counter()) < started + seconds:
            begun += 1
            first_text_at = await turn(number)
            took_s.append(time.perf_counter() - before)
            first_s.append(first_text_at - before)

    async with asyncio.TaskGroup() as group:
        for number in range(at_once):
            group.create_task(keep_asking(number))
    return {
        "count": len(took_s),
        "per_s": len(took_s) / (time.perf_counter() - started),
        "p50_ms": percentile(took_s, 0.5) * 1000,
        "p99_ms": percentile(took_s, 0.99) * 1000,
        "first_p50_ms": percentile(first_s, 0.5) * 1000,
        "first_p99_ms": percentile(first_s, 0.99) * 1000,
    }


class TurnDriver:
    """A server that has turns when it is asked to, over HTTP, and is nothing else."""

    def __init__(self, turn: PlainTurn) -> None:
        self._turn = turn

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        asked = dict(parse_qsl(scope["query_string"].decode()))
        tokens = int(asked["tokens"])
        found = await driven_turns(
            lambda _number: self._turn(tokens), at_once=int(asked["at_once"]), seconds=float(asked["seconds"])
        )
        await answer_json(send, found)


async def _lifespan(receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def answer_json(send: Send, found: dict[str, Any]) -> None:
    told = orjson.dumps(found)
    headers = [(b"content-length", str(len(told)).encode()), (b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": told})
