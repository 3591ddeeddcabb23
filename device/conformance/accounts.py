"""Sign-in as a client meets it: any e-mail, any password and any token are right, and what was asked for is counted."""

import base64
import secrets
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import orjson

_TOKEN_S = 15 * 60
_TICKET_S = 30
_ME = {
    "id": "00000000-0000-4000-8000-00000000c0de",
    "email": "conformance@example.com",
    "tier": "power",
    "is_admin": False,
    "email_verified": True,
}


@dataclass
class Accounts:
    tokens_issued: int = 0
    """By register, login and refresh. A client that never asked may carry a token it cannot renew."""
    tickets: set[str] = field(default_factory=set)
    """One-time tickets that were issued and not used yet."""

    def answer(self, method: str, path: str) -> tuple[HTTPStatus, Any]:
        """What the service would say to a sign-in, whatever the request's body holds."""
        match method, path.removeprefix("/api/v1"):
            case "POST", "/auth/register":
                return HTTPStatus.CREATED, self._tokens()
            case "POST", "/auth/login" | "/auth/refresh":
                return HTTPStatus.OK, self._tokens()
            case "POST", "/auth/logout":
                return HTTPStatus.NO_CONTENT, None
            case "GET", "/auth/me":
                return HTTPStatus.OK, {**_ME, "created_at": _now_ms()}
            case "GET", "/health" | "/health/ready":
                return HTTPStatus.OK, {"status": "ok"}
            case "POST", "/ws/ticket":
                return HTTPStatus.OK, self._ticket()
            case _:
                return HTTPStatus.NOT_FOUND, {
                    "type": "urn:adiuva:problem:not_found",
                    "title": "Not Found",
                    "status": 404,
                    "detail": "The protocol checker offers sign-in and the device socket, nothing else.",
                    "code": "not_found",
                }

    def take_ticket(self, ticket: str) -> bool:
        """True the first time, for a ticket that was issued here."""
        if ticket not in self.tickets:
            return False
        self.tickets.remove(ticket)
        return True

    def _tokens(self) -> dict[str, Any]:
        self.tokens_issued += 1
        return {
            "access_token": _jwt(),
            "refresh_token": secrets.token_urlsafe(32),
            "token_type": "bearer",
            "expires_at": _now_ms() + _TOKEN_S * 1000,
        }

    def _ticket(self) -> dict[str, Any]:
        ticket = secrets.token_urlsafe(24)
        self.tickets.add(ticket)
        return {"ticket": ticket, "expires_at": _now_ms() + _TICKET_S * 1000}


def _now_ms() -> int:
    return int(time.time() * 1000)


def _jwt() -> str:
    """Looks like the service's, because clients read `exp`; signed by nothing."""
    now = int(time.time())
    claims = {"sub": _ME["id"], "typ": "access", "iat": now, "exp": now + _TOKEN_S, "jti": secrets.token_hex(8)}
    parts = (orjson.dumps({"alg": "HS256", "typ": "JWT"}), orjson.dumps(claims), secrets.token_bytes(32))
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
