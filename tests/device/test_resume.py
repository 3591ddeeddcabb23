import asyncio
from collections.abc import Callable
from typing import Any

from device import Device, Frame
from tests.device.service import Peer, socket

Make = Callable[..., Device]


async def _hear(make: Make, *scripts: Callable[[Peer], Any], **arguments: Any) -> tuple[list[Frame], list[Frame]]:
    """Run until the last script has ended: the hellos, and the frames the app heard."""
    hellos, heard, over = list[Frame](), list[Frame](), asyncio.Event()
    left = [len(scripts)]

    def wrapped(script: Callable[[Peer], Any]) -> Callable[[Peer], Any]:
        async def run(peer: Peer) -> None:
            try:
                await script(peer)
                hellos.append(peer.hello)
            finally:
                left[0] -= 1
                if not left[0]:
                    over.set()
            await peer.gone()

        return run

    async with socket(*map(wrapped, scripts)) as service:
        made = make(service.url, on_frame=heard.append, **arguments)
        async with made.online(), asyncio.timeout(10):
            await over.wait()
    return hellos, [frame for frame in heard if "seq" in frame]


async def _turn(peer: Peer, request_id: str, *seqs: int, end: bool = False) -> None:
    for seq in seqs:
        kind = "stream_start" if seq == 1 else "stream_end" if end and seq == seqs[-1] else "stream_text"
        await peer.send(type=kind, request_id=request_id, seq=seq)
    await peer.call("select", table="tasks")  # answered in order: the device has read all before it


async def test_an_unfinished_turn_is_offered_at_the_reconnect_and_a_finished_one_is_not(device: Make) -> None:
    async def first(peer: Peer) -> None:
        await peer.greet()
        await _turn(peer, "open", 1, 2, 3)
        await _turn(peer, "done", 1, 2, end=True)
        await peer.close(1012)

    async def second(peer: Peer) -> None:
        await peer.greet(resumed=["open"])
        await _turn(peer, "open", 4, 5, end=True)

    hellos, heard = await _hear(device, first, second)
    assert [hello["resume"] for hello in hellos] == [{}, {"open": 3}]
    assert [frame["seq"] for frame in heard if frame["request_id"] == "open"] == [1, 2, 3, 4, 5]


async def test_frames_that_come_twice_are_heard_once(device: Make) -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        await _turn(peer, "r", 1, 2, 2, 1, 3, 3)
        await _turn(peer, "r", 4, end=True)
        await peer.send(type="stream_end", request_id="r", seq=4)
        await peer.send(type="stream_text", request_id="r", seq=2)
        await peer.call("select", table="tasks")

    _, heard = await _hear(device, script)
    assert [frame["seq"] for frame in heard] == [1, 2, 3, 4]


async def test_turns_that_interleave_are_counted_each_for_itself(device: Make) -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        for seq in (1, 2):
            for request_id in ("a", "b"):
                await _turn(peer, request_id, seq)

    gaps: list[Any] = []
    _, heard = await _hear(device, script, on_gap=lambda *gap: gaps.append(gap))
    assert [(frame["request_id"], frame["seq"]) for frame in heard] == [("a", 1), ("b", 1), ("a", 2), ("b", 2)]
    assert gaps == []


async def test_a_gap_is_noticed(device: Make) -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        await _turn(peer, "r", 1, 2, 5, 6)

    gaps: list[Any] = []
    _, heard = await _hear(device, script, on_gap=lambda *gap: gaps.append(gap))
    assert gaps == [("r", 3, 5)]
    assert [frame["seq"] for frame in heard] == [1, 2, 5, 6]


async def test_turns_the_service_has_lost_are_reported_and_not_offered_again(device: Make) -> None:
    async def first(peer: Peer) -> None:
        await peer.greet()
        await _turn(peer, "gone", 1, 2)
        await peer.close(1012)

    async def second(peer: Peer) -> None:
        await peer.greet(lost=["gone"])
        await peer.call("select", table="tasks")
        await peer.close(1012)

    async def third(peer: Peer) -> None:
        await peer.greet()

    lost: list[list[str]] = []
    hellos, _ = await _hear(device, first, second, third, on_lost=lost.append)
    assert [hello["resume"] for hello in hellos] == [{}, {"gone": 2}, {}]
    assert lost == [["gone"]]


async def test_a_turn_asked_for_again_is_told_again(device: Make) -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        await _turn(peer, "r", 1, 2, end=True)
        assert (await peer.receive())["type"] == "home_request"
        await _turn(peer, "r", 1, 2, end=True)

    heard, over = list[Frame](), asyncio.Event()

    async def run(peer: Peer) -> None:
        await script(peer)
        over.set()
        await peer.gone()

    async with socket(run) as service:
        made = device(service.url, on_frame=heard.append)
        async with made.online(), asyncio.timeout(20):
            while not any(frame["type"] == "stream_end" for frame in heard):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            while made.counts.calls < 1:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            await made.send({"type": "home_request", "request_id": "r", "message": "again"})
            await over.wait()
    assert [frame["seq"] for frame in heard if "seq" in frame] == [1, 2, 1, 2]
