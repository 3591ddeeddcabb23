"""Both halves of a service as far as a device sees it: a socket that follows a script, and the REST routes for tokens."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

Frame = dict[str, Any]


class Peer:
    """The service's end of one connection."""

    def __init__(self, websocket: ServerConnection) -> None:
        self._websocket = websocket
        self._ids = count(1)
        self.hello: Frame = {}
        assert websocket.request is not None
        self.authorization = websocket.request.headers.get("Authorization", "")

    async def greet(self, **ready: Any) -> Frame:
        self.hello = await self.receive()
        await self.send(
            type="device_ready", **{"connection_id": "c", "heartbeat_s": 30, "resumed": [], "lost": []} | ready
        )
        return self.hello

    async def send(self, **frame: Any) -> None:
        await self._websocket.send(json.dumps(frame))

    async def send_text(self, text: str | bytes) -> None:
        await self._websocket.send(text)

    async def receive(self, within_s: float = 20) -> Frame:
        async with asyncio.timeout(within_s):
            frame: Frame = json.loads(await self._websocket.recv())
            return frame

    async def ask(self, action: str, **fields: Any) -> None:
        call_id = fields.pop("id", None) or f"call-{next(self._ids)}"
        await self.send(**{"type": "tool_call", "id": call_id, "action": action, "attempt": 1, "deadline": 1} | fields)

    async def call(self, action: str, **fields: Any) -> Frame:
        await self.ask(action, **fields)
        return await self.receive()

    async def close(self, code: int = 1000) -> None:
        await self._websocket.close(code)

    def cut(self) -> None:
        """As a cable that is pulled."""
        self._websocket.transport.abort()

    async def gone(self) -> None:
        async with asyncio.timeout(20):
            await self._websocket.wait_closed()


Script = Callable[[Peer], Awaitable[None]]


@dataclass
class Socket:
    """Connections one after the other; `scripts` are used up, the last one stays."""

    scripts: list[Script]
    refuse: Callable[[], tuple[int, dict[str, str]] | None] = lambda: None
    url: str = ""
    connections: int = 0
    failures: list[BaseException] = field(default_factory=list)


@asynccontextmanager
async def socket(
    *scripts: Script, refuse: Callable[[], tuple[int, dict[str, str]] | None] = lambda: None
) -> AsyncIterator[Socket]:
    """A socket on a free port. What a script raises, but for a lost connection, fails the test at the end."""
    state = Socket(list(scripts) or [stay], refuse)

    async def handle(websocket: ServerConnection) -> None:
        state.connections += 1
        script = state.scripts.pop(0) if len(state.scripts) > 1 else state.scripts[0]
        try:
            await script(Peer(websocket))
        except ConnectionClosed:
            pass
        except Exception as error:  # noqa: BLE001 - told when the test is over
            state.failures.append(error)

    def process_request(connection: ServerConnection, _request: Request) -> Response | None:
        if (refusal := state.refuse()) is None:
            return None
        response = connection.respond(refusal[0], "no")
        for name, value in refusal[1].items():
            response.headers[name] = value
        return response

    async with serve(handle, "127.0.0.1", 0, compression=None, process_request=process_request) as server:
        state.url = f"http://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
        yield state
    if state.failures:
        raise state.failures[0]


async def stay(peer: Peer) -> None:
    """Ready, and no more wishes."""
    await peer.greet()
    with suppress(TimeoutError):
        await peer.gone()


def closing(code: int) -> Script:
    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.close(code)

    return script


class Rest:
    """The token routes. `answers` maps a path to (status, body) or to a function of the request's body."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[tuple[str, Frame, dict[str, str]]] = []
        self.answers: dict[str, Any] = {"/health": (200, {"status": "ok", "version": "1"})}

    def paths(self) -> list[str]:
        return [path for path, _body, _headers in self.asked]


@contextmanager
def rest() -> Iterator[Rest]:
    state, lock = Rest(), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            path = self.path.removeprefix("/api/v1")
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
            with lock:
                state.asked.append((path, body, dict(self.headers)))
                answer = state.answers.get(path, (404, {"code": "not_found", "detail": "No such route."}))
                status, told = answer(body) if callable(answer) else answer
            if status == 0:  # the answer gets lost
                self.close_connection = True
                return
            text = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = _answer  # noqa: N815

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
