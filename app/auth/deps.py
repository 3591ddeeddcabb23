"""Who may call, visible in a route's signature: `CurrentUser`, `CurrentAdmin`, `ReadCaller`, `ChatCaller`,
`TurnCaller`, `TurnReader`, `MemoryCaller`, `DeviceCaller`, or `Anyone`.

Each of them also counts the request against the caller's rate limit, unless its name says otherwise.
"""

from dataclasses import dataclass
from typing import Annotated, Literal, cast

from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from app.auth.callers import Caller, Callers
from app.auth.rate_limits import ANONYMOUS_PER_MINUTE, RateLimiter, network, turns_of
from app.auth.scopes import Scope
from app.billing.tiers import ALLOWANCES
from app.errors import Forbidden, NotAuthenticated


class InsufficientScope(Forbidden):
    code = "insufficient_scope"


class AdminOnly(Forbidden):
    code = "admin_only"


@dataclass(frozen=True)
class AuthServices:
    callers: Callers
    limiter: RateLimiter


def services(request: Request) -> AuthServices:
    return cast("AuthServices", request.app.state.auth)


def address_of(request: Request) -> str:
    """The client's network address; behind trusted proxies the one they vouch for."""
    return request.client.host if request.client else "unknown"


def network_of(request: Request) -> str:
    return network(address_of(request))


class _Bearer(HTTPBearer):
    """One callable does it all (read the header, find the caller, count the request): each FastAPI dependency a request
    passes through costs about 15 µs."""

    def __init__(
        self, *scopes: Scope, admin: bool = False, counts: Literal["request", "turn"] | None = "request"
    ) -> None:
        """`scopes`: an API key needs one of them; with none, no key will do."""
        super().__init__(
            scheme_name="Bearer",
            auto_error=False,
            description="The `access_token` of `POST /auth/login` or `/auth/register`, or an API key with the right scope.",
        )
        self.scopes = scopes
        self.admin = admin
        self.counts = counts

    async def __call__(self, request: Request) -> Caller:  # type: ignore[override]  # it returns who, not the header
        auth = services(request)
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise NotAuthenticated("Send an access token: Authorization: Bearer …")
        try:
            caller = await auth.callers.of(token.strip(" "))
        except NotAuthenticated:
            # Whoever it was, they had the database looked into: counted by address, like a route for everyone.
            await _count(request, auth.limiter, f"address:{network_of(request)}", ANONYMOUS_PER_MINUTE)
            raise
        allowance = ALLOWANCES[caller.tier]
        if self.counts == "turn":
            if not self._opens(caller):  # somebody's key that may not chat must not use up their turns
                await _count(request, auth.limiter, f"user:{caller.user_id}", allowance.requests_per_minute)
                self._check(caller)
            await _count(request, auth.limiter, turns_of(caller.user_id), allowance.turns_per_minute, "turns")
        elif self.counts == "request":
            await _count(request, auth.limiter, f"user:{caller.user_id}", allowance.requests_per_minute)
        self._check(caller)
        return caller

    def _opens(self, caller: Caller) -> bool:
        return caller.api_key_id is None or any(map(caller.may, self.scopes))

    def _check(self, caller: Caller) -> None:
        if not self._opens(caller):
            scopes = " or ".join(self.scopes)
            needed = f"an API key with the scope {scopes}" if scopes else "a signed-in session, not an API key"
            raise InsufficientScope(f"This needs {needed}.")
        if self.admin and not caller.is_admin:
            raise AdminOnly("Only administrators may do this.")


async def anyone(request: Request) -> None:
    """A route that needs no account: counted by network address."""
    await _count(request, services(request).limiter, f"address:{network_of(request)}", ANONYMOUS_PER_MINUTE)


async def _count(request: Request, limiter: RateLimiter, bucket: str, per_minute: int, what: str = "requests") -> None:
    counted = await limiter.count(bucket, per_minute)
    if counted is None:
        return
    standing, fits = counted
    request.scope["state"]["response_headers"] += standing.headers()
    if not fits:
        raise limiter.refusal(standing, what)


CurrentUser = Annotated[Caller, Depends(_Bearer())]
CurrentAdmin = Annotated[Caller, Depends(_Bearer(admin=True))]
ReadCaller = Annotated[Caller, Depends(_Bearer(Scope.READ))]
ChatCaller = Annotated[Caller, Depends(_Bearer(Scope.CHAT))]
TurnReader = Annotated[Caller, Depends(_Bearer(Scope.READ, Scope.CHAT))]
TurnCaller = Annotated[Caller, Depends(_Bearer(Scope.CHAT, counts="turn"))]
MemoryCaller = Annotated[Caller, Depends(_Bearer(Scope.MEMORY))]
DeviceCaller = Annotated[Caller, Depends(_Bearer(Scope.DEVICE))]
UncountedDeviceCaller = Annotated[Caller, Depends(_Bearer(Scope.DEVICE, counts=None))]
Anyone = Depends(anyone)
