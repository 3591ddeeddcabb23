"""The worker's connections: psycopg, as the system role, with the same limits as every other connection."""

from typing import Any

from procrastinate import PsycopgConnector
from psycopg import AsyncConnection

from app.kit.db import POOL_WAIT_S, SYSTEM_ROLE, session_settings

POOL_SIZE = 4  # one claim, one heartbeat and the ends of jobs: statements of about a millisecond

# A peer that vanished without a word (a cable, a black hole) is noticed after some 15 s instead of the system's hours.
_NOTICE_DEAD_PEERS = {
    "connect_timeout": POOL_WAIT_S,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}


async def _become_system(connection: AsyncConnection[Any]) -> None:
    await connection.set_autocommit(True)  # every statement of the worker stands alone
    settings = session_settings(application_name="adiuva-jobs")
    await connection.execute(
        "SELECT set_config(name, value, false) FROM unnest(%s::text[], %s::text[]) AS setting (name, value)",
        [list(settings), list(settings.values())],
    )
    await connection.execute(f"SET ROLE {SYSTEM_ROLE}".encode())


def connector(database_url: str) -> PsycopgConnector:
    """Not yet open. `configure` also reaches the connection that listens, which lives outside the pool."""
    return PsycopgConnector(
        conninfo=database_url,
        kwargs=_NOTICE_DEAD_PEERS,
        configure=_become_system,
        min_size=1,
        max_size=POOL_SIZE,
        timeout=POOL_WAIT_S,
        # After this many seconds the pool forgets a failed attempt and the next question starts a new one: otherwise its
        # pauses double, and a long outage would be followed by a long silence.
        reconnect_timeout=1,
    )
