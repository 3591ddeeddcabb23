"""An access token that runs out while the socket is open."""

import time

from device.conformance.client import Client
from device.conformance.frames import Frame
from device.conformance.rule import Level, rule
from device.conformance.verdicts import Broken, NotTested, require


async def _asked(client: Client) -> Frame | None:
    """Tell the client that its token runs out in a minute; what it answers."""
    expiring = {"type": "auth_expiring", "expires_at": int((time.time() + 60) * 1000)}
    await client.connection.send(expiring)
    return await client.next("auth_refresh", client.options.patience)


@rule("auth.refresh", "1", "`auth_expiring` is answered with `auth_refresh` and a token, in the open socket.")
async def _refresh(client: Client) -> None:
    answer = await _asked(client)
    if answer is None:
        raise Broken(f"`auth_refresh` within {client.options.patience:g} s of `auth_expiring`", "none")
    token = answer.get("token")
    require(isinstance(token, str) and bool(token), "a token in `auth_refresh`", token)


@rule("auth.fresh-token", "1", "The token of `auth_refresh` is another one: the old one runs out.", level=Level.SHOULD)
async def _fresh_token(client: Client) -> None:
    if not client.accounts.tokens_issued:
        raise NotTested("the client did not sign in at this checker, so it may have nothing to renew its token with")
    presented = client.connection.token
    answer = await _asked(client)
    if answer is None:
        raise NotTested("no `auth_refresh` came, which is told elsewhere")
    require(answer.get("token") != presented, "a new token", "the one that the client connected with")
