"""The reference device: what a desktop client of Adiuva has to do, in as little code as it takes.

    async with Device(Path("home"), "http://127.0.0.1:8000").online() as device:
        ...  # tool calls are carried out; device.store.rows("tasks") looks into the tables

docs/device.md walks through it, file by file.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from device.calls import Call, Frame, Outcome
    from device.device import Device
    from device.errors import DeviceError
    from device.hooks import CallDone
    from device.levers import Levers
    from device.reconnecting import Ending
    from device.store import Counts, Database
    from device.tokens import Tokens

__all__ = [
    "Call",
    "CallDone",
    "Counts",
    "Database",
    "Device",
    "DeviceError",
    "Ending",
    "Frame",
    "Levers",
    "Outcome",
    "Tokens",
]

_FILES = {
    "calls": ("Call", "Frame", "Outcome"),
    "device": ("Device",),
    "errors": ("DeviceError",),
    "hooks": ("CallDone",),
    "levers": ("Levers",),
    "reconnecting": ("Ending",),
    "store": ("Counts", "Database"),
    "tokens": ("Tokens",),
}


def __getattr__(name: str) -> Any:
    """Imported when first asked for: `python -m device sql` need not wait for a WebSocket library."""
    for file, names in _FILES.items():
        if name in names:
            return getattr(import_module(f"device.{file}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
