"""The close codes of the device socket (RFC 6455, section 7.4; 4000 and above are ours)."""

from enum import IntEnum


class Close(IntEnum):
    RESTARTING = 1012
    PROTOCOL_ERRORS = 1008
    VERSION = 4400
    NOT_AUTHENTICATED = 4401
    REVOKED = 4403
    SILENT = 4408
    REPLACED = 4409
    TOO_MANY = 4429


SESSION_ENDED = "This session has ended. Sign in again."
REVOKED = "This device was revoked. Sign in again to use it."
REPLACED = "This device connected again elsewhere; the newer connection stays."


class SocketClosed(Exception):
    """Close the socket, with this code and this sentence."""

    def __init__(self, code: Close, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason
