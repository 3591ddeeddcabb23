"""Connection after connection, with the right pause between them, until the service says that there is no point."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Protocol

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from device.api import Service, may_use_proxy
from device.backoff import Backoff
from device.clock import now_ms
from device.errors import NotSignedIn, ServiceUnreachable, SignInAgain
from device.hooks import Hooks
from device.losses import Loss, Then, loss_of
from device.tokens import Tokens
from device.version import USER_AGENT

_ALMOST_EXPIRED_MS = 5_000
_LARGEST_INCOMING = 8 * 1024 * 1024
_OPEN_WITHIN_S, _CLOSE_WITHIN_S = 15.0, 2.0
# Fresh tokens that were sold over REST and refused by the socket, before the next is not believed in any more.
_TOKENS_TRIED = 3


class TokenSource(Protocol):
    """`session.KeptTokens` or `session.FixedTokens`. Raises `NotSignedIn`, `SignInAgain`, `ServiceUnreachable`."""

    def current(self) -> Tokens: ...
    async def refresh(self, stale: str) -> Tokens: ...


@dataclass(frozen=True)
class Ending:
    """Why a device does not try any more. `reason` is a stable word: `asked`, `sign_in_again`, `revoked`, `replaced`,
    `unsupported`, `protocol_errors`, `too_large`, `forbidden`, `no_socket`."""

    reason: str
    sentence: str


class Reconnecting:
    """`live` serves one open socket until it ends, and raises what ended it. `crowded_s`: the least wait after "too many" or
    "not now", unless the service names another."""

    def __init__(
        self,
        service: Service,
        tokens: TokenSource,
        live: Callable[[ClientConnection], Awaitable[None]],
        *,
        backoff: Backoff,
        crowded_s: float,
        hooks: Hooks,
    ) -> None:
        self._service, self._tokens, self._live = service, tokens, live
        self._backoff, self._crowded_s, self._hooks = backoff, crowded_s, hooks
        self._token = ""
        self._tokens_refused = 0

    async def until_over(self) -> Ending:
        while True:
            loss = await self._connect_once()
            if loss.then is Then.REFRESH:
                loss = await self._refresh(loss)
            if loss.then is Then.STOP:
                return Ending(loss.reason, loss.sentence)
            await self._wait(loss)

    async def fresh_token(self) -> str:
        """For a connection whose token is about to expire."""
        self._token = (await self._tokens.refresh(self._token)).access_token
        return self._token

    def became_ready(self) -> None:
        self._backoff.reset()
        self._tokens_refused = 0

    async def _connect_once(self) -> Loss:
        """A connection from its beginning to its end; why it ended, or did not begin."""
        self._hooks.tell("state", "connecting", f"Connecting to {self._service.url}")
        try:
            self._token = await self._usable_token()
            websocket = await self._open()
            try:
                await self._live(websocket)
            finally:
                # Without effect on a socket that has gone; 1001: this end is going away.
                await websocket.close(1001)
        except (NotSignedIn, SignInAgain) as error:
            return Loss(Then.STOP, "sign_in_again", str(error))
        except ServiceUnreachable as error:
            return Loss(Then.RECONNECT, "unreachable", str(error).rstrip("."), error.retry_after_s)
        except (OSError, TimeoutError, WebSocketException) as error:
            return loss_of(error)
        raise AssertionError("a connection ends with an exception")

    async def _usable_token(self) -> str:
        """One that has not expired by this machine's clock. The clock may be wrong: then 4401 tells."""
        tokens = self._tokens.current()
        if tokens.refresh_token and 0 < tokens.expires_at < now_ms() + _ALMOST_EXPIRED_MS:
            tokens = await self._tokens.refresh(tokens.access_token)
        return tokens.access_token

    async def _open(self) -> ClientConnection:
        return await connect(
            self._service.socket_url,
            additional_headers={"Authorization": f"Bearer {self._token}"},
            user_agent_header=USER_AGENT,
            proxy=True if may_use_proxy(self._service.url) else None,
            compression=None,  # the server offers none
            ping_interval=None,  # the protocol has its own heartbeat
            max_size=_LARGEST_INCOMING,
            open_timeout=_OPEN_WITHIN_S,
            close_timeout=_CLOSE_WITHIN_S,
        )

    async def _refresh(self, loss: Loss) -> Loss:
        """What to do after 4401: a new token, and on; or stop, when none is to be had."""
        self._tokens_refused += 1
        if self._tokens_refused > _TOKENS_TRIED:
            sentence = "The service refuses its own fresh tokens. Sign in again: python -m device login"
            return Loss(Then.STOP, "sign_in_again", sentence)
        try:
            await self._tokens.refresh(self._token)
        except (NotSignedIn, SignInAgain) as error:
            return Loss(Then.STOP, "sign_in_again", str(error))
        except ServiceUnreachable as error:
            return replace(loss, then=Then.RECONNECT, at_least_s=error.retry_after_s)
        return replace(loss, then=Then.RECONNECT)

    async def _wait(self, loss: Loss) -> None:
        at_least_s = loss.at_least_s or (self._crowded_s if loss.then is Then.BACK_OFF else 0.0)
        pause_s = self._backoff.next(at_least_s)
        sentence = f"Not connected: {loss.sentence}. Trying again in {pause_s:.1f} s"
        self._hooks.tell("state", "waiting", sentence)
        await asyncio.sleep(pause_s)
