import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from device import CallDone, Device, Frame, Levers
from tests.device.service import Peer, socket, stay

Make = Callable[..., Device]


async def _run(make: Make, script: Callable[[Peer], Any], **arguments: Any) -> Device:
    """A device that is online until the script has ended."""
    over = asyncio.Event()

    async def until_over(peer: Peer) -> None:
        try:
            await script(peer)
        finally:
            over.set()
        await peer.gone()

    async with socket(until_over) as service:
        made = make(service.url, **arguments)
        async with made.online(), asyncio.timeout(10):
            await over.wait()
    return made


async def test_the_first_frame_says_who_the_device_is_and_the_token_is_in_the_header(device: Make) -> None:
    seen: list[Any] = []

    async def script(peer: Peer) -> None:
        seen.extend([await peer.greet(), peer.authorization])

    made = await _run(device, script, name="Laptop", timezone="Europe/Rome")
    hello, authorization = seen
    assert authorization == "Bearer token"
    assert hello == {
        "type": "device_hello", "device_id": made.device_id, "name": "Laptop", "protocol": 1, "agent_ids": [],
        "timezone": "Europe/Rome", "client": hello["client"], "journal": True, "resume": {},
    }  # fmt: skip
    assert set(hello["client"]) == {"name", "version", "platform"}


async def test_a_device_is_not_ready_before_the_service_says_so(device: Make) -> None:
    async def script(peer: Peer) -> None:
        await peer.receive()
        await peer.gone()

    async with socket(script) as service:
        made = device(service.url)
        running = asyncio.create_task(made.run())
        with pytest.raises(TimeoutError, match="not ready within"):
            await made.ready(0.2)
        await made.stop()
        assert (await running).reason == "asked"


async def test_a_tool_call_is_answered_with_its_id_and_what_the_action_returns(device: Make) -> None:
    done: list[CallDone] = []

    async def script(peer: Peer) -> None:
        await peer.greet()
        answer = await peer.call("insert", id="c-7", table="tasks", data={"title": "T"}, field_of_the_future=1)
        assert (answer["type"], answer["id"], answer["row"]["title"]) == ("tool_result", "c-7", "T")
        assert await peer.call("get", table="tasks", data={"id": "x"}) == {
            "type": "tool_result",
            "id": "call-1",
            "row": None,
        }

    made = await _run(device, script, on_call=done.append)
    assert [row["title"] for row in made.store.rows("tasks")] == ["T"]
    assert [(each.call.id, each.outcome.kind.value, each.outcome.rows) for each in done] == [
        ("c-7", "done", 1),
        ("call-1", "done", 0),
    ]


async def test_a_deadline_that_has_passed_is_no_reason_to_refuse(device: Make) -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        assert "row" in await peer.call("insert", table="tasks", data={"title": "T"}, deadline=1, attempt=9)

    await _run(device, script)


async def test_a_ping_is_answered_while_a_call_is_being_worked_on(device: Make) -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.ask("select", id="slow", table="tasks")
        await peer.send(type="ping")
        assert [(await peer.receive())["type"] for _ in range(2)] == ["pong", "tool_result"]

    await _run(device, script, levers=Levers(slow_before_s=0.2))


async def test_a_ping_is_answered_while_sqlite_itself_is_busy(device: Make) -> None:
    made: list[Device] = []

    async def script(peer: Peer) -> None:
        await peer.greet()
        release = asyncio.Event()
        loop = asyncio.get_running_loop()
        blocked = asyncio.create_task(
            made[0].store.work(lambda _: asyncio.run_coroutine_threadsafe(release.wait(), loop).result(5))
        )
        await asyncio.sleep(0)
        await peer.ask("select", table="tasks")
        await peer.send(type="ping")
        assert (await peer.receive())["type"] == "pong"
        release.set()
        await blocked
        assert (await peer.receive())["type"] == "tool_result"

    def make(url: str, **arguments: Any) -> Device:
        made.append(device(url, **arguments))
        return made[0]

    await _run(make, script)


async def test_calls_in_flight_are_carried_out_in_the_order_they_came(device: Make) -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.ask("insert", id="0", table="clients", data={"id": "c", "name": "0"})
        for number in range(1, 30):
            await peer.ask(
                "update", id=str(number), table="clients", data={"id": "c", "updates": {"name": str(number)}}
            )
        answers = [await peer.receive() for _ in range(30)]
        assert [(each["id"], each["row"]["name"]) for each in answers] == [
            (str(number), str(number)) for number in range(30)
        ]

    await _run(device, script)


