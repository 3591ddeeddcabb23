"""Calls that end without an answer to hand on: nobody there, too late, or not theirs to give."""

import asyncio
from uuid import uuid4

import pytest

from app.devices.limits import SocketLimits
from app.devices.outcomes import DeviceOffline
from tests.devices.calling import (
    INSERT,
    SELECT,
    STORED,
    call,
    calling,
    refusal,
    state,
    tables,
)
from tests.devices.conftest import OwnLive
from tests.devices.live import LiveService
from tests.devices.sockets import Frame, connected
from tests.factories.people import Person
from tests.factories.waiting import until


async def test_a_device_that_is_known_and_not_connected(service: LiveService, ada: Person) -> None:
    async with connected(service, ada, "d"):
        pass
    assert refusal(await call(ada, "d", SELECT)) == (409, "device_offline")


async def test_another_users_device_is_like_one_that_is_not_there(
    service: LiveService, ada: Person, bob: Person
) -> None:
    async with connected(service, ada, f"hers-{uuid4()}") as device:
        foreign, unknown = await call(bob, device.device_id, SELECT), await call(bob, "nothing", SELECT)
        assert (foreign.status_code, foreign.json()) == (unknown.status_code, unknown.json())
        assert refusal(foreign) == (404, "not_found")
        await device.nothing_for(0.1)


async def test_a_revoked_device_is_not_found(service: LiveService, ada: Person) -> None:
    async with connected(service, ada, "d"):
        await ada.delete("/devices/d")
        assert refusal(await call(ada, "d", SELECT)) == (404, "not_found")


async def test_an_api_key_needs_the_scope(service: LiveService, ada: Person) -> None:
    key = (await ada.post("/auth/api-keys", json={"name": "k", "scopes": ["read"]})).json()["key"]
    assert (await call(Person(ada.http, "", "", key, ""), "d", SELECT)).status_code == 403


async def test_patience_waits_for_the_device(service: LiveService, ada: Person) -> None:
    patient = await tables(service, ada, named="d", patience_s=5)
    waiting = asyncio.ensure_future(patient.select("tasks"))
    await asyncio.sleep(0.1)
    async with connected(service, ada, "d") as device:
        await device.answer(rows=[{"id": "1"}])
        assert await waiting == [{"id": "1"}]


async def test_patience_ends(service: LiveService, ada: Person) -> None:
    patient = await tables(service, ada, named="d", patience_s=0.2)
    async with connected(service, ada, "another"):
        with pytest.raises(DeviceOffline):
            await patient.select("tasks")


async def test_without_patience_one_is_told_at_once(service: LiveService, ada: Person) -> None:
    with pytest.raises(DeviceOffline):
        await (await tables(service, ada)).select("tasks")


# Too late


@pytest.mark.parametrize("asked", [SELECT, INSERT], ids=["read", "write"])
async def test_a_device_that_does_not_answer(tuned_live: OwnLive, asked: Frame) -> None:
    async with tuned_live(SocketLimits(call_s=1)) as service:
        ada = await service.person()
        async with connected(service, ada) as device:
            answer = await call(ada, device.device_id, asked)
            assert refusal(answer) == (504, "device_timeout")
            assert answer.json().get("may_have_happened") is (True if asked is INSERT else None)
            await device.next()
            await device.still_there()


async def test_a_late_result_is_written_down_and_told_to_nobody(tuned_live: OwnLive, superuser_url: str) -> None:
    async with tuned_live(SocketLimits(call_s=1)) as service:
        ada = await service.person()
        async with connected(service, ada) as device:
            answer = await call(ada, device.device_id, INSERT)
            assert answer.status_code == 504
            sent = await device.next()
            assert state(superuser_url, sent["id"]) == "pending"
            await device.send({"type": "tool_result", "id": sent["id"], **STORED})
            await until(lambda: state(superuser_url, sent["id"]) == "done")
            await device.still_there()


async def test_a_late_read_is_ignored(tuned_live: OwnLive) -> None:
    async with tuned_live(SocketLimits(call_s=1)) as service:
        ada = await service.person()
        async with connected(service, ada) as device:
            assert (await call(ada, device.device_id, SELECT)).status_code == 504
            sent = await device.next()
            await device.send({"type": "tool_result", "id": sent["id"], "rows": []})
            await device.still_there()


# Results that are nobody's


async def test_the_first_result_counts(service: LiveService, ada: Person, superuser_url: str) -> None:
    async with connected(service, ada) as device:
        answer = calling(ada, device, INSERT)
        sent = await device.next()
        for n in range(3):
            await device.send({"type": "tool_result", "id": sent["id"], "row": {"id": str(n)}})
        assert (await answer).json() == {"row": {"id": "0"}}
        await device.still_there()
        assert state(superuser_url, sent["id"]) == "done"


async def test_unknown_and_foreign_results_look_alike_and_change_nothing(
    service: LiveService, ada: Person, bob: Person, superuser_url: str
) -> None:
    async with (
        connected(service, ada, "one") as mine,
        connected(service, ada, "two") as other,
        connected(service, bob, "one") as his,
    ):
        answer = calling(ada, mine, INSERT)
        sent = await mine.next()
        for foreign in (other, his):
            for call_id in (sent["id"], "unknown", str(uuid4())):
                await foreign.send({"type": "tool_result", "id": call_id, "row": {"id": "evil"}})
            await foreign.nothing_for(0.1)
            await foreign.still_there()
        assert state(superuser_url, sent["id"]) == "pending"
        await mine.send({"type": "tool_result", "id": sent["id"], **STORED})
        assert (await answer).json() == STORED
