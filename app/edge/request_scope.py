"""The outermost layers: every request has an id, ends in one log line, and never ends in a stack trace for the client."""

import re
import time
from uuid import uuid4

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.edge.headers import header
from app.edge.problems import from_unexpected
from app.kit.measures import REQUESTS

log = structlog.get_logger("access")

_ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")

# Answers are for the one who asked, are what their Content-Type says, and are never framed or executed.
SECURITY_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-site"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
]
API_HEADERS = [
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
]
HSTS = (b"strict-transport-security", b"max-age=63072000; includeSubDomains")


class RequestScope:
    def __init__(self, app: ASGIApp, *, https_only: bool) -> None:
        self._app = app
        self._headers = [*SECURITY_HEADERS, HSTS] if https_only else SECURITY_HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = header(scope, b"x-request-id")
        request_id = given if given and _ACCEPTABLE_ID.fullmatch(given) else str(uuid4())
        extra: list[tuple[bytes, bytes]] = []
        scope.setdefault("state", {})["response_headers"] = extra
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        status = 0
        started = time.perf_counter()

        async def send_marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers: list[tuple[bytes, bytes]] = list(message.get("headers", ()))
                message["headers"] = headers
                # A page sets its own policy; everything else gets the strictest.
                if b"content-security-policy" not in [name for name, _ in headers]:
                    headers += API_HEADERS
                headers += self._headers
                headers += extra
                headers.append((b"x-request-id", request_id.encode()))
            await send(message)

        try:
            await self._app(scope, receive, send_marked)
        finally:
            self._tell(scope, status, time.perf_counter() - started)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        path = _template(scope)
        REQUESTS.labels(scope["method"], path, str(status)).observe(seconds)
        log.info("request_answered", method=scope["method"], path=path, status=status, ms=round(seconds * 1000, 1))


class LastResort:
    """Answers for what no route foresaw. It stands inside CORS: browsers let their pages read these answers too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def send_noted(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_noted)
        except Exception as error:  # noqa: BLE001 - the HTTP edge: the one place that answers for a bug
            answer = from_unexpected(error)
            if not has_begun:
                await answer(scope, receive, send)


def _template(scope: Scope) -> str:
    """The path with parameter names for their values: an id is nobody's business in a metric. Only known paths are
    told at all; an unknown one is whatever a client made up."""
    route = scope.get("route")
    if route is None:
        return "unmatched"
    own: list[str] = getattr(route, "path_format", route.path).split("/")[1:]
    # The route knows its path within its router. What the router is mounted under is literal; a value may hold slashes.
    values = scope.get("path_params", {})
    length = sum(_segments(values.get(part[1:-1].partition(":")[0])) if part.startswith("{") else 1 for part in own)
    prefix: list[str] = scope["path"].split("/")[:-length]
    return "/".join([*prefix, *own])


def _segments(value: object) -> int:
    return value.count("/") + 1 if isinstance(value, str) else 1
