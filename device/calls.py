"""A tool call as it arrived, and what came of it."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import orjson

from device.schema import ID_CHARACTERS

Frame = dict[str, Any]
Result = dict[str, Any]

FRAME_BYTES = 1024 * 1024  # the server closes with 1009 on more
# What a tool_result adds around its result: the type and an id of at most 128 characters.
_ENVELOPE_BYTES = 1024


@dataclass(frozen=True)
class Call:
    """Everything but `id` and `action` is as the server sent it, unchecked: whoever uses a field checks it."""

    id: str
    action: str
    table: Any = None
    data: Any = None
    filters: Any = None
    vector: Any = None
    limit: Any = None
    attempt: Any = 1  # for people to see; a device decides by its journal, never by this

    @classmethod
    def read(cls, frame: Frame) -> "Call | None":
        """The call in a `tool_call` frame; None when it has no id to answer to."""
        call_id = frame.get("id")
        if not isinstance(call_id, str) or not 1 <= len(call_id) <= ID_CHARACTERS:
            return None
        rest = {
            name: frame[name] for name in ("table", "data", "filters", "vector", "limit", "attempt") if name in frame
        }
        return cls(id=call_id, action=str(frame.get("action")), **rest)


class Kind(Enum):
    DONE = "done"
    REPEATED = "repeated"  # answered from the journal; nothing was changed
    REFUSED = "refused"  # the call is wrong, or asks for what cannot be
    FAILED = "failed"  # the device's own trouble: disk full, file damaged; not journaled, so a repeat may succeed


@dataclass(frozen=True)
class Outcome:
    kind: Kind
    result: Result = field(repr=False)

    @property
    def rows(self) -> int:
        """How many rows the result carries or touched."""
        for name in ("rows", "results"):
            if name in self.result:
                return len(self.result[name])
        return int(bool(self.result.get("row") or self.result.get("deleted") or self.result.get("ok")))


def fits_a_frame(result: Result) -> bool:
    return len(orjson.dumps(result)) <= FRAME_BYTES - _ENVELOPE_BYTES
