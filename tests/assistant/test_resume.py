"""A turn and the devices that come and go while it runs: each is told everything once, and the turn runs once."""

import asyncio
from dataclasses import replace
from uuid import uuid4

from app.config import Settings
from app.devices.limits import SocketLimits
from tests.assistant.serving import assistant_of, home, seqs, served, text_of, until_end, until_seq
from tests.assistant.talking import Desktop, ScriptedModel, call, delegated, say
from tests.devices.live import LiveService
from tests.devices.sockets import RawDevice, connected
from tests.fakes.model import Reply, drip

WORDS = " ".join(f"word{number}" for number in range(30))


def slowly() -> Reply:
    return drip(WORDS, every_s=0.03)


async def test_a_device_that_comes_back_gets_what_it_missed_and_then_the_rest(
    service: LiveService, model: ScriptedModel
) -> None:
    ada, request_id = await service.person(), uuid4().hex
    model.script(slowly())
    async with connected(service, ada, "d") as device:
        await device.send(home(request_id))
        before = await until_seq(device, request_id, 3)
        await device.cut()
    async with connected(service, ada, "d", resume={request_id: 3}) as device:
        assert (device.ready["resumed"], device.ready["lost"]) == ([request_id], [])
        after = await until_end(device, request_id)
    assert seqs(before + after) == list(range(1, after[-1]["seq"] + 1))
    assert text_of(before + after) == WORDS
    assert len(after) > 2


async def test_several_turns_are_resumed_at_once(service: LiveService, model: ScriptedModel) -> None:
    ada, ids = await service.person(), [uuid4().hex for _ in range(3)]
    model.answer = lambda _body: slowly()
    async with connected(service, ada, "d") as device:
        for request_id in ids:
            await device.send(home(request_id))
        heard = dict.fromkeys(ids, 0)
        while min(heard.values()) < 2:
            frame = await device.next()
            heard[frame["request_id"]] = frame["seq"]
        await device.cut()
    async with connected(service, ada, "d", resume=heard) as device:
        assert sorted(device.ready["resumed"]) == sorted(ids)
        got: dict[str, list[int]] = {request_id: [] for request_id in ids}
        ends = 0
        while ends < len(ids):
            frame = await device.next()
            got[frame["request_id"]].append(frame["seq"])
            ends += frame["type"] == "stream_end"
    for request_id in ids:
        assert got[request_id] == list(range(heard[request_id] + 1, got[request_id][-1] + 1))


async def test_the_same_request_from_another_connection_follows_the_turn(
    service: LiveService, model: ScriptedModel
) -> None:
    ada, request_id = await service.person(), uuid4().hex
    model.script(slowly())
    async with connected(service, ada, "desk") as desk, connected(service, ada, "phone") as phone:
        await desk.send(home(request_id))
        await until_seq(desk, request_id, 2)
        await phone.send(home(request_id))
        _, on_phone = await asyncio.gather(until_end(desk, request_id), until_end(phone, request_id))
    assert seqs(on_phone) == list(range(1, len(on_phone) + 1))
    assert text_of(on_phone) == WORDS
    assert len(model.requests) == 1


async def test_the_same_request_from_two_devices_at_once_runs_once(service: LiveService, model: ScriptedModel) -> None:
    ada = await service.person()
    model.answer = lambda _body: say("Once.")
    async with connected(service, ada, "desk") as desk, connected(service, ada, "phone") as phone:
        for number in range(10):
            request_id = f"both-{number}"
            await asyncio.gather(desk.send(home(request_id)), phone.send(home(request_id)))
            heard = await asyncio.gather(until_end(desk, request_id), until_end(phone, request_id))
            assert heard[0] == heard[1]
            assert seqs(heard[0]) == list(range(1, len(heard[0]) + 1))
    assert len(model.requests) == 10


async def test_the_same_request_again_on_a_socket_is_not_told_twice(service: LiveService, model: ScriptedModel) -> None:
    ada, request_id = await service.person(), uuid4().hex
    model.script(slowly())
    async with connected(service, ada) as device:
        await device.send(home(request_id))
        first = await until_seq(device, request_id, 2)
        await device.send(home(request_id))
        heard = first + await until_end(device, request_id)
        await device.nothing_for(0.1)
    assert seqs(heard) == list(range(1, len(heard) + 1))


async def test_a_resumed_turn_that_is_asked_for_again_is_not_told_twice(
    service: LiveService, model: ScriptedModel
) -> None:
    ada, request_id = await service.person(), uuid4().hex
    model.script(slowly())
    async with connected(service, ada, "d") as device:
        await device.send(home(request_id))
        await until_seq(device, request_id, 2)
        await device.cut()
    async with connected(service, ada, "d", resume={request_id: 2}) as device:
        await device.send(home(request_id))
        heard = await until_end(device, request_id)
        await device.nothing_for(0.1)
    assert seqs(heard) == list(range(3, heard[-1]["seq"] + 1))


