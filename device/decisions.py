"""What a person answers when the assistant asks first."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from device.calls import Frame
from device.events import Approval


@dataclass(frozen=True)
class Approve:
    def fields(self) -> Frame:
        return {"decision": "approve"}


@dataclass(frozen=True)
class Edit:
    """Do it, but with these arguments: all of them, not only those that differ."""

    args: Mapping[str, Any] = field(repr=False)

    def fields(self) -> Frame:
        return {"decision": "edit", "args": dict(self.args)}


@dataclass(frozen=True)
class Reject:
    """The assistant is told the reason."""

    reason: str = field(default="", repr=False)

    def fields(self) -> Frame:
        return {"decision": "reject"} | ({"reason": self.reason} if self.reason else {})


Decision = Approve | Edit | Reject
OnApproval = Callable[[Approval], Awaitable[Decision]]
