"""A write that was unanswered when the service went down is asked for again by the next one."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from websockets.asyncio.client import connect

from app.devices.jobs import DevicePurge
from app.devices.limits import SocketLimits
from app.jobs.tasks import JobInfo
from app.kit.system_db import SystemDatabase
from tests.cli.service import RunningService
from tests.conftest import Service
from tests.devices.calling import INSERT, SELECT, STORED, calling, ledger, state
from tests.devices.conftest import OwnLive
from tests.devices.live import LiveService
from tests.devices.sockets import Frame, RawDevice, connected
from tests.factories.devices import a_device, a_written_call
from tests.factories.people import Person
from tests.factories.waiting import until

pytestmark = pytest.mark.faults  # slow, and of what changes rarely: make faults


QUICK = SocketLimits(absence_s=0.2)


async def left_unanswered(service: LiveService, person: Person, asked: Frame = INSERT) -> Frame:
    """A call the device took, and then was gone."""
    async with connected(service, person, "d") as device:
        answer = calling(person, device, asked)
        sent = await device.next()
        await device.cut()
    await answer
    return sent


async def test_a_write_is_sent_again_by_the_next_service(tuned_live: OwnLive, superuser_url: str) -> None:
    async with tuned_live(QUICK) as first:
        ada = await first.person()
        sent = await left_unanswered(first, ada)
    async with tuned_live() as second:
        async with connected(second, ada, "d") as device:
            again = await device.next()
            assert again.pop("deadline") > sent.pop("deadline")
            assert (again.pop("attempt"), sent.pop("attempt")) == (2, 1)
            assert again == sent
            await device.send({"type": "tool_result", "id": sent["id"], **STORED})
            await until(lambda: state(superuser_url, sent["id"]) == "done")
        async with connected(second, ada, "d") as device:
            await device.nothing_for(0.2)


async def test_only_to_the_device_that_was_asked(tuned_live: OwnLive) -> None:
    async with tuned_live(QUICK) as first:
        ada, bob = await first.person(), await first.person()
        await left_unanswered(first, ada)
    async with (
        tuned_live() as second,
        connected(second, ada, "another") as another,
        connected(second, bob, "d") as his,
    ):
        await another.nothing_for(0.2)
        await his.nothing_for(0.1)


async def test_a_read_is_forgotten(tuned_live: OwnLive) -> None:
    async with tuned_live(QUICK) as first:
        ada = await first.person()
        await left_unanswered(first, ada, SELECT)
    async with tuned_live() as second, connected(second, ada, "d") as device:
        await device.nothing_for(0.2)


async def test_several_writes_come_in_the_order_they_were_asked(service: LiveService, ada: Person) -> None:
    await a_device(service, ada, "d")
    written = [await a_written_call(service, ada, "d", f"task {number}") for number in range(5)]
    async with connected(service, ada, "d") as device:
        assert [(await device.next())["id"] for _ in written] == written


async def test_not_after_a_day(service: LiveService, ada: Person) -> None:
    await a_device(service, ada, "d")
    await a_written_call(service, ada, "d")
    service.clock.move(hours=24, minutes=1)
    async with connected(service, await ada.sign_in_again(), "d") as device:
        await device.nothing_for(0.2)


async def test_but_until_then(service: LiveService, ada: Person) -> None:
    await a_device(service, ada, "d")
    written = await a_written_call(service, ada, "d")
    service.clock.move(hours=23, minutes=59)
    async with connected(service, await ada.sign_in_again(), "d") as device:
        assert (await device.next())["id"] == written


# A process that is killed


@pytest.fixture
def serve(fresh_database_url: str, tmp_path: Path) -> Iterator[Callable[[], RunningService]]:
    services: list[RunningService] = []

    def start() -> RunningService:
        more = {"DATABASE_URL": fresh_database_url, "LOG_LEVEL": "debug", "LOG_FORMAT": "json", "RATE_LIMITS": "off"}
        services.append(RunningService(tmp_path, as_typed=False, **more))
        return services[-1].until_up()

    yield start
    for each in services:
        each.kill()


async def say_hello(service: RunningService, options: dict[str, Any]) -> RawDevice:
    url = service.base.replace("http", "ws") + "/api/v1/ws/device" + options.pop("query", "")
    device = RawDevice(await connect(url, compression=None, proxy=None, **options), "d")
    assert (await device.hello())["type"] == "device_ready"
    return device


async def test_kill_9_with_a_write_under_way(serve: Callable[[], RunningService], fresh_superuser_url: str) -> None:
    first = serve()
    token = first.register("ada@example.com")["access_token"]
    headers = {"additional_headers": {"Authorization": f"Bearer {token}"}}
    device = await say_hello(first, dict(headers))
    async with httpx.AsyncClient(base_url=f"{first.base}/api/v1", headers=headers["additional_headers"]) as http:
        answer = asyncio.ensure_future(http.post("/devices/d/call", json=INSERT))
        sent = await device.next()
        first.kill()
        with pytest.raises(httpx.TransportError):
            await answer
    assert state(fresh_superuser_url, sent["id"]) == "pending"
    second = serve()
    device = await say_hello(second, dict(headers))
    again = await device.answer(**STORED)
    assert (again["id"], again["attempt"], again["data"]) == (sent["id"], 2, sent["data"])
    await until(lambda: state(fresh_superuser_url, sent["id"]) == "done")
    await device.close()


async def test_no_token_and_no_content_is_ever_in_the_logs(serve: Callable[[], RunningService]) -> None:
    """A process of its own at its most talkative, and every way to show a token."""
    service = serve()
    tokens = service.register("ada@example.com")
    token = tokens["access_token"]
    ticket = service.request("POST", "/ws/ticket", token, json={"device_id": "d"}).json()["ticket"]
    unused = service.request("POST", "/ws/ticket", token, json={"device_id": "d"}).json()["ticket"]
    key = service.request("POST", "/auth/api-keys", token, json={"name": "k", "scopes": ["device"]}).json()["key"]
    ways: list[dict[str, Any]] = [
        {"additional_headers": {"Authorization": f"Bearer {token}"}},
        {"additional_headers": {"Authorization": f"Bearer {key}"}},
        {"subprotocols": ["adiuva.v1", f"bearer.{token}"]},
        {"query": f"?ticket={ticket}"},
        {"query": f"?token={token}"},
        {"query": f"?token={key}"},
    ]
    for way in ways:
        device = await say_hello(service, dict(way))
        await device.send({"type": "auth_refresh", "token": token})
        await device.send({"type": "tool_result", "id": "canary-id", "error": "canary-error"})
        await device.send({"type": "canary-type", "canary-field": [1]})
        await device.refused("unknown_type")
        await device.close()
    for query in (f"?ticket={ticket}", f"?token={token}x", f"?token=x&ticket={ticket}"):
        async with connect(
            service.base.replace("http", "ws") + "/api/v1/ws/device" + query, compression=None, proxy=None
        ) as refused:
            assert await RawDevice(refused, "d").closed() == 4401
    assert service.stop(signal.SIGTERM) == 0
    said = service.said()
    assert "device_connected" in said
    found = [word for word in (token, ticket, unused, key, tokens["refresh_token"], "canary") if word in said]
    assert found == []


# What is left over


async def purge(service: Service) -> None:
    system = SystemDatabase(str(service.settings.database_url), pool_size=1)
    try:
        await DevicePurge(system, service.clock, SocketLimits()).purge(JobInfo.__new__(JobInfo))
    finally:
        await system.close()


def count(url: str, table: str) -> int:
    with psycopg.connect(url) as connection:
        [(found,)] = connection.execute(
            psycopg.sql.SQL("SELECT count(*) FROM {}").format(psycopg.sql.Identifier(table))
        )
    return int(found)


async def test_a_write_that_is_not_asked_for_again_is_unknown(own_live: OwnLive, fresh_superuser_url: str) -> None:
    async with own_live() as service:
        ada = await service.person()
        await a_device(service, ada, "d")
        old = await a_written_call(service, ada, "d")
        service.clock.move(hours=25)
        new = await a_written_call(service, await ada.sign_in_again(), "d")
        await purge(service)
        assert [state(fresh_superuser_url, each) for each in (old, new)] == ["unknown", "pending"]


async def test_the_ledger_is_kept_a_week(own_live: OwnLive, fresh_superuser_url: str) -> None:
    async with own_live() as service:
        ada = await service.person()
        await a_device(service, ada, "d")
        written = await a_written_call(service, ada, "d")
        service.clock.move(days=6, hours=23)
        await purge(service)
        assert ledger(fresh_superuser_url, written) is not None
        service.clock.move(hours=2)
        await purge(service)
        assert ledger(fresh_superuser_url, written) is None


async def test_tickets_that_expired_go(own_live: OwnLive, fresh_superuser_url: str) -> None:
    async with own_live() as service:
        ada = await service.person()
        for _ in range(2):
            await ada.post("/ws/ticket", json={"device_id": "d"})
            service.clock.move(seconds=20)
        await purge(service)
        assert count(fresh_superuser_url, "socket_tickets") == 1


async def test_a_device_that_was_not_seen_for_a_year_goes(own_live: OwnLive, fresh_superuser_url: str) -> None:
    async with own_live() as service:
        ada = await service.person()
        await a_device(service, ada, "old")
        service.clock.move(days=200)
        await a_device(service, await ada.sign_in_again(), "new")
        service.clock.move(days=166)
        await purge(service)
        assert count(fresh_superuser_url, "devices") == 1


async def test_an_answer_is_recorded_even_when_nobody_would_have_asked_again(
    tuned_live: OwnLive, superuser_url: str
) -> None:
    async with tuned_live(SocketLimits(call_s=1, resend_for=timedelta(0))) as service:
        ada = await service.person()
        async with connected(service, ada, "d") as device:
            asked = calling(ada, device, INSERT)
            sent = await device.next()
            await asked
            await service.devices.calls.settled()
            with psycopg.connect(superuser_url, autocommit=True) as connection:
                connection.execute("UPDATE tool_calls SET state = 'unknown' WHERE id = %s", [UUID(sent["id"])])
            await device.send({"type": "tool_result", "id": sent["id"], **STORED})
            await until(lambda: state(superuser_url, sent["id"]) == "done")
