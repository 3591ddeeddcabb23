"""Why there is no connection (any more), and what a client does about it."""

import os
import ssl
from dataclasses import dataclass
from enum import Enum

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, WebSocketException

from device.retry_after import seconds_in


class Then(Enum):
    RECONNECT = "reconnect"
    REFRESH = "refresh the token, then reconnect"
    BACK_OFF = "reconnect, but later"
    STOP = "stop"


@dataclass(frozen=True)
class Loss:
    """`reason` is a stable word, `sentence` for people. `at_least_s`: what the server asked to wait."""

    then: Then
    reason: str
    sentence: str
    at_least_s: float = 0.0


_BY_CLOSE_CODE = {
    1001: Loss(Then.RECONNECT, "restarting", "the service is shutting down"),
    1012: Loss(Then.RECONNECT, "restarting", "the service is restarting"),
    1008: Loss(
        Then.STOP, "protocol_errors", "The service closed the socket (1008): too many protocol errors in a minute."
    ),
    1009: Loss(Then.STOP, "too_large", "The service closed the socket (1009): a frame was larger than it takes."),
    4400: Loss(
        Then.STOP, "unsupported", "The service does not support this client's protocol version (4400): update it."
    ),
    4401: Loss(Then.REFRESH, "not_authenticated", "the access token is not valid any more"),
    4403: Loss(Then.STOP, "revoked", "This device was revoked (4403). Sign in again: python -m device login"),
    4408: Loss(Then.RECONNECT, "too_slow", "the service had no hello or pong in time"),
    4409: Loss(Then.STOP, "replaced", "This device connected again elsewhere (4409); the newer connection goes on."),
    4429: Loss(Then.BACK_OFF, "too_many", "the service has too many devices or frames of this user (4429)"),
}
LOST = Loss(Then.RECONNECT, "lost", "the connection was lost")
SILENT = Loss(Then.RECONNECT, "silent", "the service does not answer")


def loss_of(error: Exception) -> Loss:
    """What an error of connecting or of a connection means. Unknown ones are lost connections: trying again harms nobody."""
    if isinstance(error, ConnectionClosed):
        return _of_close(error)
    if isinstance(error, InvalidStatus):
        header = error.response.headers.get("Retry-After", "")
        return _of_status(error.response.status_code, seconds_in(header))
    if isinstance(error, TimeoutError):
        return SILENT
    if isinstance(error, ssl.SSLError):
        return Loss(Then.RECONNECT, "lost", f"no secure connection could be made ({error.reason})")
    if isinstance(error, (InvalidHandshake, WebSocketException)):
        return Loss(Then.RECONNECT, "lost", f"what answers is not the service ({error})")
    return Loss(Then.RECONNECT, "lost", f"the service cannot be reached ({_why(error)})")


def _why(error: Exception) -> str:
    """asyncio puts addresses where the system's word for it belongs."""
    number = getattr(error, "errno", None)
    return os.strerror(number).lower() if isinstance(number, int) and number > 0 else str(error)


def _of_close(error: ConnectionClosed) -> Loss:
    """Only what the server said counts: a code of our own making stands for a broken connection."""
    if error.rcvd is None:
        return LOST
    known = _BY_CLOSE_CODE.get(error.rcvd.code)
    return known or Loss(Then.RECONNECT, "closed", f"the service closed the connection ({error.rcvd.code})")


def _of_status(status: int, retry_after_s: float) -> Loss:
    """The answer to the upgrade, when it is not 101."""
    if status == 401:
        return _BY_CLOSE_CODE[4401]
    if status == 429 or status >= 500:
        return Loss(Then.BACK_OFF, "busy", f"the service takes no connections now (HTTP {status})", retry_after_s)
    if status == 403:
        return Loss(Then.STOP, "forbidden", "The service refuses device connections from here (HTTP 403).")
    return Loss(Then.STOP, "no_socket", f"There is no device socket at this address (HTTP {status}). Is the URL right?")
