"""The reference device: what a desktop client of Adiuva has to do, in as little code as it takes.

    async with Device(Path("home"), "http://127.0.0.1:8000").online() as device:
        turn = device.ask("What is due today?")  # tool calls are carried out meanwhile, on device.store
        async for event in turn:
            ...
        print(turn.answer)

docs/device.md walks through it, file by file.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from device.calls import Call, Frame, Outcome
    from device.decisions import Approve, Decision, Edit, Reject
    from device.device import Device
    from device.errors import DeviceError, DeviceStopped, TurnLost, TurnRefused
    from device.events import (
        Activity,
        Approval,
        ApprovalAsked,
        ApprovalResolved,
        Domain,
        Ended,
        Event,
        Mutation,
        Started,
        Text,
    )
    from device.hooks import CallDone
    from device.levers import Levers
    from device.reconnecting import Ending
    from device.store import Counts, Database
    from device.tokens import Tokens
    from device.turn import Scope, Turn

__all__ = [
    "Activity",
    "Approval",
    "ApprovalAsked",
    "ApprovalResolved",
    "Approve",
    "Call",
    "CallDone",
    "Counts",
    "Database",
    "Decision",
    "Device",
    "DeviceError",
    "DeviceStopped",
    "Domain",
    "Edit",
    "Ended",
    "Ending",
    "Event",
    "Frame",
    "Levers",
    "Mutation",
    "Outcome",
    "Reject",
    "Scope",
    "Started",
    "Text",
    "Tokens",
    "Turn",
    "TurnLost",
    "TurnRefused",
]

_FILES = {
    "calls": ("Call", "Frame", "Outcome"),
    "device": ("Device",),
    "decisions": ("Approve", "Decision", "Edit", "Reject"),
    "errors": ("DeviceError", "DeviceStopped", "TurnLost", "TurnRefused"),
    "events": (
        "Activity",
        "Approval",
        "ApprovalAsked",
        "ApprovalResolved",
        "Domain",
        "Ended",
        "Event",
        "Mutation",
        "Started",
        "Text",
    ),
    "hooks": ("CallDone",),
    "levers": ("Levers",),
    "reconnecting": ("Ending",),
    "store": ("Counts", "Database"),
    "tokens": ("Tokens",),
    "turn": ("Scope", "Turn"),
}


def __getattr__(name: str) -> Any:
    """Imported when first asked for: `python -m device sql` need not wait for a WebSocket library."""
    for file, names in _FILES.items():
        if name in names:
            return getattr(import_module(f"device.{file}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
