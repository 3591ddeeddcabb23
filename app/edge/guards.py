"""What is refused before anything is parsed: strange hosts, NUL bytes, bodies that are too large."""

import asyncio
import re
from collections.abc import Sequence
from urllib.parse import unquote_to_bytes

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.edge.headers import header
from app.edge.problems import problem

MAX_BODY_BYTES = 1024 * 1024
BODY_PAUSE_S = 30  # the longest a body may pause while it arrives


class AllowedHosts:
    """Host names and addresses requests may be addressed to (`*.example.com` covers subdomains); empty allows any."""

    def __init__(self, hosts: Sequence[str]) -> None:
        self._pattern = re.compile("|".join(_host_pattern(host) for host in hosts)) if hosts else None

    def include(self, scope: Scope) -> bool:
        return self.allow(header(scope, b"host"))

    def allow(self, host: str) -> bool:
        """`host` as it stands in a request: perhaps with a port, an IPv6 address in brackets."""
        name = re.sub(r":\d+$", "", host.rpartition("@")[2])
        return self._pattern is None or bool(self._pattern.fullmatch(name.lower()))


class Guards:
    """Refuses early. `hosts`: see `AllowedHosts`."""

    def __init__(
        self, app: ASGIApp, *, hosts: Sequence[str], max_body: int = MAX_BODY_BYTES, body_pause_s: float = BODY_PAUSE_S
    ) -> None:
        self._app = app
        self._max_body, self._body_pause_s = max_body, body_pause_s
        self._too_large = f"The body may have at most {max_body} bytes."
        self._hosts = AllowedHosts(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is not None:
            await problem(*refusal)(scope, receive, send)
            return
        await self._app(scope, self._counted(receive), send)

    def _refusal(self, scope: Scope) -> tuple[int, str, str] | None:
        # Load balancers ask for health by address, whatever the public name is.
        if not scope["path"].endswith(("/health", "/health/ready")) and not self._hosts.include(scope):
            return 400, "unknown_host", "This service does not answer to that host name."
        # Postgres cannot store NUL and nothing here needs it.
        query = scope.get("query_string", b"")
        if "\x00" in scope["path"] or (query and b"\x00" in unquote_to_bytes(query)):
            return 400, "bad_request", "Addresses cannot contain NUL characters."
        length = header(scope, b"content-length")
        if length.isdecimal() and int(length[:20]) > self._max_body:
            return 413, "too_large", self._too_large
        return None

    def _counted(self, receive: Receive) -> Receive:
        """Count a body that came without a length (chunked) while it is read."""
        read, more = 0, True

        async def counted() -> Message:
            nonlocal read, more
            try:
                # Once the body is whole, receiving means to wait for the client to leave, which may take its time.
                async with asyncio.timeout(self._body_pause_s if more else None):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408, "The body stopped arriving.") from None
            read += len(message.get("body", b""))
            more = message.get("more_body", False)
            if read > self._max_body:
                raise HTTPException(413, self._too_large)  # FastAPI lets this one through while it reads a body
            return message

        return counted


def _host_pattern(host: str) -> str:
    if ":" in host and not host.startswith("["):
        host = f"[{host}]"
    return re.escape(host.lower()).replace(r"\*", r"[^/]+")
