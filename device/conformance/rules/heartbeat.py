"""Is the client still there?"""

from uuid import uuid4

from device.conformance.client import Client
from device.conformance.rule import rule


@rule("heartbeat.pong", "1", "A `ping` is answered with `pong` within 10 s.")
async def _pong(client: Client) -> str:
    return f"after {await client.ping() * 1000:.0f} ms"


@rule("heartbeat.pong-in-flight", "1", "A `ping` is answered with `pong` also while calls are in flight.")
async def _pong_in_flight(client: Client) -> str:
    calls = [await client.post("get", table="tasks", data={"id": str(uuid4())}) for _ in range(8)]
    seconds = await client.ping()
    for call in calls:
        await client.answer(call)
    return f"after {seconds * 1000:.0f} ms"
