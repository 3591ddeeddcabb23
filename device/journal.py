"""The call journal: every write takes effect once, however often it is sent.

The server sends an unanswered call again, with the same id, after the socket dropped: it cannot know whether the effect
happened and only the answer was lost. So the answer of each write is kept under the call's id, **in the transaction of its
effect**. There is no moment at which one is there without the other, whatever is cut or killed; a journal written a moment
later has such a moment, and doubles the effect in it.

Refused writes are kept too. Their first answer may have reached the server although its repeat was sent; were the repeat
judged anew (by now the missing project exists), the write would take effect while the server holds it for refused.
Reads are not kept: they change nothing, and a repeat may as well see what is there now.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import orjson

from device.calls import Call, Kind, Outcome, Result
from device.errors import Refused

KEPT_MS = 7 * 24 * 3600 * 1000  # the server sends a write again within 24 hours at most

Effect = Callable[[], Result]


class Journal:
    def once(self, connection: sqlite3.Connection, call: Call, effect: Effect, now: int) -> Outcome:
        """Carry a write out, unless it was; in either case the answer of the first time."""
        with transaction(connection):
            stored = find(connection, call.id)
            if stored is not None:
                return stored
            outcome = attempt(connection, effect)
            record(connection, call, outcome, now)
            return outcome


def find(connection: sqlite3.Connection, call_id: str) -> Outcome | None:
    found = connection.execute("SELECT result FROM journal WHERE id = ?", (call_id,)).fetchone()
    return None if found is None else Outcome(Kind.REPEATED, orjson.loads(found[0]))


def record(connection: sqlite3.Connection, call: Call, outcome: Outcome, now: int) -> None:
    """Also the moment to let go of what is too old: an index leads straight to it, so no timer is needed."""
    connection.execute("DELETE FROM journal WHERE at < ?", (now - KEPT_MS,))
    row = (call.id, call.action, orjson.dumps(outcome.result).decode(), now)
    connection.execute("INSERT INTO journal (id, action, result, at) VALUES (?, ?, ?, ?)", row)


def attempt(connection: sqlite3.Connection, effect: Effect) -> Outcome:
    """The effect, or its refusal with everything it did undone; the transaction around it goes on."""
    connection.execute("SAVEPOINT effect")
    try:
        outcome = Outcome(Kind.DONE, effect())
    except Refused as refused:
        connection.execute("ROLLBACK TO effect")
        outcome = Outcome(Kind.REFUSED, {"error": str(refused)})
    connection.execute("RELEASE effect")
    return outcome


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """IMMEDIATE: waits for another process's writer here, at the beginning, where nothing has to be undone."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk may have ended it already
            connection.execute("ROLLBACK")
        raise
