from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from app.devices.calls import Calls
from app.devices.hub import LocalHub
from app.devices.known_devices import KnownDevices
from app.devices.tickets import Tickets
from app.devices.turns import Turns


@dataclass(frozen=True)
class DeviceServices:
    known: KnownDevices
    tickets: Tickets
    calls: Calls
    hub: LocalHub
    turns: Turns


def services(request: Request) -> DeviceServices:
    return cast("DeviceServices", request.app.state.devices)


Devices = Annotated[DeviceServices, Depends(services)]
