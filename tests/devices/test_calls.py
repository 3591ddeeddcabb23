"""Tool calls over the diagnostic route, from HTTP to the device's frame and back."""

import asyncio
from typing import Any

import httpx

from tests.devices.live import LiveService
from tests.devices.sockets import RawDevice, connected
from tests.factories.people import Person


def asked(person: Person, device: RawDevice, **call: Any) -> "asyncio.Task[httpx.Response]":
    return asyncio.ensure_future(person.post(f"/devices/{device.device_id}/call", json=call))


async def test_a_call_reaches_the_device_and_its_rows_come_back(service: LiveService, ada: Person) -> None:
    async with connected(service, ada) as device:
        answer = asked(ada, device, action="select", table="tasks", filters={"status": "todo"}, limit=5)
        call = await device.next()
        assert call.pop("id")
        assert call.pop("deadline") > 0
        assert call == {
            "type": "tool_call",
            "action": "select",
            "table": "tasks",
            "filters": {"status": "todo"},
            "limit": 5,
            "attempt": 1,
        }
        await device.send({"type": "tool_result", "id": "unknown", "rows": []})
        await device.cut()
        answer.cancel()
