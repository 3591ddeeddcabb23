"""Who is at the socket's door: what a client shows, and how many of its kind may stand there."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from urllib.parse import parse_qs
from uuid import UUID

from starlette.types import Scope

from app.auth.callers import Callers
from app.auth.rate_limits import ANONYMOUS_PER_MINUTE, RateLimiter, network
from app.auth.scopes import Scope as KeyScope
from app.devices.closing import SESSION_ENDED, Close, SocketClosed
from app.devices.credentials import Credential
from app.devices.limits import SocketLimits
from app.devices.tickets import Admission, Tickets
from app.errors import NotAuthenticated

SUBPROTOCOL = "adiuva.v1"
_BEARER_SUBPROTOCOL = "bearer."


@dataclass
class _Door:
    """Of one address."""

    places: asyncio.Semaphore
    there: int = 0  # those that have a place and those that wait for one


class Entrance:
    def __init__(
        self,
        callers: Callers,
        tickets: Tickets,
        limiter: RateLimiter,
        limits: SocketLimits,
        *,
        allow_query_token: bool,
    ) -> None:
        self._callers, self._tickets, self._limiter = callers, tickets, limiter
        self._limits, self._allow_query_token = limits, allow_query_token
        self._doors: dict[str, _Door] = {}
        self._greeted: Counter[UUID] = Counter()

    @asynccontextmanager
    async def place_of_address(self, scope: Scope) -> AsyncIterator[None]:
        """A place for a socket whose token has not been looked at yet. An office of devices behind one address comes back
        all at once, and a look takes milliseconds: who finds no place waits a moment for one. Raises `SocketClosed`."""
        address, limits = _address(scope), self._limits
        door = self._doors.setdefault(address, _Door(asyncio.Semaphore(limits.unauthenticated_per_address)))
        if door.there >= limits.unauthenticated_per_address + limits.waiting_per_address:
            raise _crowded()
        door.there += 1
        try:
            try:
                async with asyncio.timeout(limits.place_s):
                    await door.places.acquire()
            except TimeoutError:
                raise _crowded() from None
            try:
                yield
            finally:
                door.places.release()
        finally:
            door.there -= 1
            if not door.there:
                del self._doors[address]

    @contextmanager
    def place_of_user(self, user_id: UUID) -> Iterator[None]:
        """A place for a socket that has not said hello yet. Raises `SocketClosed` when its user has too many."""
        if self._greeted[user_id] >= self._limits.devices_per_user:
            raise _crowded()
        self._greeted[user_id] += 1
        try:
            yield
        finally:
            self._greeted[user_id] -= 1
            if not self._greeted[user_id]:
                del self._greeted[user_id]

    async def admit(self, scope: Scope) -> tuple[Credential, str | None]:
        """What the client shows, and the device a ticket is for. Raises `SocketClosed`."""
        try:
            ticket, token = _shown(scope, allow_query_token=self._allow_query_token)
            if ticket is not None:
                admission: Admission = await self._tickets.use(ticket)
                return admission.credential, admission.device_id
            return await self.credential(token), None
        except NotAuthenticated as refused:
            counted = await self._limiter.count(f"address:{_address(scope)}", ANONYMOUS_PER_MINUTE)
            if counted is not None and not counted[1]:
                raise SocketClosed(Close.TOO_MANY, "Too many attempts from this address.") from None
            raise SocketClosed(Close.NOT_AUTHENTICATED, refused.detail) from None

    async def check_again(self, credential: Credential) -> None:
        """For who took their time after they were let in. Raises `SocketClosed`."""
        if not await self._callers.are_still_in(credential.user_id, credential.session_id, credential.api_key_id):
            raise SocketClosed(Close.NOT_AUTHENTICATED, SESSION_ENDED)

    async def credential(self, token: str | None) -> Credential:
        """What an access token or API key opens. Raises `NotAuthenticated`."""
        if not token:
            raise NotAuthenticated("Show an access token.")
        caller = await self._callers.of(token)
        if not caller.may(KeyScope.DEVICE):
            raise NotAuthenticated(f"This needs an API key with the scope {KeyScope.DEVICE}.")
        return Credential.of(caller)


def _crowded() -> SocketClosed:
    return SocketClosed(Close.TOO_MANY, "Too many sockets wait to be let in.")


def _shown(scope: Scope, *, allow_query_token: bool) -> tuple[str | None, str | None]:
    """The ticket or the token, from the first of the four places that has one."""
    for name, value in scope["headers"]:
        if name == b"authorization":
            scheme, _, token = value.decode("latin-1").partition(" ")
            if scheme.lower() == "bearer":
                return None, token.strip()
    for subprotocol in scope.get("subprotocols") or ():
        if subprotocol.startswith(_BEARER_SUBPROTOCOL):
            return None, subprotocol.removeprefix(_BEARER_SUBPROTOCOL)
    query = _query(scope)
    if "ticket" in query:
        return query["ticket"][0], None
    if "token" in query and allow_query_token:
        return None, query["token"][0]
    return None, None


def _query(scope: Scope) -> dict[str, list[str]]:
    try:
        return parse_qs(scope.get("query_string", b"").decode("latin-1"), max_num_fields=20)
    except ValueError:  # more fields than anybody needs
        return {}


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return network(client[0] if client else "unknown")
