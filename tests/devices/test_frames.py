"""What a device may say, and what becomes of everything else."""

import asyncio
import json
from typing import Any

import pytest

from app.config import Settings
from app.devices.limits import SocketLimits
from tests.devices.calling import DELETE, GET, SELECT, calling, refusal
from tests.devices.conftest import OwnLive
from tests.devices.live import LiveService, live
from tests.devices.sockets import RawDevice, connected
from tests.factories.people import Person

CANARY = "canary-7f3a"


def nested(depth: int) -> str:
    """A result that is `depth` levels deep in all."""
    return json.dumps({"type": "tool_result", "id": "x", "row": None})[:-5] + '{"a":' * (depth - 1) + "1" + "}" * depth


async def told(device: RawDevice, text: str, code: str = "invalid_frame") -> dict[str, Any]:
    await device.send_text(text)
    frame = await device.refused(code)
    assert CANARY not in json.dumps(frame)
    await device.still_there()
    return frame


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "{",
        CANARY,
        '{"type": "pong"',
        '{"type": "pong"} {"type": "pong"}',
        "{'type': 'pong'}",
        '{"type": "tool_result", "id": "x", "row": {"a": NaN}}',
        '{"type": "tool_result", "id": "x", "row": {"a": Infinity}}',
        '{"type": "tool_result", "id": "x", "row": {"a": -Infinity}}',
        '{"type": "tool_result", "id": "x", "row": {"a": "\\ud800"}}',
        '{"type": "tool_result", "id": "\\udfff"}',
        '{"type": "tool_result", "id": "x", "row": {"\\ud800": 1}}',
        '{"type": "tool_result", "id": "x", "row": {"a": "\x00"}}',
        '{"type": "tool_result", "id": "x", "row": {"a": 01}}',
        "\ufeff" + '{"type": "pong"}',
    ],
    ids=ascii,
)
async def test_what_is_not_json(service: LiveService, ada: Person, text: str) -> None:
    async with connected(service, ada) as device:
        await told(device, text, "bad_json")


@pytest.mark.parametrize("text", ["[]", "3", "null", '"pong"', "true", '[{"type": "pong"}]'])
async def test_what_is_not_an_object(service: LiveService, ada: Person, text: str) -> None:
    async with connected(service, ada) as device:
        assert "object" in (await told(device, text))["message"]


@pytest.mark.parametrize("text", ["{}", '{"type": 3}', '{"type": null}', '{"Type": "pong"}', '{"type": ["pong"]}'])
async def test_what_has_no_type(service: LiveService, ada: Person, text: str) -> None:
    async with connected(service, ada) as device:
        assert "type" in (await told(device, text))["message"]


@pytest.mark.parametrize("name", [CANARY, "", "agent_data", "ping", "device_ready", "PONG"])
async def test_a_type_this_service_does_not_know(service: LiveService, ada: Person, name: str) -> None:
    async with connected(service, ada) as device:
        frame = await told(device, json.dumps({"type": name, "request_id": "r1"}), "unknown_type")
        assert frame["request_id"] == "r1"


