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
from starlette.types import ASGIApp

from app.cli.server_flags import SERVER_FLAGS
from benchmarks.probe import Probe
from benchmarks.processes import allow_many_files

# Bare sockets have the server's flags, and uvicorn's own WebSocket protocol; the stock server has uvicorn's defaults of old.
_FLAGS: dict[str, dict[str, Any]] = {
    "bare_sockets": {"ws": "websockets-sansio"},
    "stock_sockets": {"loop": "asyncio", "http": "h11", "ws": "websockets"},
}


def application(kind: str, options: dict[str, Any]) -> ASGIApp:
    """Imports only what that kind needs: its memory and its start are measured too."""
    if kind == "one_route":
        from benchmarks.one_route import one_route

        return one_route()
    if kind == "service":
        return _service(options)
    if kind == "device_service":
        from benchmarks.device_service import device_service

        return device_service(**options)
    if kind == "turn_service":
        from benchmarks.turn_service import turn_service

        return turn_service(**options)
    if kind.endswith("_turns"):
        return _turns(kind, options["url"])
    if kind.endswith("_sockets"):
        from benchmarks import bare_sockets

        sockets: dict[str, Callable[..., ASGIApp]] = {
            "bare_sockets": bare_sockets.bare_sockets,
            "stock_sockets": bare_sockets.stock_sockets,
        }
        return sockets[kind](**options)
    from benchmarks import bare

    kinds: dict[str, Callable[..., ASGIApp]] = {"me": bare.me, "inline_hashing": bare.inline_hashing}
    return kinds[kind](**options)


def _turns(kind: str, url: str) -> ASGIApp:
    from benchmarks.turn_driver import TurnDriver

    if kind == "litellm_turns":
        from benchmarks.litellm_turns import on_litellm

        return TurnDriver(on_litellm(url))
    if kind == "adapter_turns":
        from benchmarks.adapter_turns import on_our_adapter

        return TurnDriver(on_our_adapter(url))
    from benchmarks.raw_turns import raw_calls

    return TurnDriver(raw_calls(url))


def _service(options: dict[str, Any]) -> ASGIApp:
    """The real one, with its logs as in production."""
    from app.config import Settings
    from app.logging import set_up_logging
    from app.main import create_app

    settings = Settings(_env_file=None, **options)
    set_up_logging(level=settings.log_level, as_json=settings.logs_as_json)
    return create_app(settings)


def main() -> None:
    told = orjson.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_standard_input, daemon=True).start()
    allow_many_files()
    app = Probe(application(told["kind"], told["options"]))
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    uvicorn.Server(uvicorn.Config(app, **SERVER_FLAGS | _FLAGS.get(told["kind"], {}))).run(sockets=[listener])


def _end_with_standard_input() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main()
