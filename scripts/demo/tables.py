"""A look into the device's SQLite past everything else: what is really on disk."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from device.store import FILE_NAME


class Tables:
    def __init__(self, home: Path) -> None:
        self._url = f"{(home / FILE_NAME).resolve().as_uri()}?mode=ro"

    def rows(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        with closing(sqlite3.connect(self._url, uri=True, timeout=10)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(statement, values)]

    def one(self, statement: str, *values: Any) -> Any:
        """The first value of the only row."""
        (row,) = self.rows(statement, *values)
        return next(iter(row.values()))
