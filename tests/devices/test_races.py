"""Two things at once that must not get in each other's way. Where the gap between them is too short to hit from outside, a
step of the service is held open."""

import asyncio
import socket
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from structlog.testing import capture_logs
from websockets.exceptions import ConnectionClosed

from app.devices.credentials import Credential
from app.devices.frames import DeviceHello, ToolCall
from app.devices.limits import MIB, SocketLimits
from app.devices.outcomes import DeviceTimeout
from tests.devices.calling import INSERT, SELECT, STORED, call, calling, state, tables
from tests.devices.conftest import OwnLive
from tests.devices.live import LiveService
from tests.devices.sockets import Frame, RawDevice, connected, opened
from tests.factories.people import Person

LARGE = "x" * 900_000


async def taken(device: RawDevice, most: int, within_s: float = 20) -> list[Frame]:
    """What comes, up to so many frames."""
    frames: list[Frame] = []
    try:
        while len(frames) < most:
            frames.append(await device.next(within_s))
    except (TimeoutError, ConnectionClosed):
        pass
    return frames


def slow_plug(service: LiveService) -> socket.socket:
    """A socket whose kernel takes little on its own."""
    plug = socket.create_connection(("127.0.0.1", service.port))
    plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 256 * 1024)
    plug.setblocking(False)
    return plug


async def given_up(asked: Sequence["asyncio.Future[Any]"]) -> None:
    for each in asked:
        each.cancel()
    await asyncio.gather(*asked, return_exceptions=True)


@pytest.mark.faults
async def test_a_change_whose_commit_was_not_confirmed_is_not_sent_later(
    service: LiveService, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection to Postgres broke after the commit: the asker was told that it could not be done, and asks again."""
    ledger = service.devices.calls.ledger
    in_full = ledger.open

    async def cut_after_the_commit(user_id: UUID, device_id: str, frame: ToolCall) -> None:
        await in_full(user_id, device_id, frame)
        raise ConnectionResetError

    async with connected(service, ada, "d"):
        monkeypatch.setattr(ledger, "open", cut_after_the_commit)
        assert (await call(ada, "d", INSERT)).status_code == 503
        monkeypatch.undo()
        await service.devices.calls.settled()
    async with connected(service, ada, "d") as device:
        assert await taken(device, 1) == []


async def test_a_change_that_a_hello_has_picked_up_is_not_taken_back(
    service: LiveService, ada: Person, superuser_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = service.devices.calls.ledger
    in_full = ledger.open
    committed, confirmed = asyncio.Event(), asyncio.Event()
    ids: list[str] = []

    async def slowly(user_id: UUID, device_id: str, frame: ToolCall) -> None:
        await in_full(user_id, device_id, frame)
        ids.append(frame.id)
        committed.set()
        await confirmed.wait()

    monkeypatch.setattr(ledger, "open", slowly)
    async with connected(service, ada, "d") as device:
        asked = asyncio.ensure_future((await tables(service, ada)).insert("tasks", {"title": "a"}))
        await committed.wait()
        await device.cut()
    await given_up([asked])
    async with connected(service, ada, "d") as device:
        confirmed.set()
        (again,) = await taken(device, 1)
        await device.send({"type": "tool_result", "id": again["id"], **STORED})
        await device.still_there()
        await service.devices.calls.settled()
    assert state(superuser_url, ids[0]) == "done"


async def test_an_older_change_is_sent_again_before_a_newer_one(own_live: OwnLive) -> None:
    async with own_live(SocketLimits(call_s=0.4, absence_s=10)) as service:
        ada = await service.person()
        hers = await tables(service, ada)
        async with connected(service, ada, "d") as device:
            with pytest.raises(DeviceTimeout):
                await hers.update("tasks", "1", {"title": "old"})
            asked = asyncio.ensure_future(hers.update("tasks", "1", {"title": "new"}))
            await taken(device, 2)
            await device.cut()
        async with connected(service, ada, "d") as device:
            again = await taken(device, 2)
            assert [frame["data"]["updates"]["title"] for frame in again] == ["old", "new"]
        await given_up([asked])


@pytest.mark.parametrize("then", ["they are given up", "another is asked"])
async def test_changes_that_wait_for_a_slow_reader_arrive_whole_and_in_order(own_live: OwnLive, then: str) -> None:
    async with own_live(SocketLimits(call_s=60, outbound_bytes=2 * MIB)) as service:
        ada = await service.person()
        hers = await tables(service, ada)
        async with connected(service, ada, "d") as device:
            asked = []
            for number in range(8):
                asked.append(asyncio.ensure_future(hers.update("tasks", str(number), {"title": LARGE})))
                await device.next()
            await device.cut()
        async with opened(service, ada, "d", sock=slow_plug(service)) as device:
            await device.hello()
            device.connection.transport.pause_reading()
            await asyncio.sleep(0.5)
            if then == "they are given up":
                await given_up(asked)
            else:
                asked.append(asyncio.ensure_future(hers.update("tasks", "newest", {"title": "a"})))
                await asyncio.sleep(0.2)
            device.connection.transport.resume_reading()
            frames = await taken(device, len(asked), within_s=3 if then == "they are given up" else 20)
            assert all(frame["data"]["updates"] for frame in frames)
            if then == "another is asked":
                assert frames[-1]["data"]["id"] == "newest"
        await given_up(asked)


def _held_open(monkeypatch: pytest.MonkeyPatch, service: LiveService) -> tuple[asyncio.Event, asyncio.Event]:
    """A greeting that stops after its transaction: (it has stopped, let it go on)."""
    known = service.devices.known
    in_full, held, go_on = known.greet, asyncio.Event(), asyncio.Event()

    async def slowly(credential: Credential, hello: DeviceHello) -> Sequence[ToolCall]:
        owed = await in_full(credential, hello)
        held.set()
        await go_on.wait()
        return owed

    monkeypatch.setattr(known, "greet", slowly)
    return held, go_on


async def test_a_device_that_is_revoked_while_it_is_greeted_does_not_get_in(
    service: LiveService, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with connected(service, ada, "d"):
        pass
    held, go_on = _held_open(monkeypatch, service)
    async with opened(service, ada, "d") as device:
        await device.send({"type": "device_hello", "device_id": "d"})
        await held.wait()
        assert (await ada.delete("/devices/d")).status_code == 204
        await asyncio.sleep(0.3)
        go_on.set()
        assert await device.closed() == 4403


async def test_a_large_result_that_was_asked_for_is_taken_whatever_the_limits_are(own_live: OwnLive) -> None:
    limits = SocketLimits(frame_bytes=8 * MIB)
    async with own_live(limits, ws_max_frame_bytes=8 * MIB) as service:
        ada = await service.person()
        async with connected(service, ada, "d") as device:
            answer = calling(ada, device, SELECT)
            asked = await device.next()
            rows = [{"id": "1", "title": "x" * 7_500_000}]
            await device.send({"type": "tool_result", "id": asked["id"], "rows": rows})
            assert (await answer).json()["rows"] == rows


async def test_bytes_that_are_no_frame_behind_one_that_is_refused_are_no_error_of_ours(
    service: LiveService, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library has closed the connection by itself when our answer is about to be sent."""
    failures: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, context: failures.append(context))
    try:
        with capture_logs() as lines:
            for broken in (b"\x83\x80\0\0\0\0", b"\x81\x82\0\0\0\0\xff\xff", b"\x88\x82\0\0\0\0\x03\xe8"):
                async with opened(service, ada) as device:
                    unknown = b'{"type":"zzz"}'
                    frame = bytes([0x81, 0x80 | len(unknown)]) + bytes(4) + unknown
                    device.connection.transport.write(3 * frame + broken)
                    await device.closed()
        await asyncio.sleep(0.1)
    finally:
        loop.set_exception_handler(None)
    assert [line for line in lines if line["log_level"] == "error"] == []
    assert failures == []


