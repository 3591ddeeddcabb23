"""`python -m app serve`: from nothing to a service that answers, and back without a trace.

Order matters: settings, port, lock, database, migrations, then the server; whatever is wrong is told before anything
slow has begun. Going down is the reverse: the server drains, then Postgres stops.
"""

import errno
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from fastapi import FastAPI
from uvicorn.config import Config

from app.cli.database import embedded, service_lock
from app.cli.draining import DrainingServer
from app.cli.errors import CannotServe
from app.cli.server_flags import SERVER_FLAGS, server_flags
from app.cli.signals import end_as_ctrl_c_does
from app.cli.welcome import welcome
from app.config import Settings
from app.kit import garbage
from app.local_secrets import completed
from app.logging import set_up_logging
from app.main import create_app
from app.migrate import migrate


def serve(settings: Settings) -> None:
    """Serve until told to stop. Raises `BadSettings`, `CannotServe`, `CannotMigrate`, `EmbeddedPostgresError`."""
    settings = completed(settings)
    set_up_logging(level=settings.log_level, as_json=settings.logs_as_json)
    end_as_ctrl_c_does()  # until the server takes over
    if settings.web_concurrency > 1:
        _serve_in_several_processes(settings)
    with ExitStack() as held:
        listener = held.enter_context(_listen(settings.host, settings.port))
        if settings.database_url is None:
            held.enter_context(service_lock(settings))
            postgres = embedded(settings)
            held.callback(postgres.stop)
            settings = settings.model_copy(update={"database_url": postgres.start().owner_url})
        assert settings.database_url is not None
        migrate(settings.database_url)
        server = _Server(create_app(settings), settings)
        with _signals_left_to_the_server():
            server.run(sockets=[listener])
    if not server.started:
        raise CannotServe("The service could not start; the lines above say why.")


@contextmanager
def _signals_left_to_the_server() -> Iterator[None]:
    """uvicorn drains on SIGINT and SIGTERM, and then raises the signal once more for whoever was there before it. That
    would end this process before its Postgres is stopped; an orderly end is exit status 0 anyway."""
    before = {each: signal.signal(each, lambda _signal, _frame: None) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


class _Server(DrainingServer):
    def __init__(self, app: FastAPI, settings: Settings) -> None:
        super().__init__(Config(app, **server_flags(settings)), app)
        self._settings = settings

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        garbage.freeze()
        if self.started:
            sys.stdout.write(welcome(self._settings))
            sys.stdout.flush()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        # At once: two sockets may be bound to one port as long as neither listens, and the database takes seconds.
        listener.listen(SERVER_FLAGS["backlog"])
    except OSError as error:
        listener.close()
        what = f"Cannot listen on {host}:{port} ({error.strerror})."
        if error.errno == errno.EADDRINUSE:
            raise CannotServe(f"{what} Stop what uses the port, or choose another: PORT={port + 1}") from None
        raise CannotServe(f"{what} HOST must be an address of this machine: 127.0.0.1, or 0.0.0.0 for all.") from None
    # Inheritable sockets would be kept open by the embedded Postgres after a kill -9 of this process.
    listener.set_inheritable(False)
    return listener


def _serve_in_several_processes(settings: Settings) -> None:
    """Become gunicorn. Every process runs its own background worker; they share the work through Postgres."""
    assert settings.database_url is not None  # settings refuse several processes without it
    migrate(settings.database_url)
    sys.stdout.flush()
    arguments = ["-m", "gunicorn", "--config", "python:app.gunicorn_config", "app.asgi:application()"]
    os.execv(sys.executable, [sys.executable, *arguments])  # noqa: S606 - no shell, no user input
