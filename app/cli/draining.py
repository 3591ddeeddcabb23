"""A uvicorn server whose service begins to stop at the signal itself, not when the last request has been answered."""

import asyncio
import socket
from types import FrameType

import uvicorn
from fastapi import FastAPI
from uvicorn.config import Config

from app.cli.server_flags import LEAST_REQUESTS_DRAIN_S, SERVER_STOPS_WITHIN_S


class DrainingServer(uvicorn.Server):
    def __init__(self, config: Config, app: FastAPI) -> None:
        super().__init__(config)
        self._app = app
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        if self._loop is not None:  # a signal handler runs anywhere; the loop must do it
            self._loop.call_soon_threadsafe(self._app.state.begin_stopping)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """uvicorn would close every socket at once; what devices were asked is let end first. Requests have gone on
        meanwhile, and get what is left of the time."""
        stop_by = asyncio.get_running_loop().time() + SERVER_STOPS_WITHIN_S
        for listening in self.servers:
            listening.close()
        draining = asyncio.ensure_future(self._app.state.drain_sockets())
        while not draining.done() and not self.force_exit:  # a second Ctrl-C
            await asyncio.wait([draining], timeout=0.1)
        draining.cancel()
        self._limit_requests(stop_by - asyncio.get_running_loop().time())
        await super().shutdown(sockets)

    def _limit_requests(self, left_s: float) -> None:
        most = self.config.timeout_graceful_shutdown
        if most is not None:
            self.config.timeout_graceful_shutdown = min(most, max(LEAST_REQUESTS_DRAIN_S, int(left_s)))