@pytest.mark.parametrize(
    "text",
    [
        "{", "[]", "5", "null", "{}", '{"type": 5}', '{"type": "of_the_future"}', b"\x00\xff", '{"type": "tool_call"}',
        '{"type": "tool_call", "id": 5, "action": "select"}', '{"type": "stream_text", "chunk": "x"}',
        '{"type": "stream_text", "request_id": [], "seq": 1}', '{"type": "stream_text", "request_id": "r", "seq": "1"}',
        '{"type": "device_ready", "lost": 5, "heartbeat_s": "x"}', '{"type": "error"}', "[" * 5000, '{"type": "agent_run"}',
    ],
)  # fmt: skip
async def test_what_the_device_does_not_understand_is_ignored(device: Make, text: str | bytes) -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.send_text(text)
        assert await peer.call("select", table="tasks") == {"type": "tool_result", "id": "call-1", "rows": []}

    assert (await _run(device, script)).connections == 1


async def test_every_wrong_call_over_the_socket_is_answered_and_the_next_one_works(device: Make) -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.send(type="tool_call", id="a")
        assert "error" in await peer.receive()
        assert "error" in await peer.call("insert", table={"a": 1}, data="x", filters=5, vector="v", limit=[])
        assert "row" in await peer.call("insert", table="tasks", data={"title": "T"})

    await _run(device, script)


async def test_errors_and_frames_of_the_service_are_reported(device: Make) -> None:
    errors, frames = list[Frame](), list[Frame]()

    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.send(type="error", code="rate_limited", message="slow down", retry_after=3)
        await peer.call("select", table="tasks")

    await _run(device, script, on_error=errors.append, on_frame=frames.append)
    assert [each["code"] for each in errors] == ["rate_limited"]
    assert [each["type"] for each in frames] == ["device_ready", "error", "tool_call"]


async def test_a_hook_that_fails_does_not_end_the_connection(device: Make) -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        assert "rows" in await peer.call("select", table="tasks")
        assert "rows" in await peer.call("select", table="tasks")

    def fail(_: Any) -> None:
        raise ValueError("a bug of the app")

    made = await _run(device, script, on_frame=fail, on_call=fail)
    assert made.connections == 1


async def test_a_hundred_devices_live_in_one_loop(device: Make, tmp_path: Any) -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.call("insert", table="tasks", data={"title": "T"})
        await peer.send(type="auth_expiring_of_the_future")
        await peer.gone()

    async with socket(script) as service:
        devices = [device(service.url, home=tmp_path / str(number)) for number in range(100)]
        running = [asyncio.create_task(each.run()) for each in devices]
        async with asyncio.timeout(15):
            while sum(each.counts.effects for each in devices) < 100:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        await asyncio.gather(*(each.stop() for each in devices))
        assert {each.reason for each in await asyncio.gather(*running)} == {"asked"}
    assert len({each.device_id for each in devices}) == 100
    assert all(each.store.count("tasks") == 1 for each in devices)


async def test_frames_can_be_sent_while_connected_and_only_then(device: Make) -> None:
    from device import DeviceError

    heard: list[Frame] = []

    async def script(peer: Peer) -> None:
        await peer.greet()
        heard.append(await peer.receive())
        await peer.gone()

    async with socket(script) as service:
        made = device(service.url)
        with pytest.raises(DeviceError, match="not connected"):
            await made.send({"type": "x"})
        async with made.online():
            await made.send({"type": "x"})
            async with asyncio.timeout(20):
                while not heard:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
    assert heard == [{"type": "x"}]


async def test_a_device_can_be_run_again_after_it_stopped(device: Make) -> None:
    async with socket(stay) as service:
        made = device(service.url)
        for _ in range(2):
            async with made.online():
                assert made.is_ready
            assert not made.is_ready
        await made.stop()
        async with made.online():
            assert made.connections == 3


async def test_cancelling_run_closes_everything(device: Make) -> None:
    async with socket(stay) as service:
        made = device(service.url)
        running = asyncio.create_task(made.run())
        await made.ready()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert not made.is_ready
        assert made.store._worker is None
