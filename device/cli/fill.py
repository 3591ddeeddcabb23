"""`seed`."""

import asyncio
import sys
from pathlib import Path

from device.clock import machine_timezone
from device.seed import seed
from device.store import Database


def fill(home: Path, *, again: bool) -> None:
    added = asyncio.run(_fill(home, again=again))
    counts = ", ".join(f"{count} {table}" for table, count in added.items())
    sys.stdout.write(
        f"Added {counts}.\nNext: python -m device chat (talk about them). Look at them: python -m device sql\n"
    )
    sys.stdout.write("Only to stay online: python -m device connect\n")


async def _fill(home: Path, *, again: bool) -> dict[str, int]:
    database = Database(home)
    try:
        return await seed(database, machine_timezone(), again=again)
    finally:
        await database.close()
