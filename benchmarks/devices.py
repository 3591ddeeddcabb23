"""Devices: `python -m benchmarks.devices`, many sockets in a process of its own.

Calls are not parsed and answers are bytes made beforehand, with the call's id between: about 3 µs a call, so that the server
is what is measured. Frames are masked with zeros, which costs a server as much as any other mask.
"""

import asyncio
import base64
import os
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar, cast

import orjson
import uvloop

from benchmarks.partners import Partner, partner, tell, told
from benchmarks.processes import allow_many_files
from benchmarks.round_trips import READ_ANSWER, WRITE_ANSWER, device_id

AT_ONCE = 50  # handshakes under way
CONNECT_S = 300
_ID = slice(26, 62)  # after {"type":"tool_call","id":"
_SPACED_ID = slice(29, 65)  # as the standard library writes it
_WRITE = b'insert"'


def _header(length: int) -> bytes:
    if length < 126:
        return struct.pack("!BB4x", 0x81, 0x80 | length)
    return struct.pack("!BBH4x", 0x81, 0x80 | 126, length)


def framed(payload: bytes) -> bytes:
    return _header(len(payload)) + payload


def _around_an_id(parts: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    before, after = parts
    return _header(len(before) + 36 + len(after)) + before, after


_READ_BEFORE, _READ_AFTER = _around_an_id(READ_ANSWER)
_WRITE_BEFORE, _WRITE_AFTER = _around_an_id(WRITE_ANSWER)
_PONG = framed(b'{"type":"pong"}')


class Device(asyncio.Protocol):
    def __init__(self, request: bytes, hello: bytes) -> None:
        self._request, self._hello = request, hello
        self._transport: asyncio.Transport | None = None
        self._read = b""
        self._upgraded = False
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._request)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.ready.done():
            self.ready.set_exception(error or ConnectionResetError("A device was sent away."))
        elif not _LEAVING.is_set():
            _LOST.append(1)

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        data = self._read + data if self._read else data
        if not self._upgraded:
            data = self._upgrade(data)
        answers: list[bytes] = []
        at, end_of_data = 0, len(data)
        while end_of_data - at >= 2:
            length, body = data[at + 1], at + 2
            if length == 126:
                if end_of_data - at < 4:
                    break
                length, body = data[at + 2] << 8 | data[at + 3], at + 4
            if end_of_data - body < length:
                break
            self.answer(data[body : body + length], answers)
            at = body + length
        self._read = data[at:]
        if answers:
            self._transport.write(b"".join(answers))

    def send(self, frame: bytes) -> None:
        assert self._transport is not None
        self._transport.write(frame)

    def _upgrade(self, data: bytes) -> bytes:
        head, separator, rest = data.partition(b"\r\n\r\n")
        if not separator:
            self._read = data
            return b""
        if b" 101 " not in head.split(b"\r\n")[0]:
            raise ConnectionError(head.decode("latin-1"))
        self._upgraded = True
        assert self._transport is not None
        self._transport.write(self._hello)
        return rest

    def answer(self, frame: bytes, answers: list[bytes]) -> None:
        """Take a frame's payload, and add what is to be sent back."""
        if frame.startswith((b'{"type":"tool_call"', b'{"type": "tool_call"')):
            call_id = frame[_ID] if frame[8] != ord(" ") else frame[_SPACED_ID]
            if _WRITE in frame:
                answers += (_WRITE_BEFORE, call_id, _WRITE_AFTER)
            else:
                answers += (_READ_BEFORE, call_id, _READ_AFTER)
        elif frame == b'{"type":"ping"}':
            answers.append(_PONG)
        elif frame.startswith(b'{"type":"device_ready"') and not self.ready.done():
            self.ready.set_result(None)
        else:
            raise ConnectionError(repr(frame[:200]))


_LEAVING = threading.Event()
_LOST: list[int] = []


def _request(path: str, token: str) -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", "Upgrade: websocket", "Connection: Upgrade"]
    lines += [f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", f"Authorization: Bearer {token}"]
    return "\r\n".join([*lines, "User-Agent: benchmark", "", ""]).encode()


D = TypeVar("D", bound=Device)


async def connect(port: int, path: str, tokens: Sequence[str], make: Callable[[bytes, bytes], D]) -> list[D]:
    """One for each token, a few at once, ready when this returns."""
    loop, room = asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE)

    async def one(number: int, token: str) -> D:
        fields = {"type": "device_hello", "device_id": device_id(number), "journal": True, "timezone": "Europe/Rome"}
        client = {"name": "Adiuva", "version": "1.4.2", "platform": "linux"}
        hello = framed(orjson.dumps(fields | {"name": "A laptop", "client": client}))
        async with room:
            _, device = await loop.create_connection(lambda: make(_request(path, token), hello), "127.0.0.1", port)
            await device.ready
            return device

    async with asyncio.timeout(CONNECT_S), asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(number, token)) for number, token in enumerate(tokens)]
    return [task.result() for task in tasks]


async def stay(port: int, path: str, tokens: Sequence[str]) -> None:
    before = time.perf_counter()
    await connect(port, path, tokens, Device)
    tell({"seconds": time.perf_counter() - before})
    threading.Thread(target=_answer_questions, daemon=True).start()
    await asyncio.Event().wait()


def _answer_questions() -> None:
    for _ in sys.stdin.buffer:
        tell({"cpu_s": time.process_time(), "lost": len(_LOST)})
    _LEAVING.set()
    os._exit(0)


class Devices:
    """The process with the devices, seen from the benchmark."""

    def __init__(self, process: Partner, *, connected_in_s: float) -> None:
        self._process, self.connected_in_s = process, connected_in_s

    def cpu_s(self) -> float:
        """The CPU time it has had. Raises when a device has lost its socket."""
        now = self._process.ask()
        if now["lost"]:
            raise RuntimeError(f"{now['lost']} devices have lost their sockets.")
        return float(now["cpu_s"])


@contextmanager
def devices(port: int, path: str, tokens: Sequence[str]) -> Iterator[Devices]:
    """One device for every token, connected and ready until the block ends."""
    with partner("benchmarks.devices", port=port, path=path, tokens=tokens) as (process, first):
        yield Devices(process, connected_in_s=first["seconds"])


def main() -> None:
    allow_many_files()
    uvloop.run(stay(**told()))


if __name__ == "__main__":
    main()
