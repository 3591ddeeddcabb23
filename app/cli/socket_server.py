"""uvicorn's WebSocket protocol, and what it lacks: dropping a connection at once, without waiting for its reader, and an
end of the handshake that is a refusal."""

import asyncio
import logging
from typing import Any

from uvicorn._types import ASGISendEvent
from uvicorn.config import Config
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.http11 import Request

from app.devices.socket import ABORT

# A logger of its own, with the level of all libraries: the server's would be told every opening and, at DEBUG, every frame.
_LIBRARY = logging.getLogger("websockets")

_BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class SocketProtocol(WebSocketsSansIOProtocol):
    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.conn.logger = _LIBRARY

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.close_sent:
            self._refuse()

    def _refuse(self) -> None:
        """The library could not read the request: a line is too long, or there are too many. It has written an answer, where
        it knows one; uvicorn would not look, and leave the connection as it is."""
        self.handshake_complete = self.close_sent = True
        self.transport.write(b"".join(self.conn.data_to_send()) or _BAD_REQUEST)
        self.transport.close()

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        scope = getattr(self, "scope", None)
        if scope is not None:  # else the handshake was refused
            scope["extensions"][ABORT] = self.transport.abort

    def handle_ping(self) -> None:
        """Whoever pings and does not read would have pongs pile up without end; only the latest ping is owed one
        (RFC 6455, section 5.5.3)."""
        pongs = self.conn.data_to_send()
        if self.writable.is_set():
            self.transport.write(b"".join(pongs))

    async def send(self, message: ASGISendEvent) -> None:
        """Raises `ClientDisconnected` for a connection the library has closed by itself, over a frame that was none."""
        if self.close_sent:
            raise ClientDisconnected
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body", False):
            # A refusal ends the handshake as well; the server forgets that, and would log an error of ours.
            self.handshake_complete = True
