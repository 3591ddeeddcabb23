"""`connection.json`: what a folder remembers of its cluster."""

import json
import secrets
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

from app.kit.embedded_postgres.connection import ConnectionInfo
from app.kit.embedded_postgres.errors import EmbeddedPostgresError
from app.kit.embedded_postgres.files import write_whole

FILE = "connection.json"
HOST = "127.0.0.1"


@dataclass(frozen=True)
class Remembered:
    """Names, passwords and the port last used; `prepared` once role, database and extension are known to be
    there."""

    info: ConnectionInfo
    prepared: bool = False

    @classmethod
    def made(cls, name: str) -> Self:
        """New passwords for a cluster that does not exist yet; port 0 means none was chosen."""
        return cls(
            ConnectionInfo(
                host=HOST,
                port=0,
                owner=name,
                owner_password=secrets.token_urlsafe(24),
                database=name,
                superuser="postgres",
                superuser_password=secrets.token_urlsafe(24),
            )
        )

    @classmethod
    def load(cls, folder: Path) -> Self | None:
        """What this folder remembers; None when it never was ours. Raises `EmbeddedPostgresError` when it is
        damaged."""
        file = folder / FILE
        try:
            content = file.read_bytes()
        except FileNotFoundError:
            return None
        try:
            return cls._parsed(json.loads(content))
        except (ValueError, TypeError, KeyError, AttributeError):
            raise EmbeddedPostgresError(
                f"{file} is damaged. Restore it from a backup, or move {folder} away to begin with an empty "
                "database; nothing was changed."
            ) from None

    @classmethod
    def _parsed(cls, facts: dict[str, Any]) -> Self:
        prepared = bool(facts.pop("prepared"))
        port = int(facts.pop("port"))
        if not all(isinstance(value, str) for value in facts.values()):
            raise TypeError("names and passwords are text")
        return cls(ConnectionInfo(port=port, **facts), prepared)

    def save(self, folder: Path) -> None:
        """Replace the file in one step; it is on the disk when this returns."""
        write_whole(folder / FILE, json.dumps(asdict(self.info) | {"prepared": self.prepared}, indent=2))

    def at(self, port: int) -> Self:
        return replace(self, info=replace(self.info, port=port))

    def as_prepared(self) -> Self:
        return replace(self, prepared=True)
