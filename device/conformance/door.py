"""The port a client comes to: one listener for the socket and for signing in, as the service has it."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from device.conformance.accounts import Accounts
from device.conformance.http_requests import HttpRequest, TooMuch, answer, parsed

PATH = "/api/v1/ws/device"
SUBPROTOCOL = Subprotocol("adiuva.v1")
# Far above the protocol's limit, so that a frame which is too large can be measured and named in the report.
_LARGEST_FRAME = 32 * 1024 * 1024
_CLOSE_S = 2.0


class Door:
    """Listens from `open` to `close`, and hands each upgraded connection to `attend`."""

    def __init__(self, accounts: Accounts, attend: Callable[[ServerConnection], Awaitable[None]]) -> None:
        self._accounts, self._attend = accounts, attend
        self._server: Server | None = None

    async def open(self, host: str, port: int) -> int:
        """The port that it listens on. Raises `OSError`."""
        # websockets tells its logger of every connection that is cut, and here that is half of them.
        silent = logging.getLogger(__name__)
        silent.addHandler(logging.NullHandler())
        silent.propagate = False
        self._server = await serve(
            self._attend,
            host,
            port,
            create_connection=self._connection,  # type: ignore[arg-type]  # a factory does as well as the class
            process_request=_right_path,
            select_subprotocol=_selected,
            compression=None,
            ping_interval=None,
            max_size=_LARGEST_FRAME,
            close_timeout=_CLOSE_S,
            logger=silent,
        )
        return int(next(iter(self._server.sockets)).getsockname()[1])

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def _connection(self, *arguments: Any, **options: Any) -> "_PeekingConnection":
        connection = _PeekingConnection(*arguments, **options)
        connection.accounts = self._accounts
        return connection


class _PeekingConnection(ServerConnection):
    """Reads the head of the request first: websockets refuses everything but GET before anybody is asked."""

    accounts: Accounts
    _head: bytes | None = b""

    def data_received(self, data: bytes) -> None:
        if self._head is None:
            super().data_received(data)
            return
        self._head += data
        try:
            request = parsed(self._head)
        except TooMuch:
            self._finish(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, None, None)
            return
        if request is None:
            return
        if request.is_upgrade:
            head, self._head = self._head, None
            super().data_received(head)
        elif request.method == "OPTIONS":
            self._finish(HTTPStatus.NO_CONTENT, None, request)
        elif request.is_whole:
            self._finish(*self.accounts.answer(request.method, request.path), request)

    def _finish(self, status: HTTPStatus, body: Any, request: HttpRequest | None) -> None:
        self._head = b""
        self.transport.write(answer(status, body, request))
        self.transport.close()


def _right_path(connection: ServerConnection, request: Request) -> Response | None:
    if urlsplit(request.path).path == PATH:
        return None
    return connection.respond(HTTPStatus.NOT_FOUND, f"The device socket is at {PATH}.\n")


def _selected(_connection: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    return SUBPROTOCOL if SUBPROTOCOL in offered else None


def presented(request: Request) -> tuple[str, str] | None:
    """How the client shows who it is, and with what: the first of the four ways, in the order of section 1."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return "header", token.strip()
    offered = [each.strip() for line in request.headers.get_all("Sec-WebSocket-Protocol") for each in line.split(",")]
    bearer = next((each.removeprefix("bearer.") for each in offered if each.startswith("bearer.")), "")
    if bearer and SUBPROTOCOL in offered:
        return "subprotocol", bearer
    query = parse_qs(urlsplit(request.path).query)
    for way in ("ticket", "token"):
        if query.get(way, [""])[0]:
            return way, query[way][0]
    return None
