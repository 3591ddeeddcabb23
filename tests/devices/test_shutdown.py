"""What devices see of a service that stops in order."""

import asyncio
from uuid import UUID

import pytest
from structlog.testing import capture_logs
from websockets.exceptions import InvalidStatus

from tests.devices.calling import INSERT, SELECT, STORED, calling, state
from tests.devices.conftest import OwnLive
from tests.devices.sockets import connected, opened
from tests.devices.turning import connection_of, told


async def test_sockets_are_told_to_come_back(tuned_live: OwnLive) -> None:
    async with tuned_live() as service:
        ada = await service.person()
        async with connected(service, ada) as one, connected(service, ada) as two:
            assert service.stop is not None
            await service.stop()
            assert [await one.closed(), await two.closed()] == [1012, 1012]


async def test_no_new_sockets_are_taken(tuned_live: OwnLive) -> None:
    async with tuned_live() as service:
        ada = await service.person()
        service.app.state.begin_stopping()
        with pytest.raises(InvalidStatus) as refused:
            async with opened(service, ada):
                pass
        assert refused.value.response.status_code == 503
        assert refused.value.response.headers["Retry-After"]


@pytest.mark.parametrize(("asked", "result"), [(SELECT, {"rows": []}), (INSERT, STORED)], ids=["read", "write"])
async def test_what_was_asked_before_may_still_be_answered(
    tuned_live: OwnLive, superuser_url: str, asked: dict[str, object], result: dict[str, object]
) -> None:
    async with tuned_live() as service:
        ada = await service.person()
        async with connected(service, ada) as device:
            answer = calling(ada, device, asked)
            sent = await device.next()
            assert service.stop is not None
            stopping = asyncio.ensure_future(service.stop())
            await asyncio.sleep(0.4)
            await device.send({"type": "tool_result", "id": sent["id"], **result})
            assert (await answer).json() == result
            assert await device.closed() == 1012
            await stopping
    assert state(superuser_url, sent["id"]) == (None if asked is SELECT else "done")


async def test_what_a_turn_has_said_is_sent_before_the_close(tuned_live: OwnLive) -> None:
    async with tuned_live() as service:
        ada = await service.person()
        user_id = UUID(await ada.id())
        async with connected(service, ada, "d") as device:
            stream = told(service, user_id, "r", 100)
            service.devices.turns.follow(connection_of(service, user_id, "d"), stream)
            assert service.stop is not None
            await service.stop()
            assert [(await device.next())["seq"] for _ in range(102)] == list(range(1, 103))
            assert await device.closed() == 1012


async def test_a_stop_with_many_sockets_is_quick_and_quiet(tuned_live: OwnLive) -> None:
    async with tuned_live() as service:
        people = [await service.person() for _ in range(5)]
        with capture_logs() as lines:
            async with asyncio.timeout(20):
                async with connected(service, people[0]), connected(service, people[1]), connected(service, people[2]):
                    assert service.stop is not None
                    await service.stop()
        assert [line for line in lines if line["log_level"] in ("warning", "error")] == []
