"""The pair a sign-in gives: an access token for some minutes, and a refresh token that buys the next pair, once."""

from dataclasses import dataclass, field
from typing import Any, Self

from device.errors import ServiceRefused


@dataclass(frozen=True)
class Tokens:
    """`refresh_token` is empty for something that cannot be renewed, such as an API key. `expires_at`: of the access token,
    in ms since the epoch; 0 when not known."""

    access_token: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)
    expires_at: int = 0

    @classmethod
    def read(cls, answer: dict[str, Any]) -> Self:
        """From an `AuthTokens` answer. Raises `ServiceRefused` for anything else."""
        access, refresh, expires_at = (answer.get(name) for name in ("access_token", "refresh_token", "expires_at"))
        if not (isinstance(access, str) and isinstance(refresh, str) and isinstance(expires_at, int)):
            raise ServiceRefused("The service answered without tokens; is the URL right?", 200)
        return cls(access, refresh, expires_at)
