"""uvicorn's HTTP protocol, and what it lacks: an end to the wait for a request that does not come.

Every socket begins as such a connection, too. How long a body may take is the application's to say (app.edge.guards), how
long a connection may idle between requests the server's (`timeout_keep_alive`).
"""

import asyncio
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class HttpProtocol(HttpToolsProtocol):
    head_s: ClassVar[float] = 10
    """From the connection, or the first byte of a later request, to the last byte of its headers."""
    _overdue: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in the base class
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._expect_nothing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        is_idle: bool = getattr(self.cycle, "response_complete", True)  # there is no cycle before the first request
        if not is_idle or self.transport.is_closing() or self.transport.get_protocol() is not self:
            self._expect_nothing()
        elif self._overdue is None:
            self._expect_head()

    def _expect_head(self) -> None:
        self._overdue = self.loop.call_later(self.head_s, self.transport.close)

    def _expect_nothing(self) -> None:
        if self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None
