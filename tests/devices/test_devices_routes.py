"""Devices over HTTP, and the schema of what they say."""

import asyncio
import json
import re
from typing import Any, get_args
from urllib.parse import quote
from uuid import UUID

import pytest
from jsonschema_rs import Draft202012Validator, meta

from app.devices.frames import FromDevice, ToDevice
from tests.devices.calling import SELECT, call, calling
from tests.devices.live import LiveService
from tests.devices.sockets import connected
from tests.devices.turning import connection_of, ended
from tests.factories.approvals import an_approval, approvals_of
from tests.factories.devices import a_device
from tests.factories.people import Person
from tests.factories.rows import dump, values

STRANGE = [
    "with space",
    " led and trailed ",
    "a/b/c",
    "/slashed/",
    "ключ-漢字-😀",
    "100%",
    "what?now#then",
    "semi;colon&and=",
    "a+b",
    "x" * 128,
    "call",
    'it\'s "quoted"\\',
]


def path(device_id: str) -> str:
    return f"/devices/{quote(device_id, safe='')}"


async def listed(person: Person) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await person.get("/devices")).json()["items"]
    return items


async def test_a_device_is_known_by_what_it_said(service: LiveService, ada: Person) -> None:
    client = {"name": "adiuva-desktop", "version": "1.4.0", "platform": "macOS 26"}
    async with connected(service, ada, "d", name="Ada's laptop", client=client, timezone="Europe/Rome"):
        [device] = await listed(ada)
        assert abs(device.pop("last_seen") / 1000 - service.clock.now().timestamp()) < 5
        assert device == {
            "id": "d",
            "name": "Ada's laptop",
            "online": True,
            "client": client,
            "timezone": "Europe/Rome",
        }
        assert (await ada.get("/devices/d")).json()["id"] == "d"


async def test_a_device_that_says_nothing_of_itself(service: LiveService, ada: Person) -> None:
    async with connected(service, ada, "d"):
        [device] = await listed(ada)
        assert (device["name"], device["timezone"]) == ("d", None)
        assert device["client"] == {"name": None, "version": None, "platform": None}


async def test_what_a_device_says_next_time_counts(service: LiveService, ada: Person) -> None:
    for name in ("old", "new"):
        async with connected(service, ada, "d", name=name):
            pass
    assert [each["name"] for each in await listed(ada)] == ["new"]


async def test_online_is_whether_its_socket_is_open(service: LiveService, ada: Person) -> None:
    async with connected(service, ada, "d") as device:
        assert (await ada.get("/devices/d")).json()["online"] is True
        await device.close()
    assert (await ada.get("/devices/d")).json()["online"] is False


async def test_last_seen_is_when_the_socket_ended(service: LiveService, ada: Person) -> None:
    async with connected(service, ada, "d") as device:
        service.clock.move(minutes=5)
        await device.close()
        await asyncio.sleep(0.2)
    gone = service.clock.now().timestamp()
    service.clock.move(minutes=5)
    assert abs((await ada.get("/devices/d")).json()["last_seen"] / 1000 - gone) < 3


async def test_the_last_seen_comes_first_and_in_pages(service: LiveService, ada: Person) -> None:
    for number in range(5):
        await a_device(service, ada, f"d{number}")
        service.clock.move(seconds=1)
    pages = [(await ada.get("/devices", params={"page": page, "limit": 2})).json() for page in (1, 2, 3, 4)]
    assert [each["id"] for page in pages for each in page["items"]] == ["d4", "d3", "d2", "d1", "d0"]
    assert [(page["total"], page["page"], page["limit"]) for page in pages] == [(5, n, 2) for n in (1, 2, 3, 4)]


async def test_a_name_of_ones_own_stays(service: LiveService, ada: Person) -> None:
    await a_device(service, ada, "d", name="MacBook-3.local")
    answer = await ada.request("PATCH", "/devices/d", json={"name": "  The laptop — 💻  "})
    assert (answer.status_code, answer.json()["name"]) == (200, "The laptop — 💻")
    async with connected(service, ada, "d", name="MacBook-4.local"):
        assert [each["name"] for each in await listed(ada)] == ["The laptop — 💻"]


