"""The endpoint of the device socket: accept, greet, and take frames until it ends.

It is an ASGI application of its own: a socket stays open for hours, and whatever stands between it and the server stays too.
It takes no database session; what needs one opens a short one.
"""

import asyncio
import re
from collections.abc import Callable

import structlog
from starlette.types import Scope

from app.devices.closing import Close, SocketClosed
from app.devices.codec import BadFrame, decode
from app.devices.connection import LARGE_FRAME, DeviceConnection
from app.devices.entrance import SUBPROTOCOL
from app.devices.frames import ToolResult
from app.devices.greeting import Greeting, Left, Receive, text_of
from app.devices.handlers import Handlers
from app.devices.hub import LocalHub
from app.devices.known_devices import KnownDevices
from app.devices.limits import SocketLimits
from app.devices.measures import CLOSED, IGNORED_RESULTS, REJECTED_FRAMES
from app.devices.outbox import AsgiSend
from app.devices.turns import Turns
from app.devices.welcomes import Welcomes
from app.edge.headers import header
from app.edge.problems import database_is_away, problem

log = structlog.get_logger()

# The server's way to drop a connection without waiting for its reader (app.cli.socket_server). Without it, a reader that
# does not read keeps its buffer until the network gives it up.
ABORT = "adiuva.abort"


class DeviceSocket:
    def __init__(
        self,
        greeting: Greeting,
        handlers: Handlers,
        hub: LocalHub,
        turns: Turns,
        devices: KnownDevices,
        limits: SocketLimits,
        welcomes: Welcomes,
        *,
        origins: str,
    ) -> None:
        """`origins` is a regular expression of the browser origins that may connect."""
        self._greeting, self._handlers, self._hub, self._turns = greeting, handlers, hub, turns
        self._devices, self._limits, self._welcomes = devices, limits, welcomes
        self._origins = re.compile(origins)
        self.stopping = False

    async def __call__(self, scope: Scope, receive: Receive, send: AsgiSend) -> None:
        origin = header(scope, b"origin")
        if origin and not self._origins.fullmatch(origin):
            log.info("socket_refused", code="origin_not_allowed", status=403)
            await problem(403, "origin_not_allowed", "Pages of this origin may not connect.")(scope, receive, send)
            return
        if self.stopping:
            log.info("socket_refused", code="stopping", status=503)
            answer = problem(503, "stopping", "The service is restarting.", headers={"Retry-After": "2"})
            await answer(scope, receive, send)
            return
        await receive()  # websocket.connect
        chosen = SUBPROTOCOL if SUBPROTOCOL in (scope.get("subprotocols") or ()) else None
        await send({"type": "websocket.accept", "subprotocol": chosen})
        abort = scope.get("extensions", {}).get(ABORT, lambda: None)
        try:
            connection = await self._greeted(scope, receive, send, abort)
        except SocketClosed as closed:
            await self._close(send, abort, closed)
        except (Left, OSError):
            return
        else:
            await self._serve(connection, receive)

    async def _greeted(
        self, scope: Scope, receive: Receive, send: AsgiSend, abort: Callable[[], None]
    ) -> DeviceConnection:
        try:
            return await self._greeting.greet(scope, receive, send, abort)
        except (SocketClosed, Left):
            raise
        except Exception as error:
            raise _unexpected(error) from error

    async def _close(self, send: AsgiSend, abort: Callable[[], None], closed: SocketClosed) -> None:
        CLOSED.labels(str(int(closed.code))).inc()
        log.info("device_refused", code=int(closed.code), reason=closed.reason)
        asyncio.get_running_loop().call_later(self._limits.close_s, abort)  # it may not read, or never answer
        try:
            await send({"type": "websocket.close", "code": int(closed.code), "reason": closed.reason})
        except OSError:
            return

    async def _serve(self, connection: DeviceConnection, receive: Receive) -> None:
        facts = {"connection_id": connection.id, "user_id": str(connection.user_id)}
        log.info("device_connected", **facts)
        self._welcomes.begin(connection)
        code: int | None = None
        try:
            code = await self._take_frames(connection, receive)
        finally:
            self._hub.leave(connection)
            await self._welcomes.left(connection)
            await self._turns.left(connection)
            await connection.ended()
            log.info("device_disconnected", code=code, **facts)
            await self._note_left(connection)

    async def _take_frames(self, connection: DeviceConnection, receive: Receive) -> int | None:
        """Until the socket has ended; its close code."""
        hub, nesting, containers = self._hub, self._limits.nesting, self._limits.containers
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return message.get("code")
            try:
                text = text_of(message)
                cost = connection.count_size(text) if len(text) >= LARGE_FRAME else 0
                frame = decode(text, nesting=nesting, containers=containers)
                if type(frame) is ToolResult:
                    line = hub.line(connection.user_id, connection.device_id)
                    # A result that was asked for is not counted: how often we ask is our doing.
                    if line is not None and line.answered(frame):
                        connection.was_asked_for(cost)
                    else:
                        IGNORED_RESULTS.inc()
                        _check_id(frame)
                        connection.count_frame()
                else:
                    connection.count_frame()
                    await self._handlers.handle(connection, frame)
            except BadFrame as bad:
                REJECTED_FRAMES.labels(bad.code).inc()
                self._reject(connection, bad)
            except SocketClosed as closed:
                connection.close(closed.code, closed.reason)
            except Exception as error:  # noqa: BLE001 - the socket's edge: the one place that answers for a bug
                end = _unexpected(error)
                connection.close(end.code, end.reason)

    def _reject(self, connection: DeviceConnection, bad: BadFrame) -> None:
        if bad.answers is not None:
            # Whoever waits for it learns at once that no answer will come.
            line = self._hub.line(connection.user_id, connection.device_id)
            if line is not None:
                line.answered(ToolResult(id=bad.answers))
        try:
            connection.count_frame()
            connection.reject(bad)
        except SocketClosed as closed:
            connection.close(closed.code, closed.reason)

    async def _note_left(self, connection: DeviceConnection) -> None:
        try:
            await self._devices.left(connection.user_id, connection.device_id)
        except Exception as error:
            if not database_is_away(error):
                raise
            log.warning("database_unavailable", error=type(error).__name__)


def _check_id(result: ToolResult) -> None:
    if not result.id.isprintable():
        raise BadFrame("invalid_frame", "Ids are 1 to 128 printable characters.")


def _unexpected(error: Exception) -> SocketClosed:
    """What a device is told of a database that is away, or of a bug: come back later."""
    if database_is_away(error):
        log.warning("database_unavailable", error=type(error).__name__)
        return SocketClosed(Close.RESTARTING, "The database does not answer right now.")
    log.error("socket_failed", exc_info=error)
    return SocketClosed(Close.RESTARTING, "Something went wrong on our side. It has been recorded.")
