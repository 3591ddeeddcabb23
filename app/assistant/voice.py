"""What a turn says while it runs, as frames: text, what is being done, and at last how it ended.

Text is shaped (tags verified, internals kept in) before anybody sees it. Pieces that come faster than `TOGETHER_S` travel
together: a frame for each would cost more than the answer.
"""

import asyncio
from typing import Any, Literal

from app.assistant.fitting import text_of
from app.assistant.shaping.shaper import Shaper
from app.assistant.tools.declared import Domain
from app.devices.frames import Mutation, TurnError, Usage
from app.devices.turns import TurnStream

Status = Literal["completed", "cancelled", "failed"]
State = Literal["started", "finished", "failed"]
TOGETHER_S = 0.025
PARAGRAPH = "\n\n"
NOTHING_TO_SHOW = "I cannot show that."


class Voice:
    def __init__(
        self, stream: TurnStream, thread_id: str, shaper: Shaper, *, is_floating: bool, said: str = ""
    ) -> None:
        """`said`: what a turn that goes on after a wait had said before."""
        self._stream, self._thread_id, self._shaper = stream, thread_id, shaper
        self._is_floating = is_floating
        self._said = [said] if said else []
        if said:
            shaper.recall(said)
        self._message_has_text = False
        self._half = ""  # of a character: some models send the two surrogates of a pair apart
        self._unsent: list[str] = []
        self._flush: asyncio.TimerHandle | None = None
        self._held: list[tuple[str, State, str, str]] = []

    def begin(self) -> None:
        """A Home turn starts at once; a floating one first tells what it is about, when that is known."""
        if not self._is_floating and self._stream.last_seq == 0:
            self._stream.start(self._thread_id)

    @property
    def answer(self) -> str:
        return "".join(self._said)

    # The supervisor's words

    def text(self, piece: str) -> None:
        piece = self._half + piece
        self._half = piece[-1] if piece and _is_high(piece[-1]) else ""
        chunks = self._shaper.feed(text_of(piece[:-1] if self._half else piece))
        if chunks:
            self._say(chunks)

    def end_message(self) -> None:
        """One message of the model is complete; what comes next is another paragraph."""
        half, self._half = text_of(self._half), ""
        self._say([*(self._shaper.feed(half) if half else ()), *self._shaper.end_message()])
        self._message_has_text = False

    def _say(self, chunks: list[str]) -> None:
        if not chunks:
            return
        if not self._message_has_text:
            if self._said:
                chunks = [PARAGRAPH, *chunks]
            self._message_has_text = True
        self._said += chunks
        self._unsent += chunks
        if self._flush is None:
            self._send()
            self._flush = asyncio.get_running_loop().call_later(TOGETHER_S, self._later)

    def _later(self) -> None:
        self._flush = None
        if self._unsent:
            self._send()
            self._flush = asyncio.get_running_loop().call_later(TOGETHER_S, self._later)

    def _send(self) -> None:
        if self._unsent:
            self._about("tasks")
            chunk = "".join(self._unsent)
            self._unsent.clear()
            self._stream.text(chunk)

    def _about(self, domain: Domain) -> None:
        if self._stream.last_seq == 0:
            if self._is_floating:
                self._stream.domain(domain)
            self._stream.start(self._thread_id)
            for agent, state, label, tool in self._held:
                self._stream.activity(agent, state, label, tool)
            self._held.clear()

    # What is being done

    def agent(self, name: str, domain: Domain, state: State, label: str) -> None:
        self._send()
        self._about(domain)
        self._stream.activity(name, state, label)

    def tool(self, agent: str, tool: str, state: State, label: str) -> None:
        """The supervisor's own tools may come before it is known what a floating turn is about: told once it is."""
        self._send()
        if self._is_floating and self._stream.last_seq == 0:
            self._held.append((agent, state, label, tool))
        else:
            self._stream.activity(agent, state, label, tool)

    # The end

    def end(self, status: Status, mutations: list[Mutation], usage: Usage, error: TurnError | None) -> None:
        """The last frame. Whatever happened before, exactly one."""
        self.hush(status)
        self._about("tasks")
        self._stream.end(status, mutations=mutations, usage=usage, error=error)

    def hush(self, status: Status | None = None) -> None:
        """Everything said so far is sent, and no timer is left.

        `status`: the turn ends with it. A completed answer of which nothing may be shown says so, once.
        """
        self.end_message()
        if status == "completed" and self._shaper.has_removed_all and NOTHING_TO_SHOW not in self._said:
            self._say([NOTHING_TO_SHOW])
        if self._flush is not None:
            self._flush.cancel()
            self._flush = None
        self._send()
        if self._held:
            self._about("tasks")

    @property
    def removed(self) -> dict[str, Any]:
        """How much the shaper has taken out, by kind."""
        return dict(self._shaper.removed)


def _is_high(letter: str) -> bool:
    """The first half of a surrogate pair."""
    return "\ud800" <= letter <= "\udbff"
