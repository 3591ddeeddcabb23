"""Gunicorn's settings (`gunicorn --config python:app.gunicorn_config "app.asgi:application()"`)."""

import os
import tempfile

from uvicorn_worker import UvicornWorker  # type: ignore[import-untyped]  # it ships no types

from app.cli.server_flags import REQUESTS_DRAIN_S, SERVER_FLAGS
from app.config import read_settings


class Worker(UvicornWorker):  # type: ignore[misc]  # untyped, as above
    CONFIG_KWARGS = {  # noqa: RUF012 - the base class's own attribute
        name: value for name, value in SERVER_FLAGS.items() if name not in ("access_log", "backlog")
    }


_settings = read_settings()

if _settings.web_concurrency > 1:
    # Set before anything imports prometheus_client: it decides at import how to keep its numbers.
    os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", tempfile.mkdtemp(prefix="adiuva-metrics-"))

worker_class = "app.gunicorn_config.Worker"
workers = _settings.web_concurrency
bind = f"{_settings.host}:{_settings.port}"
backlog = SERVER_FLAGS["backlog"]
graceful_timeout = 2 * REQUESTS_DRAIN_S + 5  # requests, then jobs
timeout = 60
keepalive = SERVER_FLAGS["timeout_keep_alive"]
# A heartbeat file on a disk that stalls would have healthy workers killed.
worker_tmp_dir = "/dev/shm"  # noqa: S108 - a directory of its own is made in it
accesslog = None


def child_exit(_server: object, worker: object) -> None:
    """Forget the measurements of a process that is gone."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)  # type: ignore[attr-defined, no-untyped-call]  # gunicorn's Worker is untyped
