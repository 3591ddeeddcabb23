"""uvicorn's WebSocket protocol, and what it lacks: dropping a connection at once, without waiting for its reader."""

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
