"""What a scripted model can be told to answer, well or badly. Each word makes one `Reply`."""

import asyncio
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Literal

import orjson

Place = Literal["headers", "first_token", "end"]


@dataclass(frozen=True, slots=True)
class Call:
    """One tool call. `arguments` goes out as it stands."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer, as the server plays it."""

    pieces: tuple[str, ...] = ()  # of text, each in a chunk of its own
    calls: tuple[Call, ...] = ()
    reasoning: str = ""
    usage: tuple[int, int] | None = None  # tokens in and out; None: counted roughly
    every_s: float = 0.0  # a pause before each piece
    hang_before: Place | None = None
    hang_s: float | None = None  # None: for ever
    hang_until: asyncio.Event | None = None  # instead of `hang_s`
    cut_after: int | None = None  # pieces sent before the answer breaks off
    cut: Literal["socket", "end"] = "socket"  # the connection is lost, or the body ends without a finish marker
    status: int = 200
    retry_after: str | None = None
    error: dict[str, Any] | None = None  # with status 200: told in the middle of the stream, where it breaks off
    body: bytes | None = None  # instead of everything else
    content_type: str = "text/event-stream"

    @property
    def text(self) -> str:
        return "".join(self.pieces)


def say(text: str, *, tokens: int | None = None, usage: tuple[int, int] | None = None, reasoning: str = "") -> Reply:
    """Text, in chunks of a word each, or in `tokens` chunks of about one size."""
    return Reply(pieces=_words(text) if tokens is None else _parts(text, tokens), usage=usage, reasoning=reasoning)


def call(name: str, /, **arguments: Any) -> Reply:
    """One tool call: `call("create_task", title="Buy milk")`."""
    return raw_call(name, orjson.dumps(arguments).decode())


def raw_call(name: str, arguments_text: str) -> Reply:
    """One tool call whose arguments need not be JSON."""
    return Reply(calls=(Call(name, arguments_text),))


def calls(*several: Reply, text: str = "") -> Reply:
    """Tool calls in one answer, after some text: `calls(call("a"), call("b"), text="Let me look.")`."""
    return Reply(pieces=_words(text), calls=tuple(each for reply in several for each in reply.calls))


def refuse(
    status: int, *, retry_after: float | str | None = None, code: str | None = None, message: str = "No."
) -> Reply:
    """An HTTP error as OpenAI writes it."""
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    return Reply(status=status, error=error, retry_after=None if retry_after is None else str(retry_after))


def hang(*, before: Place, seconds: float | None = None, text: str = "So far so good.") -> Reply:
    """Fall silent at this place of an answer (before `end`: with the text already sent), then go on, if ever."""
    return replace(say(text), hang_before=before, hang_s=seconds)


def drip(text: str, every_s: float) -> Reply:
    """A word every so often."""
    return replace(say(text), every_s=every_s)


def cut(text: str, after_chunks: int, *, at: Literal["socket", "end"] = "socket") -> Reply:
    """Break off after some words: the connection is lost, or the body ends (`end`) as if that were all."""
    return replace(say(text), cut_after=after_chunks, cut=at)


def fail_midway(text: str, *, code: str | None = None, message: str = "Overloaded.") -> Reply:
    """Some text, then an error where the next chunk should be."""
    return replace(say(text), error={"message": message, "type": "server_error", "code": code})


def garbage(*, content_type: str = "text/event-stream", body: bytes = b"<html>data: {]\n\n\xff\xfe") -> Reply:
    """Status 200 and nothing a client can read."""
    return Reply(body=body, content_type=content_type)


def nothing() -> Reply:
    """A proper answer with no text and no call in it."""
    return Reply()


def _words(text: str) -> tuple[str, ...]:
    words = text.split(" ")
    return tuple(word + " " for word in words[:-1]) + ((words[-1],) if words[-1] else ())


def _parts(text: str, count: int) -> tuple[str, ...]:
    size, longer = divmod(len(text), count)
    ends = [size * n + min(n, longer) for n in range(count + 1)]
    return tuple(text[start:end] for start, end in pairwise(ends))
