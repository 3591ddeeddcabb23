"""How the server is run, by uvicorn alone or under gunicorn. What each flag is worth: benchmarks/README.md."""

from typing import Any

REQUESTS_DRAIN_S = 10  # then jobs drain for another 10; with Postgres stopping that is well under 30 s in all
SERVER_FLAGS: dict[str, Any] = {
    "loop": "uvloop",
    "http": "httptools",
    "backlog": 4096,
    "access_log": False,  # ours says more (app.edge.request_scope)
    "log_config": None,
    "server_header": False,
    "proxy_headers": False,  # TRUSTED_PROXIES decides, in the application
    "timeout_keep_alive": 30,
    "timeout_graceful_shutdown": REQUESTS_DRAIN_S,
}
