"""A device that measures its round trips, in a process of its own, until its standard input ends: the times as JSON.

python -m tests.devices.bystander SOCKET_URL TOKEN
"""

import asyncio
import json
import sys
import time

from websockets.asyncio.client import connect


async def measure(url: str, token: str) -> list[float]:
    times: list[float] = []
    headers = {"Authorization": f"Bearer {token}"}
    async with connect(url, additional_headers=headers, compression=None, proxy=None) as socket:
        await socket.send(json.dumps({"type": "device_hello", "device_id": "bystander"}))
        await socket.recv()
        over = asyncio.ensure_future(asyncio.to_thread(sys.stdin.read))
        while not over.done():
            started = time.perf_counter()
            await (await socket.ping())
            times.append(time.perf_counter() - started)
            await asyncio.sleep(0.02)
    return times


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(measure(*sys.argv[1:]))))
