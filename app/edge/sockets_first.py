"""The way of a WebSocket past everything that is made for requests.

What stands between a socket and the server stays for as long as it is open: hours, for each of thousands. The layers of
HTTP would cost 8 KiB of coroutine frames a socket, a quarter of all it costs, and do nothing for it.
"""

from collections.abc import Awaitable, Sequence

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from app.edge.guards import AllowedHosts
from app.edge.problems import problem

log = structlog.get_logger()


class SocketsFirst:
    def __init__(self, app: ASGIApp, *, path: str, socket: ASGIApp, hosts: Sequence[str]) -> None:
        self._app, self._path, self._socket = app, path, socket
        self._hosts = AllowedHosts(hosts)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Not a coroutine function itself: that would be one more frame for each socket."""
        if scope["type"] != "websocket" or scope["path"] != self._path:
            return self._app(scope, receive, send)
        if not self._hosts.include(scope):
            log.info("socket_refused", code="unknown_host", status=400)
            return problem(400, "unknown_host", "This service does not answer to that host name.")(scope, receive, send)
        return self._socket(scope, receive, send)
