import asyncio
import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from device import Device, Levers
from tests.device.service import Peer, socket

Make = Callable[..., Device]
INSERT: dict[str, Any] = {"id": "i", "table": "tasks", "data": {"title": "T"}}


class Server:
    """Does what the real one does: sends an unanswered call again, after the device has come back."""

    def __init__(self) -> None:
        self.answers: list[dict[str, Any]] = []
        self.over = asyncio.Event()

    async def __call__(self, peer: Peer) -> None:
        await peer.greet()
        self.answers.append(await peer.call("insert", **INSERT))
        self.over.set()
        await peer.gone()


async def _until_answered(device: Make, levers: Levers) -> Device:
    server = Server()
    async with socket(server) as service:
        made = device(service.url, levers=levers)
        async with made.online(), asyncio.timeout(10):
            await server.over.wait()
    assert server.answers[0]["id"] == "i"
    return made


@pytest.mark.parametrize("lever", ["cut_before", "cut_after"])
async def test_a_cut_at_the_worst_moment_neither_loses_nor_doubles_a_write(device: Make, lever: str) -> None:
    made = await _until_answered(
        device, Levers(cut_before=2 * (lever == "cut_before"), cut_after=2 * (lever == "cut_after"))
    )
    assert made.connections == 3
    assert made.store.count("tasks") == 1
    assert made.counts.repeats == (1 if lever == "cut_after" else 0) * 2


async def test_a_crash_between_effect_and_late_journal_doubles_the_write(device: Make) -> None:
    made = await _until_answered(device, Levers(journal_outside_transaction=True, crash_between=1))
    assert made.store.count("tasks") == 2


async def test_without_a_journal_a_repeat_doubles_the_write(device: Make) -> None:
    made = await _until_answered(device, Levers(without_journal=True, cut_after=1))
    assert made.store.count("tasks") == 2


async def test_cuts_by_the_dice_are_the_same_for_the_same_seed(device: Make, tmp_path: Any) -> None:
    connections = []
    for number in range(2):
        levers = Levers(cut_before_chance=0.4, cut_after_chance=0.4, dice=random.Random(4))
        made = await _until_answered(lambda url, **rest: device(url, home=tmp_path / str(number), **rest), levers)  # noqa: B023
        assert made.store.count("tasks") == 1
        connections.append(made.connections)
    assert connections[0] == connections[1] > 1


async def _texts(device: Make, levers: Levers, calls: int, answers: int) -> list[str]:
    """What came over the wire after so many selects."""
    texts, over = list[str](), asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.greet()
        for number in range(calls):
            await peer.ask("select", id=str(number), table="tasks")
        for _ in range(answers):
            text = await peer._websocket.recv()
            assert isinstance(text, str)
            texts.append(text)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await peer._websocket.recv()
        over.set()
        await peer.gone()

    async with socket(script) as service, device(service.url, levers=levers).online(), asyncio.timeout(10):
        await over.wait()
    return texts


async def test_results_can_come_twice_late_or_never(device: Make) -> None:
    def ids(texts: list[str]) -> list[str]:
        return [json.loads(each)["id"] for each in texts]

    assert ids(await _texts(device, Levers(), 3, 3)) == ["0", "1", "2"]
    assert ids(await _texts(device, Levers(duplicate=1), 2, 4)) == ["0", "0", "1", "1"]
    assert ids(await _texts(device, Levers(reorder=3), 4, 3)) == ["2", "1", "0"]
    assert ids(await _texts(device, Levers(forget=2), 3, 1)) == ["2"]


async def test_garbage_is_never_a_result(device: Make) -> None:
    for text in await _texts(device, Levers(garbage=5), 5, 5):
        try:
            frame = json.loads(text)
        except ValueError:
            continue
        assert not (isinstance(frame, dict) and "id" in frame and isinstance(frame.get("rows"), list))


async def test_a_device_can_be_slow_and_stop_ponging(device: Make) -> None:
    over = asyncio.Event()
    levers = Levers(slow_after_s=0.2, no_pong=True)

    async def script(peer: Peer) -> None:
        await peer.greet()
        began = asyncio.get_running_loop().time()
        await peer.send(type="ping")
        assert (await peer.call("select", table="tasks"))["type"] == "tool_result"
        assert asyncio.get_running_loop().time() - began >= 0.2
        over.set()
        await peer.gone()

    async with socket(script) as service, device(service.url, levers=levers).online(), asyncio.timeout(20):
        await over.wait()


async def test_a_device_can_say_that_it_keeps_no_journal(device: Make) -> None:
    hellos = list[Any]()

    async def script(peer: Peer) -> None:
        hellos.append(await peer.greet())
        await peer.gone()

    async with socket(script) as service, device(service.url, levers=Levers(claims_journal=False)).online():
        assert hellos[0]["journal"] is False


async def test_a_restart_forgets_memory_and_keeps_the_tables_and_the_journal(device: Make) -> None:
    hellos, answers = list[Any](), list[Any]()

    async def script(peer: Peer) -> None:
        hellos.append(await peer.greet())
        await peer.send(type="stream_start", request_id="r", seq=1)
        answers.append(await peer.call("insert", **INSERT))
        await peer.gone()

    async with socket(script) as service, device(service.url).online() as made, asyncio.timeout(10):
        while len(answers) < 1:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        assert made.turns.open == {"r": 1}
        await made.restart()
        await made.ready()
        while len(answers) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        assert [hello["resume"] for hello in hellos] == [{}, {}]
        assert answers[0]["row"] == answers[1]["row"]
        assert made.store.count("tasks") == 1
