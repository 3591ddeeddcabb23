"""Invitations to a service that does not take everybody (`REGISTRATION=invite`).

An invitation is a sealed note naming an e-mail address and when it was made; nothing is stored. An address can register
once, so it makes one account at a time; it is good for seven days.
"""

from datetime import timedelta

from cryptography.fernet import InvalidToken

from app.kit.clock import Clock
from app.kit.crypto import fernet_for

LIFETIME = timedelta(days=7)


class Invitations:
    def __init__(self, secret: str, clock: Clock) -> None:
        """`secret` is the service's signing secret; invitations use a key derived from it for them alone."""
        self._fernet, self._clock = fernet_for(b"invitation", secret), clock

    def make(self, email: str) -> str:
        """An invitation for this (normalized) address; valid for seven days."""
        return self._fernet.encrypt_at_time(email.encode(), int(self._clock.now().timestamp())).decode()

    def fits(self, invitation: str, email: str) -> bool:
        try:
            invited = self._fernet.decrypt_at_time(
                invitation.encode(), int(LIFETIME.total_seconds()), int(self._clock.now().timestamp())
            )
        except InvalidToken:
            return False
        return invited.decode() == email
