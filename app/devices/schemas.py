"""What crosses HTTP about devices."""

import math
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StrictFloat, StrictInt, StringConstraints, model_validator

from app.devices.calls import Ask
from app.devices.frames import Action, Table
from app.devices.known_devices import KnownDevice
from app.devices.limits import SocketLimits
from app.kit.clock import to_ms
from app.kit.schema import Answer, Body, Ms

MAX_DIMENSIONS = 4096
NESTING = SocketLimits.nesting


def printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("only printable characters are allowed")
    return text


DeviceId = Annotated[
    str,
    StringConstraints(min_length=1, max_length=128),
    AfterValidator(printable),
    Field(description="What the device calls itself in `device_hello`.", examples=["laptop-of-ada"]),
]


class TicketBody(Body):
    device_id: DeviceId


class TicketAnswer(Answer):
    ticket: str = Field(description="For `?ticket=…`. Works once, for this device.", examples=["kR0w…"])
    expires_at: Ms


class ClientAnswer(Answer):
    name: str | None = Field(default=None, examples=["adiuva-desktop"])
    version: str | None = Field(default=None, examples=["1.4.0"])
    platform: str | None = Field(default=None, examples=["macOS 26"])


class DeviceAnswer(Answer):
    id: str = Field(description="What the device calls itself.", examples=["laptop-of-ada"])
    name: str = Field(examples=["Ada's laptop"])
    online: bool
    last_seen: Ms
    client: ClientAnswer
    timezone: str | None = Field(examples=["Europe/Rome"])

    @classmethod
    def of(cls, device: KnownDevice) -> "DeviceAnswer":
        return cls(
            id=device.id,
            name=device.name,
            online=device.online,
            last_seen=to_ms(device.last_seen_at),
            client=ClientAnswer(**device.client),
            timezone=device.timezone,
        )


class RenameBody(Body):
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=256)] = Field(
        examples=["Ada's laptop"]
    )


def sendable(value: Any) -> Any:
    """JSON has no NaN, but parsers of it let one through; a device must not be sent what it cannot read."""
    level = [value]
    for _ in range(NESTING):
        deeper: list[Any] = []
        for each in level:
            _check(each)
            if isinstance(each, dict):
                deeper += [*each, *each.values()]
            elif isinstance(each, list):
                deeper += each
        level = deeper
    if level:
        raise ValueError(f"values may be nested {NESTING} levels deep")
    return value


def _check(value: Any) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("numbers must be finite")
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        raise ValueError("whole numbers have at most 64 bits")
    if isinstance(value, str) and not _encodes(value):
        raise ValueError("text must be valid Unicode")


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


_NEEDS_TABLE = {"select", "get", "insert", "update", "delete"}
_NEEDS_ID = {"get", "update", "delete", "vector_upsert"}


class CallBody(Body):
    """One tool call, as in section 4 of the protocol."""

    action: Action = Field(examples=["select"])
    table: Table | None = Field(default=None, examples=["tasks"])
    data: dict[str, Any] | None = Field(
        default=None, description="insert: the row; get, delete: {id}; update: {id, updates}.", examples=[None]
    )
    filters: dict[str, Any] | None = Field(default=None, examples=[{"status": "todo", "orderBy": "dueDate"}])
    vector: list[StrictFloat] | None = Field(default=None, max_length=MAX_DIMENSIONS, examples=[None])
    limit: StrictInt | None = Field(default=None, ge=1, le=1000, examples=[5])

    @model_validator(mode="before")
    @classmethod
    def _can_be_sent(cls, value: Any) -> Any:
        return sendable(value)

    @model_validator(mode="after")
    def _whole(self) -> "CallBody":
        """What docs/protocol.md asks of each action. What the columns may hold is for the device to say."""
        if self.action in _NEEDS_TABLE and self.table is None:
            raise ValueError(f"{self.action} needs a table")
        if self.action in _NEEDS_ID and not (self.data and isinstance(self.data.get("id"), str)):
            raise ValueError(f"{self.action} needs data with an id")
        if self.action == "insert" and self.data is None:
            raise ValueError("insert needs data")
        if self.action == "update" and not isinstance((self.data or {}).get("updates"), dict):
            raise ValueError("update needs data with updates, an object")
        if self.action == "vector_upsert" and not isinstance((self.data or {}).get("content"), str):
            raise ValueError("vector_upsert needs data with content")
        if self.action in ("vector_upsert", "vector_search") and not self.vector:
            raise ValueError(f"{self.action} needs a vector")
        if self.action == "vector_search" and self.limit is None:
            raise ValueError("vector_search needs a limit")
        return self

    def ask(self) -> Ask:
        return Ask(
            action=self.action,
            table=self.table,
            data=self.data,
            filters=self.filters,
            vector=self.vector,
            limit=self.limit,
        )
