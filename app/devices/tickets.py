"""One-time tickets for the socket: for clients that can only put things in the URL. Half a minute, one use, one device."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from app.auth.callers import Caller
from app.auth.secrets import digest, new_secret
from app.devices.credentials import Credential
from app.devices.models import SocketTicket
from app.errors import NotAuthenticated
from app.kit.clock import Clock
from app.kit.db import Database

LIFETIME = timedelta(seconds=30)
_USE = "SELECT * FROM use_socket_ticket($1, $2)"


@dataclass(frozen=True)
class Admission:
    """What a ticket was worth."""

    credential: Credential
    device_id: str


class Tickets:
    def __init__(self, db: Database, clock: Clock) -> None:
        self._db, self._clock = db, clock

    async def issue(self, caller: Caller, device_id: str) -> tuple[str, datetime]:
        """A ticket, and when it expires. The socket it opens lives as long as the caller's token would have it."""
        ticket, expires_at = new_secret(), self._clock.now() + LIFETIME
        async with self._db.of(caller.user_id) as session:
            session.add(
                SocketTicket(
                    ticket_hash=digest(ticket),
                    user_id=caller.user_id,
                    session_id=caller.session_id,
                    api_key_id=caller.api_key_id,
                    device_id=device_id,
                    signed_in_at=caller.signed_in_at,
                    access_expires_at=caller.expires_at,
                    expires_at=expires_at,
                )
            )
        return ticket, expires_at

    async def use(self, ticket: str) -> Admission:
        """Use a ticket up. Raises `NotAuthenticated`."""
        row = await self._db.hot_row(_USE, digest(ticket), self._clock.now())
        if row is None:
            raise NotAuthenticated("The ticket is not valid, or was used before.")
        credential = Credential(
            UUID(str(row["user_id"])),
            row["session_id"] and UUID(str(row["session_id"])),
            row["api_key_id"] and UUID(str(row["api_key_id"])),
            row["signed_in_at"],
            row["access_expires_at"],
        )
        return Admission(credential, row["device_id"])
