"""`connect`: online until Ctrl-C, with a line for each thing that happens."""

import asyncio
import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from device.calls import Kind
from device.clock import machine_timezone, now_ms
from device.device import ASKED, Device
from device.hooks import CallDone
from device.presence import Presence
from device.reconnecting import Ending
from device.session import Sessions


def stay_online(home: Path, *, as_json: bool) -> int:
    """0 after Ctrl-C or SIGTERM, 1 when the service does not want this device. Raises `DeviceError`."""
    lines = _JsonLines() if as_json else _Lines()
    ending = asyncio.run(_online(home, Sessions(home).read().url, lines))
    return 0 if ending == ASKED else 1


async def _online(home: Path, url: str, lines: "_Lines") -> Ending:
    device = Device(home, url, on_call=lines.call, on_state=lines.state, on_lost=lines.lost, say=lines.say)
    stopping: list[asyncio.Task[None]] = []  # held: the loop itself holds tasks only weakly

    def stop() -> None:
        stopping.append(asyncio.create_task(device.stop()))

    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, stop)
    presence = Presence(home)
    if not presence.was_alone:
        lines.say("This device is online in another window; the newer connection wins, so that one will end.")
    ending = await device.run()
    presence.leave()
    await asyncio.gather(*stopping)
    return ending


class _Lines:
    """For people."""

    def __init__(self) -> None:
        self._zone = ZoneInfo(machine_timezone())

    def state(self, word: str, sentence: str) -> None:
        hint = ". Ctrl-C ends it" if word == "ready" else ""
        self._write(f"{sentence.rstrip('.')}{hint}.")

    def say(self, sentence: str) -> None:
        self._write(_printable(sentence))

    def lost(self, request_ids: list[str]) -> None:
        self._write(f"The service cannot resume {len(request_ids)} turns; their text is in the thread.")

    def call(self, done: CallDone) -> None:
        call, outcome = done.call, done.outcome
        told = str(outcome.result.get("error")) if "error" in outcome.result else _rows(outcome.rows)
        told = f"{outcome.kind.value}: {told}" if outcome.kind is not Kind.DONE else told
        table = call.table if isinstance(call.table, str) else "-"
        line = f"{call.action:<13} {table:<12} attempt {call.attempt}  {told}  {done.took_ms:.0f} ms"
        self._write(_printable(line))

    def _write(self, line: str) -> None:
        _out(f"{datetime.now(self._zone):%H:%M:%S}  {line}\n")


class _JsonLines(_Lines):
    """For programs."""

    def state(self, word: str, sentence: str) -> None:
        self._event("state", state=word, message=sentence)

    def say(self, sentence: str) -> None:
        self._event("message", message=sentence)

    def lost(self, request_ids: list[str]) -> None:
        self._event("lost", request_ids=request_ids)

    def call(self, done: CallDone) -> None:
        call, outcome = done.call, done.outcome
        self._event(
            "call",
            id=call.id,
            action=call.action,
            table=call.table,
            attempt=call.attempt,
            outcome=outcome.kind.value,
            rows=outcome.rows,
            error=outcome.result.get("error"),
            ms=round(done.took_ms, 1),
        )

    def _event(self, event: str, **facts: Any) -> None:
        _out(orjson.dumps({"at": now_ms(), "event": event, **facts}).decode() + "\n")


def _out(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()  # also into a pipe, line by line


def _printable(text: str) -> str:
    """What came over the wire must not move the cursor."""
    return "".join(each if each.isprintable() else "·" for each in text)


def _rows(number: int) -> str:
    return "1 row" if number == 1 else f"{number} rows"
