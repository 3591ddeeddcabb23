"""How migrations run: online, one at a time, and giving up rather than queueing behind a long query.

The URL comes from `app.migrate`, never from a file.
"""

from sqlalchemy import NullPool, create_engine, text

from alembic import context
from app.tables import metadata

LOCK_TIMEOUT = "5s"  # a migration that cannot get its lock fails instead of making every query queue behind it
STATEMENT_TIMEOUT = "15min"
ONE_AT_A_TIME = 0x41444955  # the advisory lock that several starting processes share ("ADIU")


def mine(_object: object, name: str | None, kind: str, _reflected: bool, _compare_to: object) -> bool:  # noqa: FBT001 - Alembic's signature
    """procrastinate's tables come from its own schema file; the drift check leaves them alone."""
    return not (kind == "table" and (name or "").startswith("procrastinate_"))


def run() -> None:
    # No pool: the lock lives as long as its connection, also when a migration fails.
    url = context.config.attributes["engine_url"]
    engine = create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": 10})
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:id)"), {"id": ONE_AT_A_TIME})
        connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
        connection.execute(text(f"SET statement_timeout = '{STATEMENT_TIMEOUT}'"))
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=metadata,
            transaction_per_migration=True,
            compare_type=True,
            compare_server_default=True,
            include_object=mine,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
