"""What is typed, or stands in a pipe, line by line, beside an event loop that must not wait for it.

A thread reads, and only when somebody waits for a line: what is typed ahead stays where it is. The latest question gets the
next line, for it is what the person sees above the cursor.
"""

import asyncio
import os
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass

Source = Callable[[str], str | None]


@dataclass(eq=False)
class _Waiting:
    prompt: str
    line: asyncio.Future[str | None]


class Lines:
    """`source` blocks for one line after a prompt, and gives None at the end. `show` writes the prompt of a question that
    comes while a line is being read. `keeps`: a line that nobody waits for any more is for the next question (a pipe); else
    it was typed for a question that was withdrawn, and is dropped."""

    def __init__(self, source: Source, show: Callable[[str], None], *, keeps: bool) -> None:
        self._source, self._show, self._keeps = source, show, keeps
        self._loop = asyncio.get_running_loop()
        self._prompts: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._waiting: list[_Waiting] = []
        self._kept: list[str] = []
        self._is_reading = self._is_over = False
        # A daemon: nobody can wake a thread that waits for a terminal, and the process ends without it.
        threading.Thread(target=self._run, name="lines", daemon=True).start()

    async def read(self, prompt: str) -> str | None:
        """The next line without its end; None when there are no more. Cancelled, it lets the line to the one before."""
        if self._kept:
            return self._kept.pop(0)
        if self._is_over:
            return None
        waiting = _Waiting(prompt, self._loop.create_future())
        self._waiting.append(waiting)
        self._want(prompt)
        try:
            return await waiting.line
        finally:
            if waiting in self._waiting:
                self._waiting.remove(waiting)
                self._show_last()

    def _want(self, prompt: str) -> None:
        if self._is_reading:
            self._show(prompt)
            return
        self._is_reading = True
        self._prompts.put(prompt)

    def _show_last(self) -> None:
        """The question above was withdrawn; the one below it stands again."""
        if self._waiting and self._is_reading:
            self._show(self._waiting[-1].prompt)

    def _take(self, line: str | None) -> None:
        self._is_reading = False
        self._waiting = [each for each in self._waiting if not each.line.done()]  # cancelled a moment ago
        if line is None:
            self._is_over = True
            for each in self._waiting:
                each.line.set_result(None)
            self._waiting.clear()
        elif self._waiting:
            self._waiting.pop().line.set_result(line)
            if self._waiting:
                self._want(self._waiting[-1].prompt)
        elif self._keeps:
            self._kept.append(line)

    def _run(self) -> None:
        while True:
            line = self._source(self._prompts.get())
            try:
                self._loop.call_soon_threadsafe(self._take, line)
            except RuntimeError:  # the loop has been closed
                return


def edited(prompt: str) -> str | None:
    """From a terminal, with the arrow keys and a history."""
    try:
        return input(prompt)
    except (EOFError, OSError):
        return None
    except UnicodeDecodeError:
        return ""


class Plain:
    """From anything else that can be read. `show` writes the prompt; `echo` prompt and line, where no terminal does."""

    def __init__(self, descriptor: int, show: Callable[[str], None], echo: Callable[[str], None] | None = None) -> None:
        self._descriptor, self._show, self._echo = descriptor, show, echo
        self._unread = b""

    def __call__(self, prompt: str) -> str | None:
        if self._echo is None:
            self._show(prompt)
        line = self._line()
        if self._echo is not None and line is not None:
            self._echo(prompt + line)
        return line

    def _line(self) -> str | None:
        """By `os.read`: the interpreter cannot end while a thread holds the lock of `sys.stdin`."""
        while b"\n" not in self._unread:
            try:
                more = os.read(self._descriptor, 65536)
            except OSError:  # a terminal that was hung up
                more = b""
            if not more:
                rest, self._unread = self._unread, b""
                return _text(rest) if rest else None
            self._unread += more
        line, _, self._unread = self._unread.partition(b"\n")
        return _text(line)


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace").rstrip("\r")