@pytest.mark.parametrize("name", ["", "   ", "x" * 257, "\x00", None, 7, "\ud800"])
async def test_a_name_that_is_none(service: LiveService, ada: Person, name: Any) -> None:
    await a_device(service, ada, "d")
    answer = await ada.request(
        "PATCH",
        "/devices/d",
        content=json.dumps({"name": name}).encode(),
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 422


async def test_names_are_sealed(service: LiveService, ada: Person, superuser_url: str) -> None:
    await a_device(service, ada, "d", name="canary-said-1", timezone="canary-zone-1")
    await ada.request("PATCH", "/devices/d", json={"name": "canary-given-1"})
    words = (b"canary-said-1", b"canary-zone-1", b"canary-given-1")
    assert [place for place, value in values(dump(superuser_url)) if any(word in value for word in words)] == []


async def test_a_revoked_device_is_no_longer_there(service: LiveService, ada: Person) -> None:
    await a_device(service, ada, "d")
    assert (await ada.delete("/devices/d")).status_code == 204
    assert await listed(ada) == []
    for method in ("GET", "PATCH", "DELETE"):
        body = {"json": {"name": "x"}} if method == "PATCH" else {}
        assert (await ada.request(method, "/devices/d", **body)).status_code == 404


async def test_there_is_no_such_device(ada: Person) -> None:
    assert (await ada.get("/devices/nothing")).json()["code"] == "not_found"


@pytest.mark.parametrize("device_id", STRANGE)
async def test_a_device_may_call_itself_anything_printable(service: LiveService, ada: Person, device_id: str) -> None:
    async with connected(service, ada, device_id) as device:
        assert [each["id"] for each in await listed(ada)] == [device_id]
        assert (await ada.get(path(device_id))).json()["id"] == device_id
        renamed = await ada.request("PATCH", path(device_id), json={"name": "mine"})
        assert renamed.json()["name"] == "mine"
        answer = asyncio.ensure_future(call(ada, quote(device_id, safe=""), SELECT))
        await device.answer(rows=[])
        assert (await answer).json() == {"rows": []}
        assert (await ada.post("/ws/ticket", json={"device_id": device_id})).status_code == 200
        assert (await ada.delete(path(device_id))).status_code == 204
        assert await device.closed() == 4403


@pytest.mark.parametrize("device_id", ["", "x" * 129, "bell\u0007", "\x00", 7, None])
async def test_a_ticket_is_for_an_id_a_device_may_have(ada: Person, device_id: Any) -> None:
    assert (await ada.post("/ws/ticket", json={"device_id": device_id})).status_code == 422


@pytest.mark.parametrize("device_id", ["%00", "%FF", "%ED%A0%80", "x" * 129, "%0A", "%07"])
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_an_address_no_device_has_is_no_accident(ada: Person, method: str, device_id: str) -> None:
    body = {"json": {"name": "x"}} if method == "PATCH" else {}
    assert (await ada.request(method, f"/devices/{device_id}", **body)).status_code in (400, 404, 422)


# The schema of the frames


async def test_the_schema_is_public_and_valid(service: LiveService) -> None:
    answer = await service.http.get("/protocol/schema")
    assert answer.status_code == 200
    assert answer.json()["protocol"] == 1
    for direction in ("from_device", "to_device"):
        meta.validate(answer.json()[direction])


@pytest.mark.parametrize(("direction", "union"), [("from_device", FromDevice), ("to_device", ToDevice)])
async def test_every_frame_is_in_the_schema(service: LiveService, direction: str, union: Any) -> None:
    schema = (await service.http.get("/protocol/schema")).json()[direction]
    for frame in get_args(union):
        definition = schema["$defs"][frame.__name__]
        name = re.sub(r"(?<!^)([A-Z])", r"_\1", frame.__name__).lower()
        assert definition["properties"]["type"] == {"enum": [name]}
        assert Draft202012Validator(schema).is_valid({"type": "nonsense"}) is False


FROM_DEVICE: list[dict[str, Any]] = [
    {"type": "device_hello", "device_id": "d"},
    {
        "type": "device_hello",
        "device_id": "d",
        "name": "n",
        "protocol": 1,
        "agent_ids": ["a"],
        "timezone": "Europe/Rome",
        "client": {"name": "c", "version": "1", "platform": "p"},
        "journal": True,
        "resume": {"r": 3},
        "later": "ignored",
    },
    {"type": "tool_result", "id": "c", "rows": [{"id": "1"}]},
    {"type": "tool_result", "id": "c", "row": None},
    {"type": "tool_result", "id": "c", "deleted": False},
    {"type": "tool_result", "id": "c", "ok": True},
    {"type": "tool_result", "id": "c", "results": []},
    {"type": "tool_result", "id": "c", "error": "no"},
    {"type": "tool_result", "id": "c", "rows": [], "row": None, "error": None},
    {"type": "device_hello", "device_id": "d", "protocol": None, "agent_ids": None, "journal": None, "resume": None},
    {"type": "auth_refresh", "token": "t"},
    {"type": "pong"},
    {"type": "home_request", "message": "m"},
    {"type": "floating_request", "message": "m", "scope": {"type": "task", "id": "t"}},
    {"type": "cancel", "request_id": "r"},
    {"type": "approval_response", "id": "a", "decision": "edit", "args": {"task_id": "t"}},
]
NOT_FROM_DEVICE: list[Any] = [
    {},
    {"type": "device_hello"},
    {"type": "device_hello", "device_id": ""},
    {"type": "device_hello", "device_id": "x" * 129},
    {"type": "device_hello", "device_id": "d", "resume": {"r": -1}},
    {"type": "tool_result"},
    {"type": "tool_result", "id": "c", "rows": {}},
    {"type": "tool_result", "id": "c", "error": {}},
    {"type": "auth_refresh"},
    {"type": "ping"},
    {"type": "home_request"},
    {"type": "floating_request", "message": "m"},
    {"type": "approval_response", "id": "a", "decision": "expired"},
    [],
]


@pytest.mark.parametrize("frame", FROM_DEVICE, ids=lambda frame: " ".join(map(str, frame))[:40])
async def test_frames_a_device_may_send_are_valid(service: LiveService, frame: dict[str, Any]) -> None:
    schema = (await service.http.get("/protocol/schema")).json()["from_device"]
    Draft202012Validator(schema).validate(frame)


@pytest.mark.parametrize("frame", NOT_FROM_DEVICE, ids=lambda frame: str(frame)[:40])
async def test_frames_a_device_may_not_send_are_not(service: LiveService, frame: Any) -> None:
    schema = (await service.http.get("/protocol/schema")).json()["from_device"]
    assert not Draft202012Validator(schema).is_valid(frame)


async def test_every_frame_this_service_sends_is_valid(service: LiveService, ada: Person) -> None:
    validator = Draft202012Validator((await service.http.get("/protocol/schema")).json()["to_device"])
    service.clock.move(minutes=14, seconds=30)
    async with connected(service, ada, "d", resume={"lost": 1}) as device:
        user_id = UUID(await ada.id())
        seen = [device.ready, await device.next()]
        answer = calling(ada, device, SELECT | {"filters": {"status": "todo"}})
        seen.append(await device.answer(rows=[]))
        await answer
        await device.send_text("nonsense")
        seen.append(await device.next())
        stream = service.devices.turns.begin(user_id, "r")
        service.devices.turns.follow(connection_of(service, user_id, "d"), stream)
        stream.domain("tasks")
        stream.start("t")
        stream.activity("tasks", "started", "Looking")
        stream.text("x")
        ended(stream)
        seen += [await device.next() for _ in range(5)]
        approval = await an_approval(service, ada)
        approvals_of(service).asking.ask(approval)
        await ada.post(f"/approvals/{approval.id}", json={"decision": "reject"})
        seen += [await device.next() for _ in range(2)]
    seen.append({"type": "ping"})
    for frame in seen:
        validator.validate(frame)
    assert {frame["type"] for frame in seen} == {each.__struct_config__.tag for each in get_args(ToDevice)}
