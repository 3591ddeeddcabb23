"""When everything that was said is remembered: turns end before what they leave to the background."""

import time

import psycopg

_IS_LEFT = "SELECT EXISTS (SELECT FROM memory_inbox)"
_WITHIN_S = 120


class Inbox:
    def __init__(self, connection: "psycopg.Connection[tuple[bool]]") -> None:
        """`connection`: a superuser's, with autocommit."""
        self._connection = connection

    def wait_until_empty(self) -> None:
        """Raises `RuntimeError` after two minutes."""
        deadline = time.monotonic() + _WITHIN_S
        while self._is_left():
            if time.monotonic() > deadline:
                raise RuntimeError("Some turns were not remembered in time.")
            time.sleep(0.02)

    def _is_left(self) -> bool:
        row = self._connection.execute(_IS_LEFT).fetchone()
        return row is not None and row[0]
