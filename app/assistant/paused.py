"""A turn that waits for an approval, as bytes: everything it needs to go on in another process."""

from datetime import datetime
from typing import Any

import msgspec

from app.assistant.desk import Noted
from app.assistant.meter import Meter
from app.assistant.question import Question
from app.devices.frames import Mutation
from app.memory.ports import Forgot
from app.threads.records import KeptEvent, OpenedRun


class PausedTurn(msgspec.Struct, frozen=True, kw_only=True):
    question: Question
    run: OpenedRun
    graph: bytes
    frames: list[str]  # as sent
    dropped: int  # frames before those
    said: str
    about: str
    mark: str
    meter: Meter
    started: list[str]
    seen: list[tuple[str, str]]
    mutations: list[Mutation]
    events: list[KeptEvent]
    has_read_outside_text: bool
    updates_after_outside_text: int
    used_s: float  # of the turn's time limit
    said_at: datetime
    heard: list[str]
    forgot: list[Forgot] = []

    def noted(self) -> Noted:
        noted = Noted()
        for table, row_id in self.seen:
            noted.seen.add(table, row_id)
        noted.mutations, noted.events = list(self.mutations), list(self.events)
        noted.has_read_outside_text = self.has_read_outside_text
        noted.updates_after_outside_text = self.updates_after_outside_text
        return noted


_DECODER = msgspec.msgpack.Decoder(PausedTurn)


def to_bytes(turn: PausedTurn) -> bytes:
    return msgspec.msgpack.encode(turn)


def from_bytes(kept: bytes) -> PausedTurn:
    return _DECODER.decode(kept)


def as_rows(mutations: list[Mutation]) -> list[dict[str, Any]]:
    return [msgspec.to_builtins(mutation) for mutation in mutations]
