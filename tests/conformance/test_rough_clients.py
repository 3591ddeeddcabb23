"""Clients that do not take part: the checker ends in good time, and says why."""

import asyncio
from typing import Any

import orjson
import pytest
from websockets.asyncio.client import ClientConnection, connect

from device.conformance.report import Result
from tests.conformance.honest import HonestClient
from tests.conformance.runs import Run, checked

pytestmark = pytest.mark.faults  # slow, and of what changes rarely: make faults


async def _checked(*faults: str, **options: Any) -> Run:
    return await checked(lambda port: HonestClient(port, *faults).run(), **options)


async def test_a_client_that_connects_and_says_nothing() -> None:
    run = await _checked("says nothing", patience=0.3)
    assert run.status == 1
    assert run.of("handshake.hello").expected == "`device_hello` within 0.3 s"
    assert run.of("handshake.hello").got == "nothing"
    assert run.ids(Result.FAIL) == {"handshake.hello"}
    assert all(each.blocked for each in run.verdicts if each.rule.needs_connection)
    assert "the client has not said hello" in run.text


async def test_a_client_whose_first_frame_is_another_one() -> None:
    run = await _checked("greets late")
    assert run.status == 1
    assert "cancel" in run.of("handshake.hello").got


async def test_a_client_that_floods_is_cut_off() -> None:
    run = await _checked("floods")
    assert run.status == 1
    assert run.of("discipline.pace").expected.startswith("at most 50 frames a second")
    assert "the client floods the socket" in run.text


async def test_a_client_that_answers_no_call_is_given_up() -> None:
    async def deaf(port: int) -> None:
        async with connect(f"ws://127.0.0.1:{port}/api/v1/ws/device?token=any") as socket:
            await socket.send(b'{"type": "device_hello", "device_id": "deaf", "agent_ids": []}', text=True)
            await socket.wait_closed()

    run = await checked(deaf, "actions", "values", patience=1)
    assert run.status == 1
    assert "5 calls in a row went unanswered" in run.text
    assert len(run.ids(Result.FAIL)) == 5


async def test_a_client_that_leaves_in_the_middle_and_stays_away() -> None:
    run = await _checked("stops after 1012", only=("reconnect", "values"), reconnect_within=0.5)
    assert run.status == 1
    assert run.of("reconnect.restarting").expected == "a new connection within 0.5 s after close code 1012"
    assert run.of("values.unicode").result is Result.PASS
    assert run.of("reconnect.going-away").note == "the client is not connected and did not come back"
    assert run.of("reconnect.timed-out").note == "the same"
    assert run.of("reconnect.going-away").blocked
    assert run.of("reconnect.timed-out").blocked


async def test_a_client_that_does_not_read_is_not_waited_for() -> None:
    async def full(port: int) -> None:
        async with connect(
            f"ws://127.0.0.1:{port}/api/v1/ws/device?token=any", max_queue=1, close_timeout=0.1
        ) as socket:
            await socket.send(b'{"type": "device_hello", "device_id": "full", "agent_ids": []}', text=True)
            await asyncio.sleep(60)

    run = await checked(full, "concurrency.large", "errors.too-large", patience=0.2)
    assert run.status == 1


async def test_frames_that_make_no_sense_are_told_of_and_survived() -> None:
    async def odd(port: int) -> None:
        async with connect(f"ws://127.0.0.1:{port}/api/v1/ws/device?token=any") as socket:
            await _send(socket, {"type": "device_hello", "device_id": "odd", "agent_ids": [], "resume": {"lost": 3}})
            for text in ("nonsense", "[1]", '{"type": 7}', '{"type": "tool_result", "id": "never sent", "ok": true}'):
                await socket.send(text)
            await _send(socket, {"type": "cancel"})
            await _send(socket, {"type": "floating_request", "message": "hello", "scope": {"type": "none"}})
            await _send(socket, {"type": "device_hello", "device_id": "odd", "agent_ids": []})
            async for raw in socket:
                call = orjson.loads(raw)
                if call["type"] == "tool_call":
                    answers: dict[str, dict[str, Any]] = {"get": {"row": None}, "insert": {"row": {"id": 7}}}
                    odd_one = answers.get(call["action"], {"rows": "many"})
                    await _send(socket, {"type": "tool_result", "id": call["id"], **odd_one})

    run = await checked(odd, "actions", "vectors", "discipline", patience=3)
    assert run.status == 1
    told = {each for each in run.ids(Result.FAIL) if each.startswith("discipline.")}
    assert told == {f"discipline.{each}" for each in ("json", "known-calls", "fields", "hello-once")}


