"""What a socket was opened with, for as long as it is open."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.auth.callers import Caller
from app.auth.scopes import Scope


@dataclass(frozen=True, slots=True)
class Credential:
    user_id: UUID
    session_id: UUID | None  # of a person who is signed in
    api_key_id: UUID | None  # of a script
    signed_in_at: datetime  # a device that was revoked after this stays out
    expires_at: datetime | None
    may_chat: bool = True

    @property
    def names(self) -> tuple[UUID | None, UUID | None]:
        return self.session_id, self.api_key_id

    @classmethod
    def of(cls, caller: Caller) -> "Credential":
        return cls(
            caller.user_id,
            caller.session_id,
            caller.api_key_id,
            caller.signed_in_at,
            caller.expires_at,
            caller.may(Scope.CHAT),
        )
