"""Going down in order: answers that are owed may still come, then every socket is told to come back later."""

import asyncio

import structlog

from app.devices.calls import Calls
from app.devices.closing import Close
from app.devices.hub import LocalHub

log = structlog.get_logger()

_LOOK_EVERY_S = 0.05
_GOODBYE_S = 2  # for the close frames to be answered


async def drained(hub: LocalHub, calls: Calls, *, within_s: float) -> None:
    try:
        async with asyncio.timeout(within_s):
            while hub.answers_owed:  # noqa: ASYNC110 - once in the life of a process; an event would cost every call
                await asyncio.sleep(_LOOK_EVERY_S)
    except TimeoutError:
        log.warning("calls_left_unanswered", calls=hub.answers_owed)
    await calls.settled()
    for connection in list(hub.connections()):
        connection.close(Close.RESTARTING, "The service is restarting.")
    try:
        async with asyncio.timeout(_GOODBYE_S):
            while any(hub.connections()):  # noqa: ASYNC110 - as above
                await asyncio.sleep(_LOOK_EVERY_S)
    except TimeoutError:
        log.warning("sockets_left_open", sockets=sum(1 for _ in hub.connections()))
    hub.give_up()
