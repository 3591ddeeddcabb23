"""One question after the other, shown while its answer is made, and what was held against the database."""

import asyncio
import textwrap
import time
from collections.abc import Callable
from dataclasses import dataclass

from device import Activity, Approval, Approve, CallDone, Decision, Device, Ended, Event, Text
from device.chat import charts
from device.chat.screen import Screen, harmless
from device.chat.tags import Chart, pieces
from scripts.demo.words import Words

TURN_S = 60.0
_CHUNK_END = "¦"
_INDENT = "   "
_LINES_SHOWN = 4


@dataclass(frozen=True)
class Answer:
    text: str
    ended: Ended
    approvals: list[Approval]

    @property
    def charts(self) -> list[Chart]:
        return [each for each in pieces(self.text) if isinstance(each, Chart)]

    @property
    def ids(self) -> list[str]:
        """Of the rows it refers to, in their order."""
        return [row_id for each in pieces(self.text) if not isinstance(each, (str, Chart)) for row_id in each.ids]


class Talk:
    def __init__(self, screen: Screen, words: Words) -> None:
        self.screen, self._words = screen, words
        self.before_approval: Callable[[], None] = lambda: None  # looks at the database while the assistant waits
        self.questions = 0
        self.checks: list[bool] = []
        self._approvals: list[Approval] = []
        self._chunks: list[str] = []

    async def ask(self, device: Device, message: str) -> Answer:
        """A conversation of its own. Raises `TimeoutError`, and `DeviceError` for a turn that comes to no end."""
        self.questions += 1
        self._approvals = []
        self.screen.line(f"\n{self.questions}. {message}", "bold")
        began = time.perf_counter()
        async with asyncio.timeout(TURN_S):
            turn = device.ask(message)
            async for event in turn:
                self._show(event)
            ended = await turn.ended()
        took_ms = (time.perf_counter() - began) * 1000
        for each in ended.mutations:
            self._line("±", self._words.mutation(each))
        tokens = f"{ended.input_tokens:,} tokens in, {ended.output_tokens:,} out"
        why = f" ({ended.error_code}: {harmless(ended.error_message)})" if ended.error_code else ""
        self._line("=", f"{ended.status}{why}, {took_ms:.0f} ms, {tokens}", "dim")
        return Answer(turn.answer, ended, self._approvals)

    def check(self, *, holds: bool, what: str) -> None:
        self.checks.append(holds)
        self._line("✓" if holds else "✗", what, "good" if holds else "bad")

    def carried_out(self, done: CallDone) -> None:
        """A tool call has been at the device."""
        self._line("→", self._words.asked(done))
        self._line("←", self._words.answered(done))

    async def decide(self, approval: Approval) -> Decision:
        """Approves, in front of everybody."""
        self._approvals.append(approval)
        self._line("?", f"{approval.summary}  [{approval.tool} {self._words.arguments(approval.args)}]", "bold")
        self.before_approval()
        self._line("!", "yes", "bold")
        return Approve()

    def _show(self, event: Event) -> None:
        if isinstance(event, Text):
            self._chunks.append(event.chunk)
            return
        self._show_text()
        if isinstance(event, Activity) and event.state != "finished":
            failed = " (failed)" if event.state == "failed" else ""
            self._line("·", f"{event.tool or event.agent}: {event.label}{failed}", "dim")

    def _show_text(self) -> None:
        """What was streamed so far, with a mark where each piece ended; a list is shown by its first lines."""
        if not self._chunks:
            return
        text = "".join(self._words.said(chunk) + _CHUNK_END for chunk in self._chunks)
        lines = [line for line in harmless(text).split("\n") if line.strip(f" {_CHUNK_END}")]
        middle = lines[_LINES_SHOWN:-1]
        if len(middle) > 1:
            lines[_LINES_SHOWN:-1] = [f"(and {len(middle)} lines more)"]
        for line in lines:
            self._line("│", line)
        for each in pieces("".join(self._chunks)):
            if isinstance(each, Chart):
                for line in charts.drawn(each.content, self.screen.width - len(_INDENT)):
                    self.screen.line(f"{_INDENT}{line}")
        self._chunks.clear()

    def _line(self, mark: str, text: str, style: str = "") -> None:
        told = textwrap.wrap(
            harmless(" ".join(text.split())),
            max(40, self.screen.width),
            initial_indent=f"{_INDENT}{mark} ",
            subsequent_indent=f"{_INDENT}    ",
            break_on_hyphens=False,
        )
        for line in told or [f"{_INDENT}{mark}"]:
            self.screen.line(line, style)