@pytest.mark.parametrize(
    ("frame", "field"),
    [
        ({"type": "tool_result"}, "id"),
        ({"type": "tool_result", "id": ""}, "id"),
        ({"type": "tool_result", "id": CANARY * 20}, "id"),
        ({"type": "tool_result", "id": 1}, "id"),
        ({"type": "tool_result", "id": "x", "rows": CANARY}, "rows"),
        ({"type": "tool_result", "id": "x", "rows": [CANARY]}, "rows"),
        ({"type": "tool_result", "id": "x", "row": [CANARY]}, "row"),
        ({"type": "tool_result", "id": "x", "deleted": CANARY}, "deleted"),
        ({"type": "tool_result", "id": "x", "ok": 1}, "ok"),
        ({"type": "tool_result", "id": "x", "results": {CANARY: 1}}, "results"),
        ({"type": "tool_result", "id": "x", "error": {CANARY: 1}}, "error"),
        ({"type": "auth_refresh"}, "token"),
        ({"type": "auth_refresh", "token": CANARY * 1000}, "token"),
        ({"type": "auth_refresh", "token": [CANARY]}, "token"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_the_message_names_the_field_and_never_the_value(
    service: LiveService, ada: Person, frame: dict[str, Any], field: str
) -> None:
    async with connected(service, ada) as device:
        assert field in (await told(device, json.dumps(frame)))["message"]


async def test_an_error_names_the_id_it_is_about(service: LiveService, ada: Person) -> None:
    async with connected(service, ada) as device:
        assert (await told(device, '{"type": "tool_result", "id": "call-1", "ok": 1}'))["id"] == "call-1"


@pytest.mark.parametrize("said", [b"", b'{"type": "pong"}', b"\xff\xfe", bytes(1000)])
async def test_binary_frames_are_refused(service: LiveService, ada: Person, said: bytes) -> None:
    async with connected(service, ada) as device:
        await device.connection.send(said)
        await device.refused("invalid_frame")
        await device.still_there()


async def test_text_that_is_not_utf_8_ends_the_socket(service: LiveService, ada: Person) -> None:
    async with connected(service, ada) as device:
        await device.connection.send(b'{"type": "\xff"}', text=True)
        assert await device.closed() == 1007


async def test_thirty_two_levels_are_taken_and_thirty_three_are_not(service: LiveService, ada: Person) -> None:
    async with connected(service, ada) as device:
        await device.send_text(nested(32))
        await device.still_there()
        assert "32" in (await told(device, nested(33)))["message"]


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "[{" * 50_000, "[" * 50_000 + "]" * 50_000])
async def test_very_deep_frames_are_refused(service: LiveService, ada: Person, text: str) -> None:
    async with connected(service, ada) as device:
        await told(device, text)


async def test_brackets_inside_a_text_are_no_levels(service: LiveService, ada: Person) -> None:
    async with connected(service, ada) as device:
        await device.send({"type": "tool_result", "id": "x", "row": {"a": '[[{"\\' * 100}})
        await device.still_there()


async def test_many_brackets_beside_each_other_are_not_deep(service: LiveService, ada: Person) -> None:
    async with connected(service, ada) as device:
        await device.send({"type": "tool_result", "id": "x", "rows": [{"a": []}] * 1000})
        await device.still_there()


@pytest.mark.parametrize("text", ["\\u0000", "a\\u0000b", "\\\\\\u0000"])
async def test_nul_is_refused(service: LiveService, ada: Person, text: str) -> None:
    async with connected(service, ada) as device:
        assert "NUL" in (await told(device, f'{{"type":"tool_result","id":"x","row":{{"a":"{text}"}}}}'))["message"]


async def test_a_text_that_only_looks_like_nul_is_taken(service: LiveService, ada: Person) -> None:
    async with connected(service, ada) as device:
        await device.send_text('{"type":"tool_result","id":"x","row":{"a":"\\\\u0000"}}')
        await device.still_there()


@pytest.mark.parametrize("number", ["1e999", "9" * 5000, "-1e999"])
async def test_a_number_that_no_column_holds_is_refused(service: LiveService, ada: Person, number: str) -> None:
    async with connected(service, ada) as device:
        await told(device, f'{{"type":"tool_result","id":"x","row":{{"a":{number}}}}}')


async def test_unknown_fields_are_ignored(service: LiveService, ada: Person) -> None:
    async with connected(service, ada, mood="sunny", client={"name": "x", "colour": "red"}) as device:
        answer = calling(ada, device, SELECT)
        asked = await device.next()
        await device.send({"type": "tool_result", "id": asked["id"], "rows": [], "took_ms": 3, "row": None})
        assert (await answer).json() == {"rows": []}


async def test_null_is_the_same_as_leaving_a_field_of_a_result_out(service: LiveService, ada: Person) -> None:
    nothing = dict.fromkeys(("rows", "row", "deleted", "ok", "results", "error"))
    async with connected(service, ada) as device:
        for asked, said in ((SELECT, {"rows": []}), (GET, {"row": None}), (DELETE, {"deleted": False})):
            answer = calling(ada, device, asked)
            await device.answer(**nothing | said)
            assert (await answer).json() == said
        answer = calling(ada, device, SELECT)
        await device.answer(**nothing)
        assert refusal(await answer) == (422, "malformed_result")
        await device.still_there()


@pytest.mark.parametrize(
    "text",
    [
        '{"type": "tool_result", "id": "ID", "rows": [{"id": "1", "dueDate": NaN}]}',
        '{"type":"tool_result","id":"ID","row":{"a":-Infinity}}',
        '{"id": "ID", "rows": [{"dueDate": NaN}], "type": "tool_result"}',  # keys in order
        '\n{ "type" : "tool_result" , "id" : "ID" , "rows": [',
        '{"type": "tool_result", "id": "ID", "error": "\\ud800"}',
    ],
    ids=ascii,
)
async def test_a_result_that_is_not_json_ends_its_call_at_once(service: LiveService, ada: Person, text: str) -> None:
    async with connected(service, ada) as device:
        answer = calling(ada, device, SELECT)
        call_id = (await device.next())["id"]
        assert (await told(device, text.replace("ID", call_id), "bad_json"))["id"] == call_id
        assert refusal(await asyncio.wait_for(answer, 5)) == (422, "malformed_result")


@pytest.mark.parametrize(
    "text",
    [
        '{"type": "approval_response", "id": "ID", "args": {"a": NaN}}',
        '{"type": "tool_result", "rows": [{"id": "ID", "a": NaN}]}',
        'tool_result {"type": "tool_result", "id": "ID", "rows": []}',
    ],
    ids=ascii,
)
async def test_no_call_is_ended_by_what_does_not_begin_as_its_result(
    service: LiveService, ada: Person, text: str
) -> None:
    async with connected(service, ada) as device:
        answer = calling(ada, device, SELECT)
        call_id = (await device.next())["id"]
        await told(device, text.replace("ID", call_id), "bad_json")
        await device.send({"type": "tool_result", "id": call_id, "rows": []})
        assert (await answer).json() == {"rows": []}


# How much


async def test_types_of_a_later_protocol_are_no_mistakes(tuned_live: OwnLive) -> None:
    limits = SocketLimits(protocol_errors_a_minute=2)
    async with tuned_live(limits) as service, connected(service, await service.person()) as device:
        for _ in range(25):
            await device.still_there()


async def test_types_of_a_later_protocol_count_as_frames(tuned_live: OwnLive) -> None:
    limits = SocketLimits(frames_per_second=0.01, frames_at_once=5)
    async with tuned_live(limits) as service, connected(service, await service.person()) as device:
        for _ in range(7):
            await device.send({"type": "no_such_type"})
        assert await device.closed() == 4429


async def test_twenty_mistakes_a_minute_are_forgiven(service: LiveService, ada: Person) -> None:
    async with connected(service, ada) as device:
        for _ in range(20):
            await device.send_text("nonsense")
            await device.refused("bad_json")
        await device.send_text("nonsense")
        assert await device.closed() == 1008


async def test_mistakes_are_forgotten_with_time(tuned_live: OwnLive) -> None:
    limits = SocketLimits(protocol_errors_a_minute=60, frames_at_once=1000)
    async with tuned_live(limits) as service, connected(service, await service.person()) as device:
        for _ in range(60):
            await device.send_text("nonsense")
            await device.refused("bad_json")
        await asyncio.sleep(2.2)
        for _ in range(2):
            await device.send_text("nonsense")
            await device.refused("bad_json")
        await device.send({"type": "pong"})
        await device.nothing_for(0.1)


async def test_frames_faster_than_the_limit(tuned_live: OwnLive) -> None:
    limits = SocketLimits(frames_per_second=0.01, frames_at_once=10)
    async with tuned_live(limits) as service, connected(service, await service.person()) as device:
        for _ in range(11):
            await device.send({"type": "pong"})
        assert await device.closed() == 4429


async def test_frames_within_the_limit_go_on_for_ever(tuned_live: OwnLive) -> None:
    limits = SocketLimits(frames_per_second=50, frames_at_once=5)
    async with tuned_live(limits) as service, connected(service, await service.person()) as device:
        for _ in range(20):
            await device.send({"type": "pong"})
            await asyncio.sleep(0.03)
        await device.still_there()


async def test_results_nobody_asked_for_count(tuned_live: OwnLive) -> None:
    limits = SocketLimits(frames_per_second=0.01, frames_at_once=5)
    async with tuned_live(limits) as service, connected(service, await service.person()) as device:
        for _ in range(7):
            await device.send({"type": "tool_result", "id": "unknown", "rows": []})
        assert await device.closed() == 4429


async def test_frames_that_are_refused_count(tuned_live: OwnLive) -> None:
    limits = SocketLimits(frames_per_second=0.01, frames_at_once=5)
    async with tuned_live(limits) as service, connected(service, await service.person()) as device:
        for _ in range(7):
            await device.send_text("nonsense")
        assert await device.closed() == 4429


async def test_results_that_were_asked_for_do_not_count(tuned_live: OwnLive) -> None:
    limits = SocketLimits(frames_per_second=0.01, frames_at_once=5)
    async with tuned_live(limits) as service:
        ada = await service.person()
        async with connected(service, ada) as device:
            for _ in range(20):
                answer = calling(ada, device, SELECT)
                await device.answer(rows=[])
                assert (await answer).status_code == 200
            await device.still_there()


async def test_a_frame_larger_than_the_limit_ends_the_socket(tuned_live: OwnLive) -> None:
    async with tuned_live(ws_max_frame_bytes=64 * 1024) as service:
        ada = await service.person()
        async with connected(service, ada) as device:
            await device.send({"type": "tool_result", "id": "x", "error": "e" * (63 * 1024)})
            await device.still_there()
            await device.send({"type": "tool_result", "id": "x", "error": "e" * (64 * 1024)})
            assert await device.closed() == 1009


async def test_the_limit_may_be_as_small_as_a_kibibyte(settings: Settings) -> None:
    small = Settings(_env_file=None, **settings.model_dump(exclude={"ws_max_frame_bytes"}), ws_max_frame_bytes=1024)
    async with live(small) as service, connected(service, await service.person()) as device:
        await device.send({"type": "tool_result", "id": "x", "error": "e" * 900})
        await device.still_there()
        await device.send({"type": "tool_result", "id": "x", "error": "e" * 1024})
        assert await device.closed() == 1009


async def test_a_frame_in_pieces_is_one_frame(service: LiveService, ada: Person) -> None:
    async with connected(service, ada) as device:
        answer = calling(ada, device, SELECT)
        asked = await device.next()
        text = json.dumps({"type": "tool_result", "id": asked["id"], "rows": [{"id": "ü"}]}, ensure_ascii=False)
        await device.connection.send(list(text))  # a piece for every character
        assert (await answer).json() == {"rows": [{"id": "ü"}]}


async def test_a_frame_in_pieces_has_the_same_limit(tuned_live: OwnLive) -> None:
    async with tuned_live(ws_max_frame_bytes=64 * 1024) as service:
        ada = await service.person()
        async with connected(service, ada) as device:
            await device.connection.send(["x" * 1024] * 65)
            assert await device.closed() == 1009


async def test_a_frame_the_device_could_not_take_is_not_sent_to_it(tuned_live: OwnLive) -> None:
    """The limit holds both ways: the device would close the socket, and again when the call is repeated."""
    limits = SocketLimits(frame_bytes=64 * 1024)
    async with tuned_live(limits, ws_max_frame_bytes=64 * 1024) as service:
        ada = await service.person()
        async with connected(service, ada) as device:
            asked = {"action": "insert", "table": "notes", "data": {"content": "x" * (65 * 1024)}}
            answer = calling(ada, device, asked)
            refused, _ = await asyncio.gather(answer, device.nothing_for(0.5))
            assert refused.status_code in (413, 422)
