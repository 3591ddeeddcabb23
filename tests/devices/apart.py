"""The service in a process of its own, with sockets that may ask for anything, until its standard input ends:

python -m tests.devices.apart DATABASE_URL DATA_DIR PORT
"""

import asyncio
import sys
from pathlib import Path

from app.devices.limits import SocketLimits
from app.logging import set_up_logging
from tests.conftest import make_settings
from tests.devices.live import live

LIMITS = SocketLimits(
    frames_per_second=1e9,
    frames_at_once=1e9,
    protocol_errors_a_minute=10**9,
    call_s=2,
    absence_s=2,
    outbound_frames=100_000,
)


async def serve(database_url: str, data_dir: Path, port: int) -> None:
    async with live(make_settings(database_url, data_dir), limits=LIMITS, port=port):
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    set_up_logging(level="info", as_json=True)
    asyncio.run(serve(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
