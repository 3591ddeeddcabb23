"""The seven actions by name, and which of them change something."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from device import rows, vectors
from device.calls import FRAME_BYTES, Call, Result, fits_a_frame
from device.errors import Refused
from device.schema import shown

Perform = Callable[[sqlite3.Connection, Call, int], Result]


@dataclass(frozen=True)
class Action:
    """`perform(connection, call, now in ms)` runs inside a transaction and raises `Refused` for a call that is wrong."""

    perform: Perform
    is_write: bool


ACTIONS = {
    "select": Action(rows.select, is_write=False),
    "get": Action(rows.get, is_write=False),
    "insert": Action(rows.insert, is_write=True),
    "update": Action(rows.update, is_write=True),
    "delete": Action(rows.delete, is_write=True),
    "vector_upsert": Action(vectors.upsert, is_write=True),
    "vector_search": Action(vectors.search, is_write=False),
}


def action_of(call: Call) -> Action:
    action = ACTIONS.get(call.action)
    if action is None:
        raise Refused(f"There is no action {shown(call.action)}; the actions are {', '.join(ACTIONS)}.")
    return action


def perform(connection: sqlite3.Connection, call: Call, now: int) -> Result:
    """Do it. Raises `Refused`, also for a result no frame can carry: the server would close the socket over it, and a
    write whose result can never be told must not happen."""
    result = action_of(call).perform(connection, call, now)
    if not fits_a_frame(result):
        raise Refused(f"The result is larger than a frame of {FRAME_BYTES} bytes; ask for fewer or smaller rows.")
    return result
