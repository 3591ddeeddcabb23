"""What every benchmark stands on: a Postgres as durable as in production, migrated databases, a temporary folder."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from app.kit.embedded_postgres import ConnectionInfo, EmbeddedPostgres
from app.migrate import migrate


@dataclass(frozen=True)
class Ground:
    folder: Path
    postgres: ConnectionInfo
    quick: bool
    rounds: int
    verbose: bool = False

    @contextmanager
    def database(self, name: str) -> Iterator["BenchmarkDatabase"]:
        """A migrated database nobody else uses."""
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{self.postgres.database}" OWNER "{self.postgres.owner}"')
        try:
            yield BenchmarkDatabase(
                self.postgres.owner_url.rpartition("/")[0] + f"/{name}", self.postgres.superuser_url(name)
            )
        finally:
            self._run(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _run(self, statement: str) -> None:
        with psycopg.connect(self.postgres.superuser_url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())


@dataclass(frozen=True)
class BenchmarkDatabase:
    url: str  # as the service is given it: the owner, who is no superuser
    superuser_url: str  # for rows that are put in directly


@contextmanager
def ground(*, quick: bool, rounds: int, verbose: bool = False) -> Iterator[Ground]:
    folder = Path(tempfile.mkdtemp(prefix="adiuva-benchmarks-"))
    postgres = EmbeddedPostgres(folder / "postgres", durable=True, say=lambda _: None)
    try:
        sys.stderr.write("Preparing a Postgres of our own …\n")
        info = postgres.start()
        migrate(info.owner_url)
        yield Ground(folder, info, quick, rounds, verbose)
    finally:
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)
