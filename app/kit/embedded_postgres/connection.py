"""How to reach the server: the value callers get, and our own connections as its superuser."""

from dataclasses import dataclass, field
from urllib.parse import quote

import psycopg
from psycopg.rows import TupleRow

from app.kit.embedded_postgres.errors import EmbeddedPostgresError

CONNECT_TIMEOUT_S = 3
MAINTENANCE_DATABASE = "postgres"


@dataclass(frozen=True)
class ConnectionInfo:
    """Where the server listens and who may come in. Passwords stay out of its `repr`."""

    host: str
    port: int
    owner: str
    owner_password: str = field(repr=False)
    database: str
    superuser: str
    superuser_password: str = field(repr=False)

    @property
    def owner_url(self) -> str:
        """As the role that owns the database: not a superuser, and bound by row-level security."""
        return self._url(self.owner, self.owner_password, self.database)

    def superuser_url(self, database: str | None = None) -> str:
        """As the superuser, to the service's database unless another is named."""
        return self._url(self.superuser, self.superuser_password, database or self.database)

    def _url(self, user: str, password: str, database: str) -> str:
        return f"postgresql://{quote(user)}:{quote(password)}@{self.host}:{self.port}/{quote(database)}"


def connect(info: ConnectionInfo, database: str) -> psycopg.Connection[TupleRow]:
    """A connection as the superuser that commits by itself.

    What PGSSLMODE, PGOPTIONS and their kind in somebody's environment say is meant for other servers: it is
    overruled.
    """
    return psycopg.connect(
        host=info.host,
        hostaddr=info.host,
        port=info.port,
        user=info.superuser,
        password=info.superuser_password,
        dbname=database,
        connect_timeout=CONNECT_TIMEOUT_S,
        sslmode="disable",
        gssencmode="disable",
        channel_binding="disable",
        options="",
        autocommit=True,
    )


def answers(info: ConnectionInfo) -> bool:
    """Whether the server lets us in now. Raises `EmbeddedPostgresError` when it knows another password."""
    try:
        connect(info, MAINTENANCE_DATABASE).close()
    except psycopg.OperationalError as error:
        if "password authentication failed" in str(error):
            raise EmbeddedPostgresError(
                "The embedded Postgres refuses the password in connection.json: the file and the data do not "
                "belong together. Restore the file that does; nothing was changed."
            ) from None
        return False
    return True
