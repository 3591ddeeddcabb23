"""Calls whose socket goes away in the middle."""

import asyncio
from uuid import UUID

import pytest

from app.devices.calls import Ask
from app.devices.limits import SocketLimits
from tests.devices.calling import (
    INSERT,
    SELECT,
    STORED,
    calling,
    ledger,
    refusal,
    state,
)
from tests.devices.conftest import OwnLive
from tests.devices.live import LiveService
from tests.devices.sockets import Frame, connected
from tests.factories.people import Person
from tests.factories.waiting import until


async def test_what_was_open_is_sent_again_when_the_device_is_back(service: LiveService, ada: Person) -> None:
    async with connected(service, ada, "d") as device:
        answers = [calling(ada, device, asked) for asked in (SELECT, INSERT)]
        first = {each["action"]: each for each in [await device.next(), await device.next()]}
        await device.cut()
    async with connected(service, ada, "d") as device:
        again = {each["action"]: each for each in [await device.next(), await device.next()]}
        for action in ("select", "insert"):
            assert again[action].pop("attempt") == 2
            assert first[action].pop("attempt") == 1
            assert again[action].pop("deadline") >= first[action].pop("deadline")
            assert again[action] == first[action]
        await device.send({"type": "tool_result", "id": again["select"]["id"], "rows": []})
        await device.send({"type": "tool_result", "id": again["insert"]["id"], **STORED})
        assert [(await each).json() for each in answers] == [{"rows": []}, STORED]
        await device.nothing_for(0.2)


async def test_the_attempts_are_counted(service: LiveService, ada: Person, superuser_url: str) -> None:
    async with connected(service, ada, "d") as device:
        answer = calling(ada, device, INSERT)
        first = await device.next()
        await device.cut()
    for attempt in (2, 3, 4):
        async with connected(service, ada, "d") as device:
            again = await device.next()
            assert (again["id"], again["attempt"]) == (first["id"], attempt)
            row = ledger(superuser_url, first["id"])
            assert row is not None
            assert row["attempts"] == attempt
            if attempt == 4:
                await device.send({"type": "tool_result", "id": again["id"], **STORED})
                assert (await answer).json() == STORED
            await device.cut()


async def test_the_clock_stands_still_while_the_device_is_away(tuned_live: OwnLive) -> None:
    async with tuned_live(SocketLimits(call_s=2, absence_s=20)) as service:
        ada = await service.person()
        async with connected(service, ada, "d") as device:
            answer = calling(ada, device, SELECT)
            await device.next()
            await device.cut()
        await asyncio.sleep(2.2)
        assert not answer.done()
        async with connected(service, ada, "d") as device:
            await device.answer(rows=[])
            assert (await answer).status_code == 200


async def test_what_was_left_of_the_time_is_left_when_it_is_back(tuned_live: OwnLive) -> None:
    async with tuned_live(SocketLimits(call_s=2, absence_s=20)) as service:
        ada = await service.person()
        async with connected(service, ada, "d") as device:
            answer = calling(ada, device, SELECT)
            await device.next()
            await asyncio.sleep(1.5)
            await device.cut()
        async with connected(service, ada, "d"):
            started = asyncio.get_running_loop().time()
            assert (await answer).status_code == 504
            assert asyncio.get_running_loop().time() - started < 1.9


@pytest.mark.parametrize(("asked", "told"), [(SELECT, (409, "device_offline")), (INSERT, (504, "device_timeout"))])
async def test_a_device_that_stays_away_too_long(tuned_live: OwnLive, asked: Frame, told: tuple[int, str]) -> None:
    async with tuned_live(SocketLimits(absence_s=0.3)) as service:
        ada = await service.person()
        async with connected(service, ada, "d") as device:
            answer = calling(ada, device, asked)
            await device.next()
            await device.cut()
        assert refusal(await answer) == told
        assert ("may_have_happened" in (await answer).json()) is (asked is INSERT)


async def test_absences_add_up(tuned_live: OwnLive) -> None:
    async with tuned_live(SocketLimits(absence_s=2)) as service:
        ada = await service.person()
        async with connected(service, ada, "d") as device:
            answer = calling(ada, device, SELECT)
            await device.next()
            await device.cut()
        for _ in range(2):
            await asyncio.sleep(1.1)
            if answer.done():
                break
            async with connected(service, ada, "d") as device:
                await device.next()
                await device.cut()
        assert refusal(await answer) == (409, "device_offline")


async def test_a_write_that_was_given_up_is_sent_again_so_that_its_outcome_is_known(
    tuned_live: OwnLive, superuser_url: str
) -> None:
    async with tuned_live(SocketLimits(absence_s=0.2)) as service:
        ada = await service.person()
        async with connected(service, ada, "d") as device:
            answer = calling(ada, device, INSERT)
            first = await device.next()
            await device.cut()
        assert (await answer).status_code == 504
        async with connected(service, ada, "d") as device:
            again = await device.answer(**STORED)
            assert (again["id"], again["attempt"]) == (first["id"], 2)
            await until(lambda: state(superuser_url, first["id"]) == "done")


async def test_a_read_that_was_given_up_is_not_sent_again(tuned_live: OwnLive) -> None:
    async with tuned_live(SocketLimits(absence_s=0.2)) as service:
        ada = await service.person()
        async with connected(service, ada, "d") as device:
            answer = calling(ada, device, SELECT)
            await device.next()
            await device.cut()
        await answer
        async with connected(service, ada, "d") as device:
            await device.nothing_for(0.3)


async def test_a_caller_who_gives_up_leaves_no_slot_taken(tuned_live: OwnLive) -> None:
    async with tuned_live(SocketLimits(open_calls_per_device=1)) as service:
        ada = await service.person()
        async with connected(service, ada, "d") as device:
            for asked in (SELECT, INSERT):
                giving_up = asyncio.ensure_future(service.devices.calls.call(UUID(await ada.id()), "d", Ask(**asked)))
                await device.next()
                giving_up.cancel()
                await asyncio.wait([giving_up])
            answer = calling(ada, device, SELECT)
            await device.answer(rows=[])
            assert (await answer).status_code == 200


async def test_a_write_whose_caller_gave_up_is_still_recorded(
    service: LiveService, ada: Person, superuser_url: str
) -> None:
    async with connected(service, ada, "d") as device:
        giving_up = asyncio.ensure_future(service.devices.calls.call(UUID(await ada.id()), "d", Ask(**INSERT)))
        sent = await device.next()
        giving_up.cancel()
        await asyncio.wait([giving_up])
        await device.send({"type": "tool_result", "id": sent["id"], **STORED})
        await until(lambda: state(superuser_url, sent["id"]) == "done")


async def test_a_client_that_hangs_up_on_the_route_breaks_nothing(
    service: LiveService, ada: Person, superuser_url: str
) -> None:
    async with connected(service, ada) as device:
        answer = calling(ada, device, INSERT)
        sent = await device.next()
        answer.cancel()
        await asyncio.wait([answer])
        await device.send({"type": "tool_result", "id": sent["id"], **STORED})
        await until(lambda: state(superuser_url, sent["id"]) == "done")


async def test_nothing_is_kept_of_users_who_are_gone(tuned_live: OwnLive) -> None:
    async with tuned_live(SocketLimits(absence_s=0.2)) as service:
        ada = await service.person()
        async with connected(service, ada, "d") as device:
            answer = calling(ada, device, SELECT)
            await device.next()
            await device.cut()
        await answer
        await until(lambda: not service.devices.hub._users)
