"""`python -m app worker`: background work in a process of its own."""

import asyncio
import signal
import sys

from app.cli.database import ready
from app.config import Settings
from app.kit.clock import SystemClock
from app.logging import set_up_logging
from app.migrate import migrate
from app.parts import Parts


def work(settings: Settings) -> None:
    """Work until SIGTERM or Ctrl-C, then let running jobs finish."""
    set_up_logging(level=settings.log_level, as_json=settings.logs_as_json)
    with ready(settings) as complete:
        assert complete.database_url is not None
        migrate(complete.database_url)
        asyncio.run(_work(complete))


async def _work(settings: Settings) -> None:
    stop = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    async with Parts(settings, SystemClock()).running(with_worker=True):
        sys.stdout.write("The worker is running. Ctrl-C stops it after the jobs under way.\n")
        sys.stdout.flush()
        await stop.wait()
