"""`python -m app keys new | status | rotate`."""

import asyncio
import sys

from app.cli.database import ready
from app.config import Settings
from app.keys.master_keys import MasterKeys
from app.keys.rotate import Rotated
from app.kit.clock import SystemClock
from app.migrate import migrate
from app.parts import Parts


def new(key_id: str) -> None:
    sys.stdout.write(f"{MasterKeys.make(key_id)}\n")


def status(settings: Settings) -> None:
    with ready(settings) as complete:
        assert complete.database_url is not None
        migrate(complete.database_url)
        counts = asyncio.run(_in_use(complete))
    for key_id, count in sorted(counts.items()):
        sys.stdout.write(f"{key_id}: wraps {count} data keys\n")
    if not counts:
        sys.stdout.write("No data keys yet: nobody has registered.\n")


def rotate(settings: Settings) -> None:
    with ready(settings) as complete:
        assert complete.database_url is not None
        migrate(complete.database_url)
        first, done = asyncio.run(_rotate(complete))
    if done.unreadable:
        sys.stderr.write(f"{done.unreadable} data keys are damaged: they do not open, and were left as they are.\n")
    sys.stdout.write(
        f"{done.rewrapped} data keys re-wrapped; all are wrapped by {first} now. "
        "Restart every service process with these MASTER_KEYS before you remove an older key.\n"
    )


async def _in_use(settings: Settings) -> dict[str, int]:
    parts = Parts(settings, SystemClock())
    try:
        return await parts.rotation.in_use()
    finally:
        await parts.close()


async def _rotate(settings: Settings) -> tuple[str, Rotated]:
    parts = Parts(settings, SystemClock())
    try:
        return parts.rotation.first_id, await parts.rotation.run(_show)
    finally:
        await parts.close()


def _show(done: int, total: int) -> None:
    sys.stderr.write(f"\r{done} of {total} re-wrapped" + ("\n" if done >= total else ""))
    sys.stderr.flush()
