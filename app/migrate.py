"""Bring a database to the newest schema.

Runs before the service serves, in its own synchronous connection as the schema's owner. Several processes may start at
once: an advisory lock lets one migrate while the others wait and find nothing to do.
"""

from pathlib import Path

import psycopg
from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import URL
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from alembic import command

SCRIPTS = Path(__file__).parent.parent / "alembic"


class CannotMigrate(Exception):
    """Why the database cannot be used, and what to do: for a person at a terminal."""


def alembic_config(database_url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["engine_url"] = _psycopg_url(database_url)
    return config


def head() -> str:
    """The newest revision this code knows."""
    return ScriptDirectory(str(SCRIPTS)).get_current_head() or ""


def migrate(database_url: str) -> None:
    """Upgrade to the newest revision. Raises `CannotMigrate`."""
    _check_url(database_url)
    try:
        _check_server(database_url)
        command.upgrade(alembic_config(database_url), "head")
    except (psycopg.OperationalError, OperationalError) as error:
        cause = error.orig if isinstance(error, OperationalError) else error
        if isinstance(cause, psycopg.errors.LockNotAvailable):
            raise CannotMigrate(
                "A migration could not lock its table within a few seconds (lock timeout): something else is using it. "
                "Nothing is half done; start again."
            ) from None
        raise CannotMigrate(
            f"The database does not answer: {_first_line(cause)}. Check DATABASE_URL and that Postgres is running."
        ) from None


def _check_url(database_url: str) -> None:
    try:
        conninfo_to_dict(database_url)
    except psycopg.ProgrammingError:  # its text repeats the part it could not read: maybe the password
        raise CannotMigrate(
            "DATABASE_URL cannot be read. It must look like postgresql://user:password@host:5432/database; in a password "
            "write % as %25, @ as %40 and / as %2F."
        ) from None


def _check_server(database_url: str) -> None:
    with psycopg.connect(database_url, connect_timeout=10) as connection:
        version = connection.info.server_version
        if version < 150000:
            raise CannotMigrate(f"Postgres 15 or newer is needed; this server is {version // 10000}.")
        ready = connection.execute(
            "SELECT exists(SELECT FROM pg_extension WHERE extname = 'vector'),"
            " exists(SELECT FROM pg_available_extensions WHERE name = 'vector'),"
            " (SELECT rolsuper FROM pg_roles WHERE rolname = current_user), current_database()"
        ).fetchone()
        assert ready is not None
    created, available, superuser, name = ready
    if not available:
        raise CannotMigrate(
            "This Postgres server has no pgvector. Install it (Debian: postgresql-16-pgvector; Docker: the image "
            "pgvector/pgvector; most hosted services have it) and start again."
        )
    if not created and not superuser:
        raise CannotMigrate(
            f"The extension vector is installed but not created in the database {name}, and this user may not create it. "
            f"As a superuser run: psql -d {name} -c 'CREATE EXTENSION vector'"
        )


def _psycopg_url(database_url: str) -> URL:
    return make_url(database_url).set(drivername="postgresql+psycopg")


def _first_line(error: BaseException | None) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
