"""Close codes after which the client stays away. Each ends the client for good, so they come last."""

import time

from device.conformance.client import Client
from device.conformance.rule import rule
from device.conformance.verdicts import Broken


async def _stays_away(client: Client, code: int) -> None:
    client.reception.end_is_expected = True
    await client.cut(code=code)
    await _silence(client, code)


async def _silence(client: Client, code: int) -> None:
    wait, began = client.options.no_reconnect_wait, time.monotonic()
    client.say(f"… watching for {wait:g} s that the client stays away")
    connection = await client.arrival(wait)
    if connection is not None:
        raise Broken(f"no new connection after close code {code}", f"one after {connection.at - began:.1f} s")


@rule("stops.replaced", "1", "After close code 4409 (connected elsewhere) it does not reconnect.", stops_client=True)
async def _replaced(client: Client) -> None:
    await _stays_away(client, 4409)


@rule("stops.revoked", "1", "After close code 4403 (device revoked) it does not reconnect.", stops_client=True)
async def _revoked(client: Client) -> None:
    await _stays_away(client, 4403)


@rule("stops.protocol", "1", "After close code 4400 (version not supported) it does not reconnect.", stops_client=True)
async def _protocol(client: Client) -> None:
    """The service closes so in place of `device_ready`; a client must not take it for a failed attempt."""
    client.reception.refusal = 4400
    client.reception.end_is_expected = True
    try:
        await client.cut()
        await client.back("the connection was cut")
        await _silence(client, 4400)
    finally:
        client.reception.refusal = None
