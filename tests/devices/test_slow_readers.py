"""A device that does not read costs little, is cut in time, and holds up nobody."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest

from app.devices.limits import KIB, MIB, SocketLimits
from app.devices.outbox import Outbox
from tests.devices.calling import SELECT, calling
from tests.devices.conftest import OwnLive
from tests.devices.live import LiveService
from tests.devices.sockets import RawDevice, connected, opened
from tests.devices.turning import connection_of, follow_more_than_fits
from tests.factories.people import Person
from tests.factories.waiting import until

LIMITS = SocketLimits(send_s=0.8, turn_bytes=64 * MIB)


@asynccontextmanager
async def one_who_does_not_read(service: LiveService, person: Person, device_id: str) -> AsyncIterator[RawDevice]:
    plug = socket.create_connection(("127.0.0.1", service.port))
    plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    plug.setblocking(False)
    async with opened(service, person, device_id, sock=plug, close_timeout=0.1) as device:
        await device.hello()
        device.connection.transport.pause_reading()
        yield device
        device.connection.transport.abort()


def online(service: LiveService, user_id: UUID) -> bool:
    return bool(service.devices.hub.online(user_id))


async def test_a_reader_that_stops_is_cut(tuned_live: OwnLive) -> None:
    async with tuned_live(LIMITS) as service:
        ada = await service.person()
        user_id = UUID(await ada.id())
        async with one_who_does_not_read(service, ada, "d"):
            follow_more_than_fits(service, user_id)
            started = time.monotonic()
            await until(lambda: not online(service, user_id))
            assert time.monotonic() - started > 0.5, "but not before its time"


async def test_others_are_not_held_up_meanwhile(tuned_live: OwnLive) -> None:
    async with tuned_live(SocketLimits(send_s=10, turn_bytes=64 * MIB)) as service:
        ada, bob = await service.person(), await service.person()
        async with one_who_does_not_read(service, ada, "d"), connected(service, bob) as his:
            follow_more_than_fits(service, UUID(await ada.id()))
            slowest = 0.0
            for _ in range(20):
                started = time.monotonic()
                answer = calling(bob, his, SELECT)
                await his.answer(rows=[])
                assert (await answer).status_code == 200
                slowest = max(slowest, time.monotonic() - started)
            assert slowest < 5


async def test_what_waits_for_a_slow_reader_is_bounded(tuned_live: OwnLive) -> None:
    async with tuned_live(SocketLimits(send_s=5, turn_bytes=64 * MIB, outbound_bytes=MIB)) as service:
        ada = await service.person()
        user_id = UUID(await ada.id())
        async with one_who_does_not_read(service, ada, "d"):
            follow_more_than_fits(service, user_id)
            outbox = connection_of(service, user_id, "d")._outbox
            for _ in range(20):
                await asyncio.sleep(0.02)
                assert outbox._bytes <= MIB


async def test_one_who_reads_again_in_time_stays(tuned_live: OwnLive) -> None:
    async with tuned_live(SocketLimits(send_s=5, turn_bytes=64 * MIB)) as service:
        ada = await service.person()
        async with connected(service, ada, "d") as device:
            device.connection.transport.pause_reading()
            follow_more_than_fits(service, UUID(await ada.id()))
            await asyncio.sleep(0.5)
            device.connection.transport.resume_reading()
            async with asyncio.timeout(20):
                assert [(await device.next())["seq"] for _ in range(401)] == list(range(1, 402))


async def test_a_slow_reader_that_says_goodbye_leaves_nothing_behind(tuned_live: OwnLive) -> None:
    """What the transport still holds for it goes as well, or closing would be the way round being cut."""
    async with tuned_live(LIMITS) as service:
        ada = await service.person()
        user_id = UUID(await ada.id())
        assert service.server is not None
        connections = service.server.server_state.connections
        async with one_who_does_not_read(service, ada, "d") as device:
            before = len(connections)
            follow_more_than_fits(service, user_id)
            await asyncio.sleep(0.2)
            device.connection.transport.write(b"\x88\x82\x00\x00\x00\x00\x03\xe8")  # a close frame, and no more reading
            await until(lambda: not online(service, user_id))
            await until(lambda: len(connections) < before)


# The queue itself, with a writer that hangs


class Stuck:
    """Where what is sent goes nowhere."""

    def __init__(self, limits: SocketLimits) -> None:
        self.sent: list[MutableMapping[str, Any]] = []
        self.cut = asyncio.Event()
        self.outbox = Outbox(self._send, self.cut.set, limits)

    async def _send(self, message: MutableMapping[str, Any]) -> None:
        self.sent.append(message)
        await asyncio.Event().wait()


async def test_the_queue_takes_so_many_frames_and_no_more() -> None:
    stuck = Stuck(SocketLimits(outbound_frames=10))
    stuck.outbox.put("first")
    await asyncio.sleep(0)
    for _ in range(10):
        stuck.outbox.put("x")
    assert not stuck.cut.is_set()
    stuck.outbox.put("one more")
    assert stuck.cut.is_set()
    await stuck.outbox.finish()


@pytest.mark.parametrize("character", ["x", "ü", "漢", "😀"])
async def test_the_queue_takes_so_many_bytes_and_no_more(character: str) -> None:
    stuck = Stuck(SocketLimits(outbound_bytes=100 * KIB, outbound_frames=1000))
    stuck.outbox.put("first")
    await asyncio.sleep(0)
    queued = 0
    while not stuck.cut.is_set():
        stuck.outbox.put(character * 1000)
        queued += len(character.encode()) * 1000
    assert queued <= 104 * KIB
    await stuck.outbox.finish()


async def test_a_cut_queue_takes_nothing_more_and_holds_nothing() -> None:
    stuck = Stuck(SocketLimits(outbound_frames=2))
    for _ in range(100):
        stuck.outbox.put("x")
    assert stuck.outbox._bytes == 0
    assert stuck.outbox.is_closing
    await stuck.outbox.finish()


async def test_a_close_that_cannot_be_sent_cuts_too() -> None:
    stuck = Stuck(SocketLimits(send_s=0.1))
    stuck.outbox.close(4401, "over")
    async with asyncio.timeout(20):
        await stuck.cut.wait()
    await stuck.outbox.finish()


async def test_a_trickle_of_reading_does_not_put_off_a_close_for_ever() -> None:
    """One frame in every `send_s`, and 256 queued, would be three quarters of an hour."""
    cut = asyncio.Event()

    async def slowly(_message: MutableMapping[str, Any]) -> None:
        await asyncio.sleep(0.15)

    outbox = Outbox(slowly, cut.set, SocketLimits(send_s=0.2))
    for _ in range(100):
        outbox.put("x")
    outbox.close(4403, "revoked")
    async with asyncio.timeout(20):
        await cut.wait()
    await outbox.finish()
