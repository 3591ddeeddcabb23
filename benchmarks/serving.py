"""A server in a process of its own: `python -m benchmarks.serving`, told on the first line of standard input what to serve.

It listens on a free port of 127.0.0.1, writes the port to standard output, and ends when standard input does: nobody
is left over when the benchmark is killed.
"""

import os
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any

import orjson
import uvicorn
from fastapi import FastAPI

from app.cli.server_flags import SERVER_FLAGS
from benchmarks import bare
from benchmarks.probe import Probe


def service(**settings: Any) -> FastAPI:
    """The real one, with its logs as in production."""
    from app.config import Settings
    from app.logging import set_up_logging
    from app.main import create_app

    complete = Settings(_env_file=None, **settings)
    set_up_logging(level=complete.log_level, as_json=complete.logs_as_json)
    return create_app(complete)


KINDS: dict[str, Callable[..., FastAPI]] = {
    "service": service,
    "me": bare.me,
    "inline_hashing": bare.inline_hashing,
    "empty": bare.empty,
}


def main() -> None:
    told = orjson.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_standard_input, daemon=True).start()
    app = Probe(KINDS[told["kind"]](**told["options"]))
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    uvicorn.Server(uvicorn.Config(app, **SERVER_FLAGS)).run(sockets=[listener])


def _end_with_standard_input() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main()
