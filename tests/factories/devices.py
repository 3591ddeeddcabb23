"""Devices a person has, as the service remembers them; none is connected."""

from typing import Any
from uuid import UUID, uuid4

from app.devices.credentials import Credential
from app.devices.deps import DeviceServices
from app.devices.frames import DeviceHello, ToolCall
from tests.conftest import Service
from tests.factories.people import Person


def devices_of(service: Service) -> DeviceServices:
    services: DeviceServices = service.app.state.devices
    return services


async def a_device(service: Service, owner: Person, device_id: str | None = None, **hello: Any) -> str:
    """The id of a device that has said hello once."""
    chosen = device_id or f"device-{uuid4()}"
    caller = await service.app.state.auth.callers.of(owner.access_token)
    await devices_of(service).known.greet(Credential.of(caller), DeviceHello(device_id=chosen, **hello))
    return chosen


async def a_written_call(service: Service, owner: Person, device_id: str, title: str = "Buy milk") -> str:
    """The id of a change that was written down and never answered."""
    frame = ToolCall(id=str(uuid4()), action="insert", table="tasks", data={"title": title}, attempt=1, deadline=0)
    await service.app.state.devices.calls.ledger.open(UUID(await owner.id()), device_id, frame)
    return frame.id
