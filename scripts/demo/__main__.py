"""`python -m scripts.demo`: 0 when everything was as the assistant said, 1 when not, 130 after Ctrl-C."""

import asyncio
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from device.chat.screen import Screen, wants_colours
from device.errors import DeviceError
from scripts.demo.scenes import SCENES
from scripts.demo.service import ServiceFailed, running
from scripts.demo.stage import morning_zone, set_up
from scripts.demo.talk import Talk
from scripts.demo.words import Words

_WIDTH_OF_A_PIPE = 110
_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_INTERRUPTED = 130
_LEGEND = """
·  the assistant works      →  it asks the device       ←  and gets
?  it asks you              !  your answer              ±  what it changed
│  its answer, a ¦ where each streamed piece ended      ✓  looked up in the device's SQLite"""


async def perform(screen: Screen, folder: Path) -> bool:
    """Did everything hold? Raises `ServiceFailed`, `DeviceError`, `TimeoutError`."""
    began = time.monotonic()
    zone = morning_zone(datetime.now(UTC))
    talk = Talk(screen, Words(zone))
    screen.line("Adiuva: five conversations, from your words to a row in a device's SQLite and back.", "bold")
    screen.line("No key, no internet: the built-in offline model answers. All of it in a folder that is removed.\n")
    async with AsyncExitStack() as running_parts:
        with _timed(screen, "A service, with a Postgres of its own"):
            address = await running_parts.enter_async_context(running(folder))
        with _timed(screen, f"An account, and a device with sample data where it is morning ({zone.key})"):
            stage = await running_parts.enter_async_context(
                set_up(address, folder / "device", zone, talk.carried_out, talk.decide)
            )
        screen.line(f"  {', '.join(f'{count} {table}' for table, count in stage.added.items())}", "dim")
        screen.line(_LEGEND, "dim")
        for scene in SCENES:
            await scene(stage, talk)
        screen.line("")
    held, all_checks = sum(talk.checks), len(talk.checks)
    screen.line(
        f"{held} of {all_checks} checks held, {talk.questions} turns, {time.monotonic() - began:.1f} s with "
        "setting up and tidying away. Nothing is left behind.",
        "good" if held == all_checks else "bad",
    )
    return held == all_checks


@contextmanager
def _timed(screen: Screen, what: str) -> Iterator[None]:
    """Says what takes a while, and then how long it took."""
    began = time.monotonic()
    screen.write(f"{what} … ")
    yield
    screen.write(f"{time.monotonic() - began:.1f} s\n")


async def _until_stopped(screen: Screen) -> bool:
    """A signal ends it in order; a second one does not disturb the tidying."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None

    def stop() -> None:
        if not task.cancelling():
            task.cancel()

    for number in _STOPS:
        loop.add_signal_handler(number, stop)
    with tempfile.TemporaryDirectory(prefix="adiuva-") as folder:
        return await perform(screen, Path(folder))


def main() -> int:
    width = None if sys.stdout.isatty() else _WIDTH_OF_A_PIPE
    screen = Screen(sys.stdout, sys.stderr, styled=wants_colours(sys.stdout), width=width)
    try:
        return 0 if asyncio.run(_until_stopped(screen)) else 1
    except asyncio.CancelledError:
        screen.notice("\nStopped; nothing is left behind.")
        return _INTERRUPTED
    except (ServiceFailed, DeviceError, TimeoutError) as error:
        screen.notice(f"\n{_sentence(error)}", "bad")
        return 1


def _sentence(error: Exception) -> str:
    return str(error) or "The assistant did not answer in time."


if __name__ == "__main__":
    sys.exit(main())
