"""The database a command works on: `DATABASE_URL`, or the embedded Postgres of `DATA_DIR`."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from app.cli.signals import end_as_ctrl_c_does
from app.config import Settings
from app.kit.embedded_postgres import EmbeddedPostgres, FolderInUse, FolderLock
from app.local_secrets import completed, data_dir_in_use


def embedded(settings: Settings) -> EmbeddedPostgres:
    return EmbeddedPostgres(settings.data_dir / "postgres")


def service_lock(settings: Settings) -> FolderLock:
    """Held by the one service that may use this DATA_DIR. Raises `BadSettings`."""
    with data_dir_in_use(settings):
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    return FolderLock(settings.data_dir / "service.lock")


@contextmanager
def ready(settings: Settings) -> Iterator[Settings]:
    """Settings that are complete, with a database that answers until the block ends.

    Beside a running service a command uses that service's embedded Postgres. Otherwise it starts it, and keeps the
    service's lock meanwhile: a service that started now would find its Postgres stopped under its feet.
    Raises `BadSettings`, `EmbeddedPostgresError`.
    """
    settings = completed(settings)
    if settings.database_url is not None:
        yield settings
        return
    end_as_ctrl_c_does()
    postgres = embedded(settings)
    with ExitStack() as held:
        try:
            held.enter_context(service_lock(settings))
        except FolderInUse:
            running = postgres.running()
            if running is None:
                raise
            yield settings.model_copy(update={"database_url": running.owner_url})
        else:
            held.callback(postgres.stop)
            yield settings.model_copy(update={"database_url": postgres.start().owner_url})
