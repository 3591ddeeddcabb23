"""What is done with each frame of a device that has said hello. A feature registers its own; the loop stays as it is."""

from collections.abc import Awaitable, Callable
from typing import Any

from app.devices.closing import SESSION_ENDED, Close, SocketClosed
from app.devices.codec import BadFrame
from app.devices.connection import DeviceConnection
from app.devices.entrance import Entrance
from app.devices.frames import AuthRefresh, DeviceHello, Frame, Pong
from app.devices.revocation import EndedAccess
from app.errors import NotAuthenticated

Handler = Callable[[DeviceConnection, Any], Awaitable[None]]


class Handlers:
    """Frame class to async function."""

    def __init__(self) -> None:
        self._of: dict[type[Frame], Handler] = {}

    def register(self, frame: type[Frame], handler: Handler) -> None:
        assert frame not in self._of, f"{frame.__name__} has a handler"
        self._of[frame] = handler

    async def handle(self, connection: DeviceConnection, frame: Frame) -> None:
        """Raises `BadFrame`, `SocketClosed`."""
        await self._of[type(frame)](connection, frame)

    @property
    def frames(self) -> set[type[Frame]]:
        return set(self._of)


def register_own(handlers: Handlers, entrance: Entrance, ended: EndedAccess) -> None:
    """The frames of the socket itself. Results of calls do not pass here: the loop hands them straight to their line."""

    async def hello(_connection: DeviceConnection, _frame: DeviceHello) -> None:
        raise BadFrame("invalid_frame", "device_hello: this device has said hello already.")

    async def pong(connection: DeviceConnection, _frame: Pong) -> None:
        connection.pong()

    async def auth_refresh(connection: DeviceConnection, frame: AuthRefresh) -> None:
        try:
            credential = await entrance.credential(frame.token)
        except NotAuthenticated as refused:
            raise SocketClosed(Close.NOT_AUTHENTICATED, refused.detail) from None
        if ended.includes(credential):  # while it was looked up
            raise SocketClosed(Close.NOT_AUTHENTICATED, SESSION_ENDED)
        if credential.user_id != connection.user_id:
            raise SocketClosed(Close.NOT_AUTHENTICATED, "That token is not for this socket.")
        connection.renew(credential)

    handlers.register(DeviceHello, hello)
    handlers.register(Pong, pong)
    handlers.register(AuthRefresh, auth_refresh)
