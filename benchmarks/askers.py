"""Devices that ask: `python -m benchmarks.askers`, a process with a device for every user, each with one turn at a time.

It answers the turn's tool calls as `benchmarks.devices` does, with bytes made beforehand, and looks into no frame but the
first of a thread.
"""

import asyncio
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import orjson
import uvloop

from benchmarks.devices import Device, connect, framed
from benchmarks.partners import Partner, partner, tell, told
from benchmarks.turn_driver import driven_turns
from benchmarks.turn_model import question

TURNS_OF_A_THREAD = 10
TURN_S = 60


@dataclass
class Turn:
    ended: "asyncio.Future[None]"
    first_text_at: float = 0.0
    up: int = 0  # bytes, with the headers of frames
    down: int = 0


class Asker(Device):
    def __init__(self, request: bytes, hello: bytes) -> None:
        super().__init__(request, hello)
        self._turn: Turn | None = None
        self._thread: str | None = None
        self._turns_of_thread = 0

    async def ask(self, message: str) -> Turn:
        """One turn, in the thread of the one before until that has had its turns. Raises `RuntimeError` unless completed."""
        if self._turns_of_thread == TURNS_OF_A_THREAD:
            self._thread, self._turns_of_thread = None, 0
        self._turns_of_thread += 1
        fields = {"type": "home_request", "request_id": str(uuid4()), "message": message}
        frame = framed(orjson.dumps(fields | ({"thread_id": self._thread} if self._thread else {})))
        turn = self._turn = Turn(asyncio.get_running_loop().create_future(), up=len(frame))
        self.send(frame)
        async with asyncio.timeout(TURN_S):
            await turn.ended
        return turn

    def answer(self, frame: bytes, answers: list[bytes]) -> None:
        if (turn := self._turn) is None or frame.startswith(b'{"type":"ping"'):
            super().answer(frame, answers)
            return
        turn.down += len(frame) + (2 if len(frame) < 126 else 4)
        if frame.startswith(b'{"type":"stream_text"'):
            turn.first_text_at = turn.first_text_at or time.perf_counter()
        elif frame.startswith(b'{"type":"stream_start"'):
            self._thread = orjson.loads(frame)["thread_id"]
        elif frame.startswith((b'{"type":"stream_end"', b'{"type":"error"')):
            self._end(turn, frame)
        elif not frame.startswith(b'{"type":"activity"'):
            before = len(answers)
            super().answer(frame, answers)
            turn.up += sum(map(len, answers[before:]))

    def _end(self, turn: Turn, frame: bytes) -> None:
        self._turn = None
        if b'"status":"completed"' in frame:
            turn.ended.set_result(None)
        else:
            turn.ended.set_exception(RuntimeError(frame.decode()))


async def stay(port: int, path: str, tokens: Sequence[str]) -> None:
    """Ask as often as a line on standard input says, until there are no more lines."""
    askers = await connect(port, path, tokens, Asker)
    tell({"connected": len(askers)})
    while line := await asyncio.to_thread(sys.stdin.buffer.readline):
        asked = orjson.loads(line)
        message = question(asked.pop("tokens"))
        wire: list[tuple[int, int]] = []

        async def one(number: int, message: str = message, wire: list[tuple[int, int]] = wire) -> float:
            turn = await askers[number].ask(message)
            wire.append((turn.up, turn.down))
            return turn.first_text_at

        found = await driven_turns(one, **asked)
        tell(found | {"up": sum(up for up, _ in wire) / len(wire), "down": sum(down for _, down in wire) / len(wire)})


class Askers:
    """The process, seen from the benchmark."""

    def __init__(self, process: Partner) -> None:
        self._process = process

    def turns(self, *, tokens: int, at_once: int, seconds: float, most: int = 100_000) -> dict[str, Any]:
        """The first `at_once` devices ask again as soon as they are answered."""
        return self._process.ask(tokens=tokens, at_once=at_once, seconds=seconds, most=most)


@contextmanager
def askers(port: int, path: str, tokens: Sequence[str]) -> Iterator[Askers]:
    """A device for every access token, each of another user."""
    with partner("benchmarks.askers", port=port, path=path, tokens=tokens) as (process, _connected):
        yield Askers(process)


def main() -> None:
    uvloop.run(stay(**told()))


if __name__ == "__main__":
    main()
