"""Which device is asked, and what is different for one without a journal."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from app.devices.limits import SocketLimits
from app.devices.outcomes import DeviceOffline, DeviceRefused, DeviceTimeout
from app.devices.tables import NoteHit
from tests.devices.calling import (
    HIT,
    INSERT,
    STORED,
    calling,
    tables,
)
from tests.devices.conftest import OwnLive
from tests.devices.live import LiveService
from tests.devices.sockets import Frame, connected
from tests.factories.people import Person


async def test_the_newest_device_is_asked(service: LiveService, ada: Person) -> None:
    async with connected(service, ada, "old") as old, connected(service, ada, "new") as new:
        asked = asyncio.ensure_future((await tables(service, ada)).select("tasks"))
        await new.answer(rows=[])
        assert await asked == []
        await old.nothing_for(0.1)


async def test_a_device_that_connects_again_is_the_newest(service: LiveService, ada: Person) -> None:
    async with connected(service, ada, "a"), connected(service, ada, "b"), connected(service, ada, "a") as again:
        asked = asyncio.ensure_future((await tables(service, ada)).select("tasks"))
        await again.answer(rows=[])
        assert await asked == []


async def test_the_named_device_is_asked(service: LiveService, ada: Person) -> None:
    async with connected(service, ada, "old") as old, connected(service, ada, "new"):
        asked = asyncio.ensure_future((await tables(service, ada, named="old")).select("tasks"))
        await old.answer(rows=[])
        assert await asked == []


async def test_the_sender_is_asked_before_the_named_one(service: LiveService, ada: Person) -> None:
    async with connected(service, ada, "sender") as sender, connected(service, ada, "named"):
        asked = asyncio.ensure_future((await tables(service, ada, sender="sender", named="named")).select("tasks"))
        await sender.answer(rows=[])
        assert await asked == []


async def test_a_sender_that_is_gone_is_not_replaced_by_another(service: LiveService, ada: Person) -> None:
    async with connected(service, ada, "another") as another:
        with pytest.raises(DeviceOffline):
            await (await tables(service, ada, sender="gone")).select("tasks")
        await another.nothing_for(0.1)


async def test_rows_in_and_rows_out(service: LiveService, ada: Person) -> None:
    async with connected(service, ada) as device:
        mine = await tables(service, ada)
        steps: list[tuple[Any, Frame, Any]] = [
            (mine.get("tasks", "1"), {"row": None}, None),
            (mine.insert("tasks", {"title": "x"}), STORED, STORED["row"]),
            (mine.update("tasks", "1", {"title": "x"}), STORED, STORED["row"]),
            (mine.delete("tasks", "1"), {"deleted": False}, False),
            (mine.vector_upsert("n1", "milk", [0.1], project_id="p"), {"ok": True}, None),
            (mine.vector_search([0.1], limit=2), {"results": [HIT | {"score": 1}]}, [NoteHit("n1", "milk", 1.0)]),
        ]
        for asking, result, expected in steps:
            asked = asyncio.ensure_future(asking)
            await device.answer(**result)
            assert await asked == expected


async def test_errors_of_tables_are_those_of_the_outcomes(tuned_live: OwnLive) -> None:
    async with tuned_live(SocketLimits(call_s=2)) as service:
        ada = await service.person()
        async with connected(service, ada) as device:
            mine = await tables(service, ada)
            asked = asyncio.ensure_future(mine.get("tasks", "1"))
            await device.answer(error="no")
            with pytest.raises(DeviceRefused, match="no"):
                await asked
            with pytest.raises(DeviceTimeout) as timeout:
                await mine.delete("tasks", "1")
            assert timeout.value.may_have_happened


# Devices without a journal


async def test_without_a_journal_the_service_names_the_row(service: LiveService, ada: Person) -> None:
    async with connected(service, ada, "d", journal=False) as device:
        answer = calling(ada, device, INSERT)
        first = await device.next()
        assert UUID(first["data"]["id"]).version == 4
        await device.cut()
    async with connected(service, ada, "d", journal=False) as device:
        again = await device.answer(**STORED)
        assert again["data"] == first["data"]
        await answer


async def test_an_id_that_was_given_is_kept(service: LiveService, ada: Person) -> None:
    async with connected(service, ada, journal=False) as device:
        answer = calling(ada, device, INSERT | {"data": {"id": "mine", "title": "x"}})
        assert (await device.answer(**STORED))["data"] == {"id": "mine", "title": "x"}
        await answer


@pytest.mark.parametrize("hello", [{"journal": True}, {"journal": None}])
async def test_with_a_journal_the_device_names_the_row(service: LiveService, ada: Person, hello: Frame) -> None:
    async with connected(service, ada, **hello) as device:
        answer = calling(ada, device, INSERT)
        assert "id" not in (await device.answer(**STORED))["data"]
        await answer