async def test_a_user_has_so_many_known_devices_and_no_more(service: LiveService, ada: Person) -> None:
    for number in range(103):
        async with connected(service, ada, f"device-{number}"):
            pass
    answer = (await ada.get("/devices?limit=200")).json()
    assert answer["total"] == 100
    assert "device-0" not in [device["id"] for device in answer["items"]]


async def test_a_stop_tells_whoever_waits_for_a_device_that_does_not_answer(
    own_live: OwnLive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.parts.SOCKETS_DRAIN_S", 0.5)
    async with own_live() as service:
        ada = await service.person()
        async with connected(service, ada, "d") as device:
            answer = calling(ada, device, INSERT)
            await device.next()
            assert service.stop is not None
            stopping = asyncio.ensure_future(service.stop())
            told = await answer
            await stopping
    assert told.status_code == 504
    assert told.json()["may_have_happened"] is True


@pytest.mark.faults
async def test_whoever_pings_and_does_not_read_costs_little(own_live: OwnLive) -> None:
    """Pongs of the WebSocket protocol are not queued for a reader that is not there."""
    async with own_live() as service:
        ada = await service.person()
        async with opened(service, ada, "d", sock=slow_plug(service)) as device:
            await device.hello()
            assert service.server is not None
            (protocol,) = [
                each
                for each in service.server.server_state.connections
                if getattr(each, "scope", {}).get("type") == "websocket"
            ]
            device.connection.transport.pause_reading()
            ping = bytes([0x89, 0x80 | 125]) + bytes(4) + bytes(125)
            for _ in range(200):
                device.connection.transport.write(ping * 500)
                await asyncio.sleep(0)
            await asyncio.sleep(1)
            assert protocol.transport.get_write_buffer_size() < 4 * MIB
