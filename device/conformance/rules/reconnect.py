"""The client comes back, by itself, when the server or the network says so."""

from itertools import pairwise

from device.conformance.client import Client
from device.conformance.connection import ABORT
from device.conformance.rule import Level, rule
from device.conformance.verdicts import Gone, NotTested, brief, require

_CUTS = 5


async def _comes_back(client: Client, code: int, after: str) -> str:
    ended = await client.cut(code=code)
    connection = await client.back(after)
    return f"after {max(connection.at - ended, 0):.1f} s"


@rule("reconnect.cut", "1", "After a connection that broke off the client reconnects and says hello.")
async def _cut(client: Client) -> str:
    return await _comes_back(client, ABORT, "the connection was cut")


@rule("reconnect.restarting", "1", "After close code 1012 it reconnects.")
async def _restarting(client: Client) -> str:
    return await _comes_back(client, 1012, "close code 1012")


@rule("reconnect.going-away", "1", "After close code 1001 it reconnects.")
async def _going_away(client: Client) -> str:
    return await _comes_back(client, 1001, "close code 1001")


@rule("reconnect.timed-out", "1", "After close code 4408 it reconnects.")
async def _timed_out(client: Client) -> str:
    return await _comes_back(client, 4408, "close code 4408")


@rule("reconnect.same-device", "1", "It comes back as the same device.")
async def _same_device(client: Client) -> None:
    before = client.hello["device_id"]
    await client.cut()
    after = await client.back("the connection was cut")
    got = (after.hello or {}).get("device_id")
    require(got == before, f"`device_id` {brief(before)}", got)


@rule("reconnect.back-off", "1", "It waits longer each time while the server does not take it.", level=Level.SHOULD)
async def _back_off(client: Client) -> str:
    client.reception.refusal = ABORT
    try:
        ends, gaps = [await client.cut()], []
        for _ in range(_CUTS):
            connection = await client.arrival(client.options.reconnect_within)
            if connection is None:
                waited = f"{client.options.reconnect_within:g} s"
                raise Gone(f"another attempt within {waited} after the connection was cut", "none")
            gaps.append(connection.at - ends[-1])
            ends.append(connection.ended_at)
            if len(gaps) == _CUTS - 1:
                client.reception.refusal = None
    finally:
        client.reception.refusal = None
    waits = ", ".join(f"{gap:.2f}" for gap in gaps)
    # Jitter may turn two neighbours round; the later ones together must still be longer than the first ones.
    require(sum(gaps[-2:]) > 1.2 * sum(gaps[:2]), "waits that grow on the whole", f"{waits} s")
    ratios = [after / before for before, after in pairwise(gaps) if before > 0.2]
    steady = len(ratios) > 2 and max(ratios) / min(ratios) < 1.05
    require(not steady, "waits with some chance in them, so that clients do not come back all at once", f"{waits} s")
    return f"{waits} s"


@rule("reconnect.token", "1", "After close code 4401 it reconnects with a token that it has refreshed.")
async def _token(client: Client) -> str:
    if not client.accounts.tokens_issued:
        raise NotTested("the client did not sign in at this checker, so it may have nothing to renew its token with")
    before, issued = client.connection.token, client.accounts.tokens_issued
    await client.cut(code=4401)
    connection = await client.back("close code 4401, with POST /api/v1/auth/refresh to get a token from,")
    renewed = client.accounts.tokens_issued > issued or connection.token != before
    require(renewed, "a token that was refreshed after 4401", "the same token again, and no request for another one")
    return "refreshed"
