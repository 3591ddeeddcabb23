"""Gunicorn's settings (`gunicorn --config python:app.gunicorn_config "app.asgi:application()"`)."""

import os
import shutil
import sys
import tempfile

from gunicorn.arbiter import Arbiter  # type: ignore[import-untyped]  # it ships no types
from gunicorn.glogging import Logger  # type: ignore[import-untyped]  # it ships no types
from uvicorn_worker import UvicornWorker  # type: ignore[import-untyped]  # it ships no types

from app.cli.draining import DrainingServer
from app.cli.server_flags import SERVER_FLAGS, SERVER_STOPS_WITHIN_S, server_flags
from app.config import read_settings
from app.logging import set_up_logging


class Worker(UvicornWorker):  # type: ignore[misc]  # untyped, as above
    CONFIG_KWARGS = {  # noqa: RUF012 - the base class's own attribute
        name: value for name, value in server_flags(read_settings()).items() if name != "backlog"
    }

    async def _serve(self) -> None:
        """As the base class does it, with a server that begins to stop at the signal."""
        self.config.app = self.wsgi
        server = DrainingServer(self.config, self.wsgi)
        self._install_sigquit_handler()
        await server.serve(sockets=self.sockets)
        if not server.started:
            sys.exit(Arbiter.WORKER_BOOT_ERROR)


_settings = read_settings()


class Lines(Logger):  # type: ignore[misc]  # untyped, as above
    """Gunicorn's own lines, in the shape of all others."""

    def setup(self, cfg: object) -> None:
        super().setup(cfg)
        set_up_logging(level=_settings.log_level, as_json=_settings.logs_as_json)


_own_measurements: str | None = None  # the folder made here; one that an operator named is not ours to remove

if _settings.web_concurrency > 1 and "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    # Set before anything imports prometheus_client: it decides at import how to keep its numbers.
    _own_measurements = os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="adiuva-metrics-")

worker_class = "app.gunicorn_config.Worker"
logger_class = Lines
workers = _settings.web_concurrency
bind = f"{_settings.host}:{_settings.port}"
backlog = SERVER_FLAGS["backlog"]
graceful_timeout = SERVER_STOPS_WITHIN_S + 2  # for what is closed at last; then gunicorn kills
timeout = 60
keepalive = SERVER_FLAGS["timeout_keep_alive"]
# A heartbeat file on a disk that stalls would have healthy workers killed.
worker_tmp_dir = "/dev/shm"  # noqa: S108 - a directory of its own is made in it
accesslog = None
# A socket in the home folder to administer gunicorn by: shared by all services of a user, and nobody asked for it.
control_socket_disable = True


def on_exit(_server: object) -> None:
    """The folder of measurements goes with the service."""
    if _own_measurements is not None:
        shutil.rmtree(_own_measurements, ignore_errors=True)


def child_exit(_server: object, worker: object) -> None:
    """Forget the measurements of a process that is gone."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)  # type: ignore[attr-defined, no-untyped-call]  # gunicorn's Worker is untyped
