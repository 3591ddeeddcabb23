"""A scripted language model behind a real port: an OpenAI-compatible server that says what it is told to.

    async with ScriptedModel() as model:
        model.script(call("list_tasks", status="todo"), say("You have two."))
        ...
        assert model.requests[-1]["messages"][-1]["role"] == "tool"

Replies are taken from the queue of the request's `model` name, then from the queue of all, then from the rule of that name,
then from `answer`. A process of its own for benchmarks: `python -m tests.fakes.model --help`.
"""

import argparse
import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import orjson

from tests.fakes.model_http import Connection, HttpServer
from tests.fakes.model_replies import (
    Call,
    Reply,
    call,
    calls,
    cut,
    drip,
    fail_midway,
    garbage,
    hang,
    nothing,
    raw_call,
    refuse,
    say,
)
from tests.fakes.model_wire import Dialect, Stream, completion, embeddings, vector

__all__ = [
    "Call", "Dialect", "Reply", "ScriptedModel", "call", "calls", "cut", "drip", "fail_midway", "garbage", "hang",
    "nothing", "raw_call", "refuse", "said_to", "say", "vector",
]  # fmt: skip

Rule = Callable[[dict[str, Any]], Reply]


class ScriptedModel:
    """`url` ends in /v1. `dialect` holds the levers of the wire format."""

    def __init__(self, *, port: int = 0, answer: Rule | None = None, **dialect: Any) -> None:
        self.dialect = Dialect(**dialect)
        self.answer = answer
        self.answers: dict[str, Rule] = {}  # by the model name a request carries, e.g. the router's
        self.requests: list[dict[str, Any]] = []  # bodies of chat requests
        self.embedding_requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []  # of every request, names in lower case
        self.unscripted = 0  # requests that found no reply
        self._queues: defaultdict[str | None, deque[Reply]] = defaultdict(deque)
        self._http = HttpServer(self._answer, port)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.port}/v1"

    @property
    def in_flight(self) -> int:
        """Requests being answered now."""
        return self._http.in_flight

    @property
    def closed_early(self) -> int:
        """Answers whose client hung up before their end."""
        return self._http.closed_early

    @property
    def ports(self) -> set[int]:
        """The clients' ports: one for each connection there has been."""
        return self._http.ports

    def script(self, *replies: Reply, model: str | None = None) -> None:
        """Queue replies for chat requests, or for all requests that carry this model name, embeddings too."""
        self._queues[model].extend(replies)

    def reset(self) -> None:
        """As new, but for the port and the dialect: for a server that several tests share."""
        self.answer, self.unscripted = None, 0
        self.answers.clear()
        self._queues.clear()
        for kept in (self.requests, self.embedding_requests, self.headers):
            kept.clear()

    @property
    def left(self) -> int:
        """Replies nobody has asked for yet."""
        return sum(len(queue) for queue in self._queues.values())

    async def until_idle(self, within_s: float = 20.0) -> None:
        """Wait until no request is being answered. Raises `TimeoutError`."""
        await self._http.until_in_flight(0, 0, within_s)

    async def until_asked(self, at_once: int = 1, within_s: float = 20.0) -> None:
        """Wait until so many requests are being answered. Raises `TimeoutError`."""
        await self._http.until_in_flight(at_once, 1_000_000, within_s)

    async def __aenter__(self) -> Self:
        await self._http.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self._http.stop()
        if kind is None and self.unscripted:
            raise AssertionError(f"{self.unscripted} requests came for which the model had no reply")

    async def _answer(self, connection: Connection, path: str, body: bytes) -> None:
        asked: dict[str, Any] = orjson.loads(body or b"{}")
        self.headers.append(connection.headers)
        if path == "/v1/chat/completions":
            self.requests.append(asked)
            await self._chat(connection, asked)
        elif path == "/v1/embeddings":
            self.embedding_requests.append(asked)
            await self._embed(connection, asked)
        else:
            _refuse(connection, refuse(404, message=f"No route {path}."))

    async def _chat(self, connection: Connection, asked: dict[str, Any]) -> None:
        if "stream_options" in asked and not self.dialect.knows_stream_options:
            _refuse(connection, refuse(400, message="Unrecognized request argument supplied: stream_options"))
        else:
            await self._play(connection, self._reply(asked), asked)

    async def _embed(self, connection: Connection, asked: dict[str, Any]) -> None:
        queue = self._queues.get(asked.get("model"))
        reply = queue.popleft() if queue else Reply()
        if asked.get("encoding_format") == "base64" and not self.dialect.knows_base64:
            reply = refuse(400, message="encoding_format base64 is not supported")
        elif "dimensions" in asked and not self.dialect.knows_dimensions:
            reply = refuse(400, message="This model does not support dimensions")
        if reply.hang_before is not None:
            await _hang(reply)
        if reply.status != 200:
            _refuse(connection, reply)
        else:
            connection.whole(200, reply.body or embeddings(asked, self.dialect), "application/json")

    def _reply(self, asked: dict[str, Any]) -> Reply:
        name = asked.get("model")
        if queue := self._queues.get(name) or self._queues.get(None):
            return queue.popleft()
        rule = self.answers.get(str(name), self.answer)
        if rule is not None:
            return rule(asked)
        self.unscripted += 1
        return refuse(400, message="The script has no reply for this.")

    async def _play(self, connection: Connection, reply: Reply, asked: dict[str, Any]) -> None:
        if reply.hang_before == "headers":
            await _hang(reply)
        if reply.status != 200:
            _refuse(connection, reply)
        elif reply.body is not None:
            connection.whole(200, reply.body, reply.content_type)
        elif not (asked.get("stream") and self.dialect.streams):
            connection.whole(200, completion(reply, asked, self.dialect), "application/json")
        else:
            await self._stream(connection, reply, asked)

    async def _stream(self, connection: Connection, reply: Reply, asked: dict[str, Any]) -> None:
        connection.open(200, "text/event-stream; charset=utf-8")
        stream = Stream(reply, asked, self.dialect)
        await self._send(connection, stream.opening())
        if reply.hang_before == "first_token":
            await _hang(reply)
        texts = list(stream.text())[: reply.cut_after]
        await self._send(connection, texts, pause_s=reply.every_s)
        if reply.cut_after is not None and reply.cut == "socket":
            await asyncio.sleep(0.005)  # what was sent arrives before the reset
            connection.transport.abort()
            return
        if reply.hang_before == "end":
            await _hang(reply)
        if reply.error is not None:
            await self._send(connection, stream.error())
        elif reply.cut_after is None:
            await self._send(connection, [*stream.calls(), *stream.ending()])
        connection.end()

    async def _send(self, connection: Connection, events: Iterable[bytes], *, pause_s: float = 0.0) -> None:
        pause_s = pause_s or self.dialect.pause_s
        for data in self._writes(events):
            if pause_s or not self.dialect.at_once:
                await asyncio.sleep(pause_s)  # also with 0: the client may read in between
            connection.part(data)

    def _writes(self, events: Iterable[bytes]) -> Iterator[bytes]:
        size = self.dialect.bytes_per_write
        if size is None and not self.dialect.at_once:
            yield from events
        elif whole := b"".join(events):
            step = size or len(whole)
            yield from (whole[at : at + step] for at in range(0, len(whole), step))


