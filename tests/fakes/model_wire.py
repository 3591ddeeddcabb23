"""The OpenAI wire format, from the server's side: replies as chunks of a stream or as one JSON object."""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any
from uuid import uuid4

import numpy as np
import orjson

from tests.fakes.model_replies import Reply


@dataclass(slots=True, kw_only=True)
class Dialect:
    """How this server speaks. Every field is a lever a test may pull."""

    streams: bool = True  # False: answers JSON though asked for a stream
    knows_stream_options: bool = True  # False: refuses a request that has them
    knows_base64: bool = True  # False: refuses `encoding_format: base64`
    knows_dimensions: bool = True  # False: refuses `dimensions`
    gives_usage: bool = True
    fragment: int | None = None  # characters of arguments in one chunk; None: all, with id and name
    interleaves: bool = False  # fragments of several calls take turns
    newline: str = "\n"
    comments: bool = False  # `: keep-alive` between events
    done: bool = True  # `data: [DONE]` at the end
    bytes_per_write: int | None = None  # cut the stream anywhere; None: one write for each chunk
    at_once: bool = False  # one write for all of it
    pause_s: float = 0.0  # before each chunk
    dimensions: int = 1536  # of embeddings, unless asked for others


def usage_of(reply: Reply, body: dict[str, Any]) -> dict[str, int]:
    written = reply.text + "".join(each.arguments for each in reply.calls)
    sent, received = reply.usage or (1 + len(orjson.dumps(body.get("messages"))) // 4, 1 + len(written) // 4)
    return {"prompt_tokens": sent, "completion_tokens": received, "total_tokens": sent + received}


def finish_reason(reply: Reply) -> str:
    return "tool_calls" if reply.calls else "stop"


def completion(reply: Reply, body: dict[str, Any], dialect: Dialect) -> bytes:
    """The whole answer as one JSON object."""
    message: dict[str, Any] = {"role": "assistant", "content": reply.text or None}
    if reply.reasoning:
        message["reasoning_content"] = reply.reasoning
    if reply.calls:
        message["tool_calls"] = [
            {"id": _call_id(), "type": "function", "function": {"name": each.name, "arguments": each.arguments}}
            for each in reply.calls
        ]
    choice = {"index": 0, "message": message, "finish_reason": finish_reason(reply)}
    whole = _envelope(body, "chat.completion") | {"choices": [choice]}
    return orjson.dumps(whole | ({"usage": usage_of(reply, body)} if dialect.gives_usage else {}))


class Stream:
    """The parts of one streamed answer, as bytes of whole events."""

    def __init__(self, reply: Reply, body: dict[str, Any], dialect: Dialect) -> None:
        self._reply, self._body, self._dialect = reply, body, dialect
        self._envelope = _envelope(body, "chat.completion.chunk")

    def opening(self) -> Iterator[bytes]:
        yield self._delta({"role": "assistant", "content": ""})
        if self._reply.reasoning:
            yield self._delta({"reasoning_content": self._reply.reasoning})

    def text(self) -> Iterator[bytes]:
        for piece in self._reply.pieces:
            yield self._delta({"content": piece})

    def calls(self) -> Iterator[bytes]:
        fragments = [self._fragments(index) for index in range(len(self._reply.calls))]
        if self._dialect.interleaves:
            rounds: list[Any] = [fragment for turn in zip_longest(*fragments) for fragment in turn if fragment]
        else:
            rounds = [fragment for each in fragments for fragment in each]
        for fragment in rounds:
            yield self._delta({"tool_calls": [fragment]})

    def ending(self) -> Iterator[bytes]:
        yield self._event({**self._envelope, "choices": [_choice({}, finish_reason(self._reply))]})
        options = self._body.get("stream_options") or {}
        if options.get("include_usage") and self._dialect.gives_usage:
            yield self._event({**self._envelope, "choices": [], "usage": usage_of(self._reply, self._body)})
        if self._dialect.done:
            yield self._line("data: [DONE]")

    def error(self) -> Iterator[bytes]:
        yield self._event({"error": self._reply.error})

    def _fragments(self, index: int) -> list[dict[str, Any]]:
        """Id and name come once, in the first."""
        call, size = self._reply.calls[index], self._dialect.fragment
        function = {"name": call.name, "arguments": call.arguments if size is None else ""}
        first = {"index": index, "id": _call_id(), "type": "function", "function": function}
        if size is None:
            return [first]
        parts = (call.arguments[at : at + size] for at in range(0, len(call.arguments), size))
        return [first, *({"index": index, "function": {"arguments": part}} for part in parts)]

    def _delta(self, delta: dict[str, Any]) -> bytes:
        return self._event({**self._envelope, "choices": [_choice(delta, None)]})

    def _event(self, data: dict[str, Any]) -> bytes:
        return self._line("data: " + orjson.dumps(data).decode())

    def _line(self, line: str) -> bytes:
        comment = f": keep-alive{self._dialect.newline * 2}" if self._dialect.comments else ""
        return f"{comment}{line}{self._dialect.newline * 2}".encode()


def embeddings(body: dict[str, Any], dialect: Dialect) -> bytes:
    """A vector for each text, always the same one for the same text."""
    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
    size = body.get("dimensions") or dialect.dimensions
    in_base64 = body.get("encoding_format") == "base64"
    data = [
        {"object": "embedding", "index": index, "embedding": _written(vector(text, size), in_base64=in_base64)}
        for index, text in enumerate(texts)
    ]
    tokens = sum(1 + len(text) // 4 for text in texts)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return orjson.dumps({"object": "list", "model": body["model"], "data": data, "usage": usage})


def vector(text: str, size: int = 1536) -> list[float]:
    """What this server answers for a text: unit length, exact in 32 bits."""
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
    drawn = np.random.default_rng(seed).standard_normal(size)
    return [float(number) for number in (drawn / np.linalg.norm(drawn)).astype(np.float32)]


def _written(numbers: list[float], *, in_base64: bool) -> list[float] | str:
    return base64.b64encode(np.array(numbers, dtype="<f4").tobytes()).decode() if in_base64 else numbers


def _envelope(body: dict[str, Any], kind: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{uuid4().hex[:12]}", "object": kind, "created": 1_700_000_000, "model": body.get("model")}


def _choice(delta: dict[str, Any], reason: str | None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": reason}


def _call_id() -> str:
    return f"call_{uuid4().hex[:12]}"
