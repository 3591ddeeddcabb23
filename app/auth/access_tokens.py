"""Access tokens: signed JWTs (RFC 7519) that live fifteen minutes. The only file that imports python-jose."""

import re
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from jose import JWTError, jwt

from app.errors import NotAuthenticated
from app.kit.clock import Clock

LIFETIME = timedelta(minutes=15)
ISSUER = AUDIENCE = "adiuva"
_CLAIMS = frozenset({"iss", "aud", "sub", "typ", "jti", "iat", "exp", "sid"})
# What one of ours can look like; ours have about 370 characters. The JSON in the head of a token is parsed before its
# signature is checked: a long one of brackets only would overflow the parser's stack, and jose lets that error through.
_SHAPE = re.compile(r"[A-Za-z0-9_-]{1,100}\.[A-Za-z0-9_-]{1,1000}\.[A-Za-z0-9_-]{1,100}")
# Signature, issuer and audience are jose's to check; expiry is ours, against a clock that tests can move.
_OPTIONS = {
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
    "require_iss": True,
    "require_aud": True,
}


@dataclass(frozen=True)
class AccessClaims:
    user_id: UUID
    session_id: UUID
    expires_at: int  # seconds since the Unix epoch


class AccessTokens:
    def __init__(self, secret: str, clock: Clock, *, algorithm: str = "HS256") -> None:
        self._secret, self._clock, self._algorithm = secret, clock, algorithm

    def issue(self, user_id: UUID, session_id: UUID) -> tuple[str, int]:
        """A token and when it expires, in milliseconds."""
        now = int(self._clock.now().timestamp())
        expires_at = now + int(LIFETIME.total_seconds())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(user_id),
            "typ": "access",
            "jti": str(uuid4()),
            "iat": now,
            "exp": expires_at,
            "sid": str(session_id),
        }
        return jwt.encode(claims, self._secret, algorithm=self._algorithm), expires_at * 1000

    def read(self, token: str) -> AccessClaims:
        """The claims of a valid token. Raises `NotAuthenticated` for anything else, without saying what was wrong."""
        if not _SHAPE.fullmatch(token):
            raise NotAuthenticated("The access token is not valid.")
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[self._algorithm],
                audience=AUDIENCE,
                issuer=ISSUER,
                options=_OPTIONS,
            )
            if not claims.keys() >= _CLAIMS or claims["typ"] != "access":
                raise ValueError
            read = AccessClaims(UUID(claims["sub"]), UUID(claims["sid"]), int(claims["exp"]))
            issued_at = int(claims["iat"])
        except (JWTError, ValueError, TypeError, AttributeError, OverflowError):
            raise NotAuthenticated("The access token is not valid.") from None
        now = self._clock.now().timestamp()
        if read.expires_at <= now or issued_at > now + 60:
            raise NotAuthenticated("The access token has expired.")
        return read
