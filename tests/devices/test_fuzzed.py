"""A hundred thousand frames that are nearly right, while another device measures how long its own take."""

import asyncio
import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.cli.service import free_port
from tests.factories.people import Person

ROOT = Path(__file__).parents[2]
FRAMES = 100_000
SOCKETS = 6
SEED = 20261121

HUGE = [2**63, 2**64, -(2**63) - 1, 10**400, 1e308, -1e308, 0, -1]
STRANGE: list[Any] = [None, True, [], {}, "", "\u0000", "\ud800", "😀" * 50, "x" * 5000, *HUGE, [[]] * 100, {"": {}}]


def valid(rng: random.Random, token: str, calls: list[str]) -> dict[str, Any]:
    """A frame as it should be."""
    call_id = rng.choice(calls) if calls else "unknown"
    kinds: list[dict[str, Any]] = [
        {"type": "pong"},
        {"type": "tool_result", "id": call_id, "rows": [{"id": "1", "title": "x"}]},
        {"type": "tool_result", "id": call_id, "row": {"id": "1"}},
        {"type": "tool_result", "id": call_id, "deleted": True},
        {"type": "tool_result", "id": call_id, "ok": True},
        {"type": "tool_result", "id": call_id, "results": [{"id": "1", "content": "c", "score": 0.5}]},
        {"type": "tool_result", "id": call_id, "error": "no"},
        {"type": "device_hello", "device_id": "d", "resume": {"r": 1}, "client": {"name": "c"}, "agent_ids": ["a"]},
        {"type": "home_request", "request_id": "r", "message": "hi"},
    ]
    if rng.random() < 0.01:
        return {"type": "auth_refresh", "token": token}
    return rng.choice(kinds)


def mutated(rng: random.Random, frame: dict[str, Any]) -> str | bytes:  # noqa: C901 - a list of ways
    """Something like it: text to be sent as text, or bytes that are sent as text although they may be none."""
    text = json.dumps(frame)
    kind = rng.randrange(10)
    if kind == 0:
        return text
    if kind == 1:
        return text[: rng.randrange(len(text))]
    if kind == 2:
        at = rng.randrange(len(text))
        return text[:at] + chr(rng.randrange(1, 0x250)) + text[at + 1 :]
    if kind == 3:
        at, to = sorted(rng.randrange(len(text)) for _ in range(2))
        return text[:at] + text[at:to] * rng.randrange(0, 6) + text[to:]
    if kind == 4:
        depth = rng.choice([30, 32, 33, 40, 1000, 20_000])
        opening, closing = rng.choice([("[", "]"), ('{"a":', "}")])
        deep = opening * depth + "1" + closing * rng.choice([depth, depth, 0])
        return text[:-1] + ', "deep": ' + deep + "}"
    if kind == 5:
        return json.dumps(frame | {rng.choice(list(frame)): rng.choice(STRANGE)})
    if kind == 6:
        return json.dumps({rng.choice(["type", "id", "rows", "token", "é"]): rng.choice(STRANGE) for _ in range(3)})
    if kind == 7:
        return json.dumps(rng.choice([[frame], frame["type"], [frame] * 20, {"type": frame}]))
    if kind == 8 and rng.random() < 0.02:
        return text[:-1] + ', "huge": "' + "x" * rng.choice([10_000, 900_000, 1_100_000]) + '"}'
    if kind == 9 and rng.random() < 0.02:
        data = bytearray(text.encode())
        data[rng.randrange(len(data))] = rng.randrange(256)
        return bytes(data)
    return text.replace('"', rng.choice(["'", "", '\\"', '"']), rng.randrange(1, 4))


@asynccontextmanager
async def service_apart(database_url: str, folder: Path) -> AsyncIterator[tuple[str, Path]]:
    port, log = free_port(), folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: ASYNC220 - it starts before anything else happens
            [sys.executable, "-m", "tests.devices.apart", database_url, str(folder), str(port)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
        )
    try:
        base = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 30
        async with httpx.AsyncClient() as http:
            while True:
                with suppress(httpx.TransportError):
                    if (await http.get(f"{base}/health")).status_code == 200:
                        break
                assert time.monotonic() < deadline, log.read_text()
                await asyncio.sleep(0.1)
        yield base, log
        assert process.poll() is None, "it is alive"
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(60)