def _refuse(connection: Connection, reply: Reply) -> None:
    body = orjson.dumps({"error": reply.error}) if reply.body is None else reply.body
    connection.whole(reply.status, body, "application/json", retry_after=reply.retry_after)


async def _hang(reply: Reply) -> None:
    if reply.hang_s is not None:
        await asyncio.sleep(reply.hang_s)
    else:
        await (reply.hang_until or asyncio.Event()).wait()


def said_to(body: dict[str, Any], role: str) -> str:
    """The text of the last message of a role in a request, "" if there is none."""
    for message in reversed(body["messages"]):
        if message["role"] == role:
            content = message["content"]
            return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)
    return ""


def turn(planned: list[tuple[str, str]], answer: Reply) -> Rule:
    """Call the first planned tool that is offered, then answer in text."""

    def reply(body: dict[str, Any]) -> Reply:
        offered = {tool["function"]["name"] for tool in body.get("tools") or ()}
        if body["messages"][-1]["role"] != "tool":
            for name, arguments in planned:
                if name in offered:
                    return raw_call(name, arguments)
        return answer

    return reply


async def _serve(options: argparse.Namespace) -> None:
    rule = turn([(name, text) for name, text in options.call], say(options.text, tokens=options.tokens))
    levers = {"at_once": options.instant, "pause_s": options.pause_ms / 1000, "fragment": options.fragment}
    async with ScriptedModel(port=options.port, answer=rule, **levers) as model:
        print(f"ready {model.url}", flush=True)  # noqa: T201 - whoever started it waits for this line
        while True:
            await asyncio.sleep(3600)
            model.requests.clear()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A scripted model on loopback. Prints `ready URL`, stops on SIGINT.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--instant", action="store_true", help="the whole answer in one write")
    parser.add_argument("--pause-ms", type=float, default=0.0, help="before each chunk")
    parser.add_argument("--text", default="All is well and nothing is due before the end of the week. " * 4)
    parser.add_argument("--tokens", type=int, default=50, help="chunks the text is cut into")
    parser.add_argument("--fragment", type=int, help="characters of a call's arguments in one chunk")
    parser.add_argument(
        "--call", nargs=2, action="append", default=[], metavar=("NAME", "JSON"), help="call this tool where offered"
    )
    return parser.parse_args()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(_options()))
