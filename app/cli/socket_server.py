"""uvicorn's WebSocket protocol, and what it lacks: dropping a connection at once, without waiting for its reader."""

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from app.devices.socket import ABORT


class SocketProtocol(WebSocketsSansIOProtocol):
    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        scope = getattr(self, "scope", None)
        if scope is not None:  # else the handshake was refused
            scope["extensions"][ABORT] = self.transport.abort
