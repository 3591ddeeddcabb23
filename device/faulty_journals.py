"""Journals that are wrong on purpose. What a test of "exactly once" must notice; never what a client should do."""

import sqlite3
from collections.abc import Callable

from device.calls import Call, Outcome
from device.journal import Effect, Journal, attempt, find, record, transaction


class Crashed(Exception):
    """Stands for the process ending at this very point."""


class NoJournal(Journal):
    def once(self, connection: sqlite3.Connection, call: Call, effect: Effect, now: int) -> Outcome:  # noqa: ARG002
        with transaction(connection):
            return attempt(connection, effect)


class LateJournal(Journal):
    """The effect is committed first, the journal written in a transaction after it."""

    def __init__(self, crash_between: Callable[[], bool]) -> None:
        self._crash_between = crash_between

    def once(self, connection: sqlite3.Connection, call: Call, effect: Effect, now: int) -> Outcome:
        if (stored := find(connection, call.id)) is not None:
            return stored
        with transaction(connection):
            outcome = attempt(connection, effect)
        if self._crash_between():
            raise Crashed
        with transaction(connection):
            record(connection, call, outcome, now)
        return outcome
