"""Plain HTTP on the port of the socket: enough of HTTP/1.1 to sign a client in."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import orjson

_LARGEST = 64 * 1024
_END_OF_HEAD = b"\r\n\r\n"


class TooMuch(Exception):
    """A head or a body that no sign-in needs."""


@dataclass(frozen=True)
class HttpRequest:
    method: str
    path: str
    headers: dict[str, str]
    is_whole: bool
    """Has the body arrived?"""

    @property
    def is_upgrade(self) -> bool:
        return "websocket" in self.headers.get("upgrade", "").lower()


def parsed(data: bytes) -> HttpRequest | None:
    """The request that begins here, or nothing while its head is incomplete. Raises `TooMuch`."""
    if len(data) > _LARGEST:
        raise TooMuch
    head, end, body = data.partition(_END_OF_HEAD)
    if not end:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    method, _, rest = first.partition(" ")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return HttpRequest(method, urlsplit(rest.partition(" ")[0]).path, headers, _is_whole(headers, body))


def answer(status: HTTPStatus, body: Any, request: HttpRequest | None) -> bytes:
    """An answer after which the connection closes. Pages of any origin may read it: a renderer signs in from one."""
    content = b"" if body is None else orjson.dumps(body)
    kind = "application/json" if status < HTTPStatus.BAD_REQUEST else "application/problem+json"
    asked = request.headers if request is not None else {}
    head = [
        f"HTTP/1.1 {status.value} {status.phrase}",
        f"Content-Type: {kind}",
        f"Content-Length: {len(content)}",
        f"Access-Control-Allow-Origin: {asked.get('origin', '*')}",
        f"Access-Control-Allow-Headers: {asked.get('access-control-request-headers', '*')}",
        "Access-Control-Allow-Methods: GET, POST, OPTIONS",
        "Access-Control-Allow-Credentials: true",
        "Connection: close",
    ]
    return "\r\n".join(head).encode("latin-1") + _END_OF_HEAD + content


def _is_whole(headers: dict[str, str], body: bytes) -> bool:
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return body.endswith(b"0\r\n\r\n")
    length = headers.get("content-length", "0")
    return not length.isdecimal() or len(body) >= int(length)