async def test_a_turn_that_has_ended_is_told_again_from_the_start_when_asked_for(
    service: LiveService, model: ScriptedModel
) -> None:
    ada, request_id = await service.person(), uuid4().hex
    model.script(say("Once."))
    async with connected(service, ada) as device:
        await device.send(home(request_id))
        first = await until_end(device, request_id)
        await device.send(home(request_id))
        assert await until_end(device, request_id) == first
    assert len(model.requests) == 1


async def test_what_is_no_longer_kept_is_lost_and_never_runs_again(settings: Settings, model: ScriptedModel) -> None:
    model.script(say("Once."))
    async with served(settings, model, limits=SocketLimits(turn_kept_s=0.1)) as service:
        ada = await service.person()
        async with connected(service, ada, "d") as device:
            await device.send(home("r"))
            await until_end(device, "r")
            await until_forgotten(service, device)
            await device.send(home("r"))
            refused = await device.refused("duplicate_request")
            assert refused["request_id"] == "r"
        async with connected(service, ada, "d", resume={"r": 1, "unknown": 0}) as device:
            assert (device.ready["resumed"], sorted(device.ready["lost"])) == ([], ["r", "unknown"])
        kept = (await ada.get("/chat/r")).json()
        assert (kept["status"], kept["response"]) == ("completed", "Once.")
    assert len(model.requests) == 1


async def until_forgotten(service: LiveService, device: RawDevice) -> None:
    while service.devices.turns._streams:
        await device.nothing_for(0.05)


async def test_a_running_turn_is_kept_however_long_it_takes(settings: Settings, model: ScriptedModel) -> None:
    go_on = asyncio.Event()
    model.script(replace(say(WORDS), hang_before="first_token", hang_until=go_on))
    async with served(settings, model, limits=SocketLimits(turn_kept_s=0.1)) as service:
        ada = await service.person()
        async with connected(service, ada, "d") as device:
            await device.send(home("r"))
            await device.next()
            await device.cut()
        await asyncio.sleep(0.3)  # three times as long as an ended turn is kept
        async with connected(service, ada, "d", resume={"r": 1}) as device:
            assert device.ready["resumed"] == ["r"]
            go_on.set()
            assert text_of(await until_end(device, "r")) == WORDS


async def test_a_request_id_of_somebody_else_is_nothing_to_resume(service: LiveService, model: ScriptedModel) -> None:
    ada, eve, request_id = await service.person(), await service.person(), uuid4().hex
    model.answer = lambda body: say(f"To {body['messages'][-1]['content']}.")
    async with connected(service, ada) as desk:
        await desk.send(home(request_id, "Ada"))
        await until_end(desk, request_id)
    async with connected(service, eve, resume={request_id: 0}) as hers:
        assert hers.ready["lost"] == [request_id]
        await hers.send(home(request_id, "Eve"))
        assert text_of(await until_end(hers, request_id)) == "To Eve."


async def test_the_reference_device_hears_each_frame_once_over_many_cuts(ada: Desktop, model: ScriptedModel) -> None:
    model.script(*delegated("task_agent", call("create_task", title="Milk"))[:-1], slowly())
    turn = ada.device.ask("Create Milk")
    for seq in (1, 2, 4, 6, 8):
        await ada.heard(lambda frame, seq=seq: frame.get("seq", 0) >= seq)  # type: ignore[misc]
        ada.device.cut()
    await turn.ended()
    heard = ada.of(turn.request_id)
    heard.check()
    assert (heard.text, len(ada.rows("tasks"))) == (WORDS, 1)


async def test_nothing_is_left_of_a_device_that_asks_and_is_gone(service: LiveService, model: ScriptedModel) -> None:
    ada = await service.person()
    model.answer = lambda _body: say("Nobody listens.")
    for number in range(5):
        async with connected(service, ada) as device:
            await device.send(home(f"gone-{number}"))
            await device.cut()
    for number in range(5):
        while (answer := await ada.get(f"/chat/gone-{number}")).status_code == 404 or answer.json()[  # noqa: ASYNC110 - only the outside can be looked at
            "status"
        ] == "running":
            await asyncio.sleep(0.01)
    while assistant_of(service).live:  # noqa: ASYNC110 - only the outside can be looked at
        await asyncio.sleep(0.01)
    user_id = await ada.id()
    assert [each for each in service.devices.turns._following if str(each.user_id) == user_id] == []
