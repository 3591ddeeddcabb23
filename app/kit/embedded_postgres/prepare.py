"""What a new cluster needs inside: the owner's role, its database, the vector extension."""

from pathlib import Path

import psycopg
from psycopg import sql

from app.kit.embedded_postgres.connection import MAINTENANCE_DATABASE, ConnectionInfo, connect
from app.kit.embedded_postgres.errors import EmbeddedPostgresError, disk_full

# A killed start leaves its last statement running on the server for a moment; the lock makes the next one
# wait for it.
_ONE_AT_A_TIME = "SELECT pg_advisory_lock(1)"

# May create the roles it hands its rights to, but sees no row that row-level security hides.
_RIGHTS = sql.SQL("LOGIN CREATEROLE NOSUPERUSER NOCREATEDB NOBYPASSRLS NOREPLICATION PASSWORD")


def prepare(info: ConnectionInfo, folder: Path) -> None:
    """Bring role, database and extension into being. Can be repeated from any point it was interrupted at."""
    try:
        _make_owner_and_database(info)
        _make_extension(info)
    except psycopg.errors.DiskFull:
        raise disk_full(folder) from None
    except psycopg.Error as error:
        raise EmbeddedPostgresError(
            f"The new database could not be prepared ({str(error).strip()}). Start again: it goes on where it stopped."
        ) from error


def _make_owner_and_database(info: ConnectionInfo) -> None:
    owner, database = sql.Identifier(info.owner), sql.Identifier(info.database)
    with connect(info, MAINTENANCE_DATABASE) as connection:
        connection.execute(_ONE_AT_A_TIME)
        known = connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [info.owner]).fetchone() is not None
        verb = sql.SQL("ALTER" if known else "CREATE")
        connection.execute(sql.SQL("{} ROLE {} {} {}").format(verb, owner, _RIGHTS, sql.Literal(info.owner_password)))
        if connection.execute("SELECT FROM pg_database WHERE datname = %s", [info.database]).fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, owner))


def _make_extension(info: ConnectionInfo) -> None:
    # Only a superuser can: the extension is not marked as trusted.
    with connect(info, info.database) as connection:
        connection.execute(_ONE_AT_A_TIME)
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
