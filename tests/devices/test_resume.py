"""A turn's frames, followed from the start or from wherever a device stood when it lost its socket."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import pytest

from app.devices.frames import Mutation
from app.devices.limits import KIB, MIB, SocketLimits
from tests.devices.conftest import OwnLive
from tests.devices.live import LiveService
from tests.devices.sockets import Frame, RawDevice, connected
from tests.devices.turning import USAGE, begun, connection_of, ended, told
from tests.factories.people import Person
from tests.factories.waiting import until


async def frames(device: RawDevice, count: int) -> list[Frame]:
    return [await device.next() for _ in range(count)]


def seqs(received: Sequence[Frame], request_id: str) -> list[int]:
    return [each["seq"] for each in received if each["request_id"] == request_id]


async def test_a_turn_is_numbered_from_one_without_a_gap(service: LiveService, ada: Person) -> None:
    user_id = UUID(await ada.id())
    async with connected(service, ada, "d") as device:
        stream = service.devices.turns.begin(user_id, "r")
        service.devices.turns.follow(connection_of(service, user_id, "d"), stream)
        stream.domain("tasks")
        stream.start("thread")
        stream.activity("tasks", "started", "Looking", tool="select")
        stream.text("Hello")
        stream.end("completed", mutations=[Mutation(action="delete", table="tasks", id="1", data={})], usage=USAGE)
        received = await frames(device, 5)
    assert [each["type"] for each in received] == [
        "floating_domain",
        "stream_start",
        "activity",
        "stream_text",
        "stream_end",
    ]
    assert seqs(received, "r") == [1, 2, 3, 4, 5]
    assert received[4]["mutations"] == [{"action": "delete", "table": "tasks", "id": "1", "data": {}}]
    assert "error" not in received[4]


@pytest.mark.parametrize("last_seq", range(7))
async def test_the_rest_of_an_ended_turn_comes_in_order(service: LiveService, ada: Person, last_seq: int) -> None:
    told(service, UUID(await ada.id()), "r", 4)
    async with connected(service, ada, resume={"r": last_seq}) as device:
        assert device.ready["resumed"] == ["r"]
        assert seqs(await frames(device, 6 - last_seq), "r") == list(range(last_seq + 1, 7))
        await device.nothing_for(0.1)


async def test_what_was_missed_comes_first_and_then_what_happens_now(service: LiveService, ada: Person) -> None:
    stream = begun(service, UUID(await ada.id()), "r")
    stream.text("before")
    async with connected(service, ada, resume={"r": 1}) as device:
        assert (await device.next())["chunk"] == "before"
        stream.text("after")
        ended(stream)
        assert [each["seq"] for each in await frames(device, 2)] == [3, 4]


async def test_a_device_cut_in_the_middle_misses_nothing_and_sees_nothing_twice(
    service: LiveService, ada: Person
) -> None:
    user_id = UUID(await ada.id())
    stream = begun(service, user_id, "r")

    async def speak() -> None:
        for number in range(200):
            stream.text(str(number))
            await asyncio.sleep(0.002)
        ended(stream)

    speaking = asyncio.ensure_future(speak())
    seen: list[Frame] = []
    while not seen or seen[-1]["type"] != "stream_end":
        async with connected(service, ada, "d", resume={"r": len(seen)}) as device:
            for _ in range(41):
                seen.append(await device.next())
                if seen[-1]["type"] == "stream_end":
                    break
            await device.cut()
    await speaking
    assert seqs(seen, "r") == list(range(1, 203))
    assert [each["chunk"] for each in seen[1:-1]] == [str(number) for number in range(200)]


async def test_there_is_exactly_one_end(service: LiveService, ada: Person) -> None:
    stream = told(service, UUID(await ada.id()), "r", 1)
    with pytest.raises(RuntimeError):
        stream.text("more")
    with pytest.raises(RuntimeError):
        ended(stream)
    async with connected(service, ada, resume={"r": 0}) as device:
        assert [each["type"] for each in await frames(device, 3)].count("stream_end") == 1
        await device.nothing_for(0.1)


async def test_an_unknown_turn_is_lost(service: LiveService, ada: Person) -> None:
    async with connected(service, ada, resume={"nothing": 0}) as device:
        assert (device.ready["resumed"], device.ready["lost"]) == ([], ["nothing"])


async def test_what_nobody_was_sent_yet_cannot_have_been_seen(service: LiveService, ada: Person) -> None:
    told(service, UUID(await ada.id()), "r", 1)
    async with connected(service, ada, resume={"r": 4}) as device:
        assert (device.ready["resumed"], device.ready["lost"]) == ([], ["r"])
        await device.nothing_for(0.1)


async def test_another_users_turn_is_lost_too(service: LiveService, ada: Person, bob: Person) -> None:
    told(service, UUID(await ada.id()), "r", 1)
    async with connected(service, bob, resume={"r": 0, "nothing": 0}) as his:
        assert his.ready["lost"] == ["r", "nothing"]
        await his.nothing_for(0.1)


async def test_two_users_may_choose_the_same_request_id(service: LiveService, ada: Person, bob: Person) -> None:
    told(service, UUID(await ada.id()), "r", 1)
    told(service, UUID(await bob.id()), "r", 3)
    async with connected(service, ada, resume={"r": 0}) as hers, connected(service, bob, resume={"r": 0}) as his:
        assert len(await frames(hers, 3)) == 3
        await hers.nothing_for(0.1)
        assert len(await frames(his, 5)) == 5


async def test_a_turn_is_kept_a_while_after_its_end(tuned_live: OwnLive) -> None:
    async with tuned_live(SocketLimits(turn_kept_s=2)) as service:
        ada = await service.person()
        told(service, UUID(await ada.id()), "r", 1)
        async with connected(service, ada, resume={"r": 0}) as device:
            assert device.ready["resumed"] == ["r"]
        await until(lambda: not service.devices.turns._streams)
        async with connected(service, ada, resume={"r": 0}) as device:
            assert device.ready["lost"] == ["r"]


async def test_a_turn_that_goes_on_is_kept_as_long_as_it_does(tuned_live: OwnLive) -> None:
    async with tuned_live(SocketLimits(turn_kept_s=0.1)) as service:
        ada = await service.person()
        begun(service, UUID(await ada.id()), "r")
        await asyncio.sleep(0.3)
        async with connected(service, ada, resume={"r": 0}) as device:
            assert device.ready["resumed"] == ["r"]


async def test_of_many_ended_turns_the_newest_are_kept(tuned_live: OwnLive) -> None:
    async with tuned_live(SocketLimits(turns_kept_per_user=3)) as service:
        ada = await service.person()
        for number in range(5):
            told(service, UUID(await ada.id()), f"r{number}", 1)
        resume = {f"r{number}": 3 for number in range(5)}
        async with connected(service, ada, resume=resume) as device:
            assert device.ready["lost"] == ["r0", "r1"]


async def test_more_turns_than_a_hello_may_resume_are_lost_and_the_device_gets_in(
    service: LiveService, ada: Person
) -> None:
    user_id = UUID(await ada.id())
    streams = [begun(service, user_id, f"r{number}") for number in range(66)]
    resume = {"unknown": 1} | {each.request_id: 0 for each in streams}
    async with connected(service, ada, resume=resume) as device:
        assert device.ready["resumed"] == [f"r{number}" for number in range(64)]
        assert device.ready["lost"] == ["unknown", "r64", "r65"]
    for each in streams:
        ended(each)


async def test_two_devices_may_follow_the_same_turn(service: LiveService, ada: Person) -> None:
    stream = begun(service, UUID(await ada.id()), "r")
    async with connected(service, ada, resume={"r": 0}) as one, connected(service, ada, resume={"r": 1}) as two:
        ended(stream)
        assert seqs(await frames(one, 2), "r") == [1, 2]
        assert seqs(await frames(two, 1), "r") == [2]


async def test_a_turn_goes_on_when_one_of_its_devices_leaves(service: LiveService, ada: Person) -> None:
    stream = begun(service, UUID(await ada.id()), "r")
    async with connected(service, ada, resume={"r": 1}) as stays:
        async with connected(service, ada, resume={"r": 1}) as leaves:
            await leaves.cut()
        ended(stream)
        assert (await stays.next())["type"] == "stream_end"


async def test_turns_that_interleave_each_keep_their_order(service: LiveService, ada: Person) -> None:
    user_id = UUID(await ada.id())
    streams = [begun(service, user_id, f"r{number}") for number in range(8)]
    async with connected(service, ada, resume={each.request_id: 0 for each in streams}) as device:
        for number in range(20):
            for each in streams:
                each.text(str(number))
            await asyncio.sleep(0)
        for each in streams:
            ended(each)
        received = await frames(device, 8 * 22)
    for each in streams:
        assert seqs(received, each.request_id) == list(range(1, 23))


async def test_a_long_turn_is_replayed_as_fast_as_the_device_reads(service: LiveService, ada: Person) -> None:
    told(service, UUID(await ada.id()), "r", 20_000)
    async with connected(service, ada, resume={"r": 0}) as device:
        await asyncio.sleep(0.3)
        async with asyncio.timeout(20):
            assert seqs(await frames(device, 20_002), "r") == list(range(1, 20_003))


async def test_many_long_turns_at_once_do_not_overflow_the_queue(tuned_live: OwnLive) -> None:
    limits = SocketLimits(outbound_frames=16, outbound_bytes=256 * KIB)
    async with tuned_live(limits) as service:
        ada = await service.person()
        user_id = UUID(await ada.id())
        for turn in range(20):
            stream = begun(service, user_id, f"r{turn}")
            for _ in range(20):
                stream.text("x" * 10_000)
            ended(stream)
        async with connected(service, ada, resume={f"r{turn}": 0 for turn in range(20)}) as device:
            received = await frames(device, 20 * 22)
        assert all(seqs(received, f"r{turn}") == list(range(1, 23)) for turn in range(20))


async def test_of_a_huge_turn_the_end_is_kept(tuned_live: OwnLive) -> None:
    async with tuned_live(SocketLimits(turn_bytes=100 * KIB)) as service:
        ada = await service.person()
        stream = begun(service, UUID(await ada.id()), "r")
        for _ in range(300):
            stream.text("x" * 1000)
        ended(stream)
        async with connected(service, ada, resume={"r": 0}) as device:
            assert device.ready["lost"] == ["r"], "its beginning is no longer here"
        async with connected(service, ada, resume={"r": 280}) as device:
            assert device.ready["resumed"] == ["r"]
            assert seqs(await frames(device, 22), "r") == list(range(281, 303))


@pytest.mark.parametrize("character", ["x", "ü", "漢", "😀"])
async def test_the_size_of_a_turn_is_counted_in_bytes(tuned_live: OwnLive, character: str) -> None:
    async with tuned_live(SocketLimits(turn_bytes=MIB)) as service:
        ada = await service.person()
        stream = begun(service, UUID(await ada.id()), "r")
        for _ in range(60):
            stream.text(character * 10_000)
        kept = sum(len(frame.encode()) for frame in stream._frames)
        assert kept <= MIB


async def test_resuming_does_not_skip_showing_a_token(service: LiveService, ada: Person) -> None:
    told(service, UUID(await ada.id()), "r", 1)
    expired = Person(ada.http, ada.email, ada.password, "nonsense", "")
    with pytest.raises(Exception, match="4401"):
        async with connected(service, expired, resume={"r": 0}):
            pass
