"""Turns, as those who run them write them; no model has a part in it."""

from uuid import UUID, uuid4

from app.devices.connection import DeviceConnection
from app.devices.frames import Usage
from app.devices.turns import TurnStream
from tests.devices.live import LiveService

USAGE = Usage(input_tokens=1, output_tokens=2)


def connection_of(service: LiveService, user_id: UUID, device_id: str) -> DeviceConnection:
    line = service.devices.hub.line(user_id, device_id)
    assert line is not None
    assert line.connection is not None
    return line.connection


def begun(service: LiveService, user_id: UUID, request_id: str | None = None) -> TurnStream:
    """A turn with its first frame."""
    stream = service.devices.turns.begin(user_id, request_id or uuid4().hex)
    stream.start("thread")
    return stream


def ended(stream: TurnStream) -> TurnStream:
    stream.end("completed", mutations=[], usage=USAGE)
    return stream


def told(service: LiveService, user_id: UUID, request_id: str, chunks: int) -> TurnStream:
    """A turn of `chunks + 2` frames that has ended."""
    stream = begun(service, user_id, request_id)
    for number in range(chunks):
        stream.text(f"chunk {number}")
    return ended(stream)


def follow_more_than_fits(service: LiveService, user_id: UUID) -> None:
    """Have every socket of a user sent 40 MB, more than any buffer on the way takes. Needs `turn_bytes` to match."""
    stream = begun(service, user_id)
    for _ in range(400):
        stream.text("x" * 100_000)
    for connection in service.devices.hub.connections_of(user_id):
        service.devices.turns.follow(connection, stream)