async def test_another_client_that_comes_by_is_sent_away() -> None:
    async def two(port: int) -> None:
        asked = asyncio.create_task(HonestClient(port).run())
        try:
            await asyncio.sleep(0.3)
            async with connect(f"ws://127.0.0.1:{port}/api/v1/ws/device?token=any") as socket:
                await _send(socket, {"type": "device_hello", "device_id": "a stranger", "agent_ids": []})
                await socket.wait_closed()
                assert socket.close_code == 4429
            await asked
        finally:
            asked.cancel()

    run = await checked(two, "actions", "values", "unknown", "discipline")
    assert run.status == 0
    assert "Other clients that came by were sent away: a stranger" in run.text


async def test_a_second_connection_of_the_same_device_is_told_of() -> None:
    async def two(port: int) -> None:
        first = asyncio.create_task(HonestClient(port).run())
        await asyncio.sleep(0.3)
        await asyncio.gather(first, HonestClient(port).run())

    run = await checked(two, "handshake", "unknown", "discipline.one-connection", patience=3)
    assert run.ids(Result.WARNING) == {"discipline.one-connection"}


async def test_whoever_types_into_the_client_gets_an_answer() -> None:
    heard: list[dict[str, Any]] = []

    async def chatty(port: int) -> None:
        async with connect(f"ws://127.0.0.1:{port}/api/v1/ws/device?token=any") as socket:
            await _send(socket, {"type": "device_hello", "device_id": "chatty", "agent_ids": []})
            await _send(socket, {"type": "home_request", "request_id": "mine", "message": "hello"})
            async for raw in socket:
                heard.append(orjson.loads(raw))  # noqa: PERF401 - what was heard counts, also when this is cancelled

    await checked(chatty, "unknown.error", patience=0.5)
    assert [each["seq"] for each in heard if each.get("request_id") == "mine" and "seq" in each] == [1, 2, 3]


class ShyClient(HonestClient):
    """Takes only turns that it asked for, and asks when somebody tells it to."""

    def __init__(self, port: int, *faults: str) -> None:
        super().__init__(port, *faults)
        self.asked: dict[object, dict[str, Any]] = {}
        self.over: set[object] = set()
        self.sockets: list[ClientConnection] = []

    async def ask(self) -> None:
        request: dict[str, Any] = {"type": "home_request", "message": "hello"}
        if "asks without an id" not in self.faults:
            request["request_id"] = f"asked {len(self.asked)}"
        self.asked[request.get("request_id")] = request
        await _send(self.sockets[-1], request)

    async def _take(self, socket: ClientConnection, kind: str, frame: dict[str, Any]) -> None:
        self.sockets.append(socket)
        if "seq" in frame or (kind == "error" and "asks although refused" not in self.faults):
            self.over.add(frame.get("request_id"))
        if kind == "device_ready" and "asks once" not in self.faults:
            for request_id, request in self.asked.items():
                if request_id not in self.over:
                    await _send(socket, request)
        if "seq" not in frame or frame.get("request_id") in self.asked:
            await super()._take(socket, kind, frame)


async def _asked(*only: str, ask: bool = True, faults: tuple[str, ...] = ()) -> Run:
    clients: list[ShyClient] = []
    asking: list[asyncio.Task[None]] = []

    async def run(port: int) -> None:
        clients.append(ShyClient(port, *faults))
        await clients[0].run()

    def hear(text: str) -> None:
        if "Send any message from your client now." in text:
            asking.append(asyncio.create_task(clients[0].ask()))

    found = await checked(run, *only, ask=ask, hear=hear)
    await asyncio.gather(*asking)
    return found


async def test_a_client_that_takes_only_what_it_asked_for_is_judged_by_what_it_asks() -> None:
    refused = await _asked("resume.offers", ask=False)
    assert "use --ask and send a message" in refused.of("resume.offers").got
    asked = await _asked("resume", "asking", "approvals", "discipline")
    assert asked.ids(Result.PASS) == {each.rule.id for each in asked.verdicts}, asked.text


async def test_clients_that_ask_badly_are_found_out() -> None:
    once, stubborn, nameless = await asyncio.gather(
        _asked("asking", faults=("asks once",)),
        _asked("asking", faults=("asks although refused",)),
        _asked("asking", faults=("asks without an id",)),
    )
    assert (once.ids(Result.WARNING), once.of("asking.again").got) == ({"asking.again"}, "nothing")
    assert (stubborn.ids(Result.FAIL), stubborn.of("asking.refused").got) == (
        {"asking.refused"},
        "the refused one again",
    )
    assert nameless.ids(Result.WARNING) == {"asking.request-id"}
    assert nameless.ids(Result.SKIPPED) == {"asking.again", "asking.refused"}


async def _send(socket: ClientConnection, frame: dict[str, Any]) -> None:
    await socket.send(orjson.dumps(frame).decode())
