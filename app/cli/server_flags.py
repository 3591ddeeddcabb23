"""How the server is run, by uvicorn alone or under gunicorn. What each flag is worth: benchmarks/README.md."""

from typing import Any

from app.config import Settings

REQUESTS_DRAIN_S, LEAST_REQUESTS_DRAIN_S = 10, 2  # after turns and sockets: they take time of it, but not all
SERVER_STOPS_WITHIN_S = 27  # sockets and requests, while jobs drain; with Postgres stopping that is under 30 s in all
SERVER_FLAGS: dict[str, Any] = {
    "loop": "uvloop",
    "http": "app.cli.http_server:HttpProtocol",
    "ws": "app.cli.socket_server:SocketProtocol",
    # Compression would cost each idle socket another 38 KiB.
    "ws_per_message_deflate": False,
    # The protocol has a heartbeat of its own.
    "ws_ping_interval": None,
    "backlog": 4096,
    "access_log": False,  # ours says more (app.edge.request_scope)
    "log_config": None,
    "server_header": False,
    "proxy_headers": False,  # TRUSTED_PROXIES decides, in the application
    "timeout_keep_alive": 30,
    "timeout_graceful_shutdown": REQUESTS_DRAIN_S,
}


def server_flags(settings: Settings) -> dict[str, Any]:
    return SERVER_FLAGS | {"ws_max_size": settings.ws_max_frame_bytes}