class Attacker:
    """One device that sends nearly right frames, and comes back whenever it is thrown out."""

    def __init__(self, base: str, person: Person, number: int, frames: int) -> None:
        self.url = base.replace("http", "ws") + "/api/v1/ws/device"
        self.person, self.device_id, self.frames = person, f"d{number}", frames
        self.rng = random.Random(f"{SEED}-{number}")
        self.calls: list[str] = []
        self.sent = 0
        self.closes: Counter[int] = Counter()
        self.answers: Counter[str] = Counter()

    async def run(self) -> None:
        while self.sent < self.frames:
            async with connect(
                self.url, additional_headers=self.person.auth, compression=None, max_size=None, proxy=None
            ) as socket:
                await socket.send(json.dumps({"type": "device_hello", "device_id": self.device_id}))
                reading = asyncio.ensure_future(self._read(socket))
                with suppress(ConnectionClosed):
                    while self.sent < self.frames:
                        frame = mutated(self.rng, valid(self.rng, self.person.access_token, self.calls[-3:]))
                        self.sent += 1
                        data = frame.encode(errors="replace") if isinstance(frame, str) else frame
                        await socket.send(data, text=True)
                        if not self.sent % 10:
                            await asyncio.sleep(0.015)  # still ten times what the limits let through
                await asyncio.sleep(0)
                await socket.close()
                await reading

    async def _read(self, socket: ClientConnection) -> None:
        try:
            while True:
                frame = json.loads(await socket.recv())
                self.answers[frame.get("code") or frame["type"]] += 1
                if frame["type"] == "tool_call":
                    self.calls.append(frame["id"])
        except ConnectionClosed as closed:
            self.closes[closed.rcvd.code if closed.rcvd is not None else 1006] += 1


@asynccontextmanager
async def bystander(url: str, token: str) -> AsyncIterator[list[float]]:
    """How long another device's pings take meanwhile, in order of length; there at the end."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.devices.bystander", url, token),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    await asyncio.sleep(1)
    times: list[float] = []
    try:
        yield times
    finally:
        told, _ = await process.communicate(b"")
        times += sorted(json.loads(told))


async def keep_calling(person: Person, device_id: str, over: asyncio.Event) -> Counter[int]:
    told: Counter[int] = Counter()
    kinds: list[dict[str, Any]] = [
        {"action": "select", "table": "tasks"},
        {"action": "insert", "table": "tasks", "data": {"title": "x"}},
    ]
    while not over.is_set():
        for kind in kinds:
            told[(await person.post(f"/devices/{device_id}/call", json=kind)).status_code] += 1
            await asyncio.sleep(0.05)
    return told


@pytest.mark.fuzz
async def test_a_hundred_thousand_frames_break_nothing_and_hold_up_nobody(
    fresh_database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with (
        service_apart(fresh_database_url, tmp_path) as (base, log),
        httpx.AsyncClient(base_url=f"{base}/api/v1", timeout=60) as http,
    ):
        quiet = await Person.register(http)
        attackers = [Attacker(base, await Person.register(http), n, FRAMES // SOCKETS + 1) for n in range(SOCKETS)]
        over = asyncio.Event()
        async with bystander(base.replace("http", "ws") + "/api/v1/ws/device", quiet.access_token) as times:
            calling = [asyncio.ensure_future(keep_calling(each.person, each.device_id, over)) for each in attackers]
            started = time.monotonic()
            await asyncio.gather(*(each.run() for each in attackers))
            took = time.monotonic() - started
            over.set()
        told = sum(await asyncio.gather(*calling), Counter[int]())
        said = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    errors = Counter(line["event"].split("\n")[0] for line in said if line["level"] in ("error", "critical"))
    answers = sum((each.answers for each in attackers), Counter[str]())
    closes = sum((each.closes for each in attackers), Counter[int]())
    p99 = times[int(len(times) * 0.99)]
    with capsys.disabled():
        sys.stdout.write(
            f"\n{sum(each.sent for each in attackers)} frames in {took:.0f} s; answered {dict(answers)}; "
            f"closed {dict(closes)}; calls {dict(told)}; {len(times)} pings, median {times[len(times) // 2] * 1000:.1f} ms, "
            f"p99 {p99 * 1000:.1f} ms, worst {times[-1] * 1000:.1f} ms; errors {dict(errors)}\n"
        )
    assert sum(each.sent for each in attackers) >= FRAMES
    assert 500 not in told
    errors.pop(
        "Invalid UTF-8 sequence received from client.", None
    )  # the server's own words for a frame that is no text
    assert errors == {}
    assert p99 < 0.1
