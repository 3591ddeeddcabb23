"""The real service, driven from inside."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from starlette.types import ASGIApp

from app.config import Settings
from app.devices.limits import SocketLimits
from app.devices.tables import DeviceTables
from app.logging import set_up_logging
from app.main import create_app
from benchmarks.driver import Driver
from benchmarks.round_trips import FILTERS, LIMIT, NEW_TASK, REQUEST, device_id

PATH = "/api/v1/ws/device"


def device_service(people: list[str], settings: dict[str, Any], limits: dict[str, Any]) -> ASGIApp:
    """With its logs as in production. `people`: whose the devices are, in the order of their numbers."""
    complete = Settings(_env_file=None, **settings)
    set_up_logging(level=complete.log_level, as_json=complete.logs_as_json)
    app = create_app(complete, with_worker=False, limits=replace(SocketLimits(), **limits))
    calls = app.state.devices.calls
    tables = [
        DeviceTables(calls, UUID(each), named=device_id(number), request_id=REQUEST)
        for number, each in enumerate(people)
    ]

    async def select(number: int) -> object:
        return await tables[number].select("tasks", FILTERS, limit=LIMIT)

    async def insert(number: int) -> object:
        return await tables[number].insert("tasks", NEW_TASK)

    return Driver(app, {"select": select, "insert": insert})
