"""How many calls are open at once, and who waits."""

import asyncio
from uuid import UUID

from app.devices.limits import SocketLimits
from tests.devices.calling import (
    INSERT,
    SELECT,
    call,
    calling,
    refusal,
)
from tests.devices.conftest import OwnLive
from tests.devices.live import LiveService
from tests.devices.sockets import connected
from tests.factories.people import Person
from tests.factories.waiting import until


async def test_more_calls_than_a_device_may_have_open_wait_their_turn(tuned_live: OwnLive) -> None:
    async with tuned_live() as service:
        ada = await service.person()
        async with connected(service, ada) as device:
            answers = [calling(ada, device, SELECT) for _ in range(17)]
            calls = [await device.next() for _ in range(16)]
            await device.nothing_for(0.3)
            await device.send({"type": "tool_result", "id": calls[7]["id"], "rows": []})
            calls.append(await device.next())
            for each in calls:
                await device.send({"type": "tool_result", "id": each["id"], "rows": []})
            assert {(await each).status_code for each in answers} == {200}


async def test_a_user_has_thirty_two_open_in_all(service: LiveService, ada: Person) -> None:
    async with (
        connected(service, ada) as one,
        connected(service, ada) as two,
        connected(service, ada) as three,
    ):
        answers = [calling(ada, device, SELECT) for device in (one, two) for _ in range(16)]
        opened = [(device, await device.next()) for device in (one, two) for _ in range(16)]
        answers.append(calling(ada, three, SELECT))
        await three.nothing_for(0.3)
        for device, each in opened:
            await device.send({"type": "tool_result", "id": each["id"], "rows": []})
        await three.answer(rows=[])
        assert {(await each).status_code for each in answers} == {200}


async def test_one_user_does_not_hold_up_another(tuned_live: OwnLive) -> None:
    async with tuned_live(SocketLimits(open_calls_per_user=1)) as service:
        ada, bob = await service.person(), await service.person()
        async with connected(service, ada) as hers, connected(service, bob) as his:
            hanging = calling(ada, hers, SELECT)
            first = await hers.next()
            answer = calling(bob, his, SELECT)
            await his.answer(rows=[])
            assert (await answer).status_code == 200
            await hers.send({"type": "tool_result", "id": first["id"], "rows": []})
            await hanging


async def test_a_busy_device_holds_up_only_its_own_calls(tuned_live: OwnLive) -> None:
    async with tuned_live(SocketLimits(open_calls_per_device=1)) as service:
        ada = await service.person()
        async with connected(service, ada) as busy, connected(service, ada) as free:
            hanging = [calling(ada, busy, SELECT) for _ in range(3)]
            first = await busy.next()
            answer = calling(ada, free, SELECT)
            await free.answer(rows=[])
            assert (await answer).status_code == 200
            await busy.send({"type": "tool_result", "id": first["id"], "rows": []})
            for _ in range(2):
                await busy.answer(rows=[])
            await asyncio.gather(*hanging)


async def test_when_too_many_wait_one_is_told_to_come_later(tuned_live: OwnLive) -> None:
    limits = SocketLimits(open_calls_per_device=1, waiting_calls_per_user=2)
    async with tuned_live(limits) as service:
        ada = await service.person()
        async with connected(service, ada) as device:
            waiting = [calling(ada, device, SELECT) for _ in range(3)]
            first = await device.next()
            slots = service.devices.hub.slots(UUID(await ada.id()))
            await until(lambda: len(slots._waiting) == 2)
            answer = await call(ada, device.device_id, SELECT)
            assert refusal(answer) == (503, "too_many_calls")
            assert answer.headers["retry-after"]
            await device.send({"type": "tool_result", "id": first["id"], "rows": []})
            for _ in range(2):
                await device.answer(rows=[])
            assert {(await each).status_code for each in waiting} == {200}


async def test_a_call_whose_turn_does_not_come_was_never_sent(tuned_live: OwnLive) -> None:
    async with tuned_live(SocketLimits(open_calls_per_user=1, call_s=1, absence_s=3)) as service:
        ada = await service.person()
        async with connected(service, ada) as gone, connected(service, ada) as here:
            first = calling(ada, gone, SELECT)
            await gone.next()
            await gone.cut()  # its call waits for it, in the only place there is
            answer = await call(ada, here.device_id, INSERT)
            assert refusal(answer) == (504, "device_timeout")
            assert "may_have_happened" not in answer.json()
            await here.nothing_for(0.2)
            await first
