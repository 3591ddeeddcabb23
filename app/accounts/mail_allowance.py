"""How many mails somebody can have sent to one mailbox, so that a stranger's clicks do not fill it."""

import structlog
from limits.aio.storage import Storage
from limits.errors import StorageError

from app.auth.secrets import digest
from app.errors import RateLimited

log = structlog.get_logger()

MAILS = 5
WINDOW_S = 60 * 60


class MailAllowance:
    def __init__(self, storage: Storage, *, enabled: bool = True) -> None:
        self._storage, self._enabled = storage, enabled

    async def spend(self, mailbox: str) -> bool:
        """Count one mail to an address or account; False when the hour's are used up."""
        if not self._enabled:
            return True
        try:
            return await self._storage.incr(f"mails:{digest(mailbox).hex()}", WINDOW_S) <= MAILS
        except StorageError:
            log.warning("mail_allowance_unavailable")
            return True

    async def require(self, mailbox: str) -> None:
        """Like `spend`, for somebody who may be told. Raises `RateLimited`."""
        if not await self.spend(mailbox):
            raise RateLimited(f"That was more than {MAILS} mails in an hour.", retry_after=WINDOW_S)
