"""The talk: a line, an answer, the next line; commands; Ctrl-C."""

import asyncio
from dataclasses import dataclass
from uuid import uuid4

from device.chat.answer import Answer
from device.chat.entities import Entities
from device.chat.lines import Lines
from device.chat.questions import Questions
from device.chat.screen import Screen, harmless
from device.decisions import Decision
from device.device import Device
from device.errors import DeviceError, DeviceStopped, TurnRefused
from device.events import Activity, Approval, Ended, Started, Text
from device.hooks import CallDone
from device.turn import Scope, Turn

PROMPT = "> "
_HELP = """\
/new     begin a new thread
/thread  which thread this is
/quit    leave; so does Ctrl-D
Ctrl-C while the assistant answers stops the answer; anything else is a question."""


@dataclass
class Options:
    """`is_piped`: the lines come from no person at a terminal."""

    thread_id: str | None = None
    scope: Scope | None = None
    approves_all: bool = False
    is_piped: bool = False


class Chat:
    """`device` and its `entities` are set before `talk`: it is made with this object's `decide`."""

    device: Device
    entities: Entities

    def __init__(self, screen: Screen, lines: Lines, options: Options) -> None:
        self._screen, self._lines, self._options = screen, lines, options
        self._thread_id = options.thread_id
        self._session_id = str(uuid4())
        self._own: set[str] = set()
        self._is_prompting = False
        self._turn: Turn | None = None
        self._answer: Answer | None = None
        self._cancelling: asyncio.Task[None] | None = None
        self._talking: asyncio.Task[None] | None = None
        self._questions = Questions(
            lines,
            screen,
            approves_all=options.approves_all,
            asks_for_others=not options.is_piped,
            is_own=self._own.__contains__,
            before=self._make_room,
        )

    async def talk(self) -> None:
        """Until there are no more lines, `/quit`, or Ctrl-C at the prompt."""
        self._talking = asyncio.current_task()
        while (line := await self._read()) is not None:
            if (said := line.strip()) in ("/quit", "/exit", "/q"):
                return
            if said.startswith("/"):
                self._command(said)
            elif said:
                await self._ask(said)
                self._screen.write("\n")

    def notice(self, text: str) -> None:
        """Also while a line is being typed: the prompt is shown once more below it."""
        if not self._shares_line_with_prompt:
            self._screen.notice(text)
            return
        self._screen.write("\n")
        self._screen.notice(text)
        self._screen.prompt(PROMPT)

    def saw(self, done: CallDone) -> None:
        self.entities.remember(done)

    async def decide(self, approval: Approval) -> Decision:
        return await self._questions.decide(approval)

    @property
    def is_answering(self) -> bool:
        return self._turn is not None

    def interrupt(self) -> None:
        """Ctrl-C: once stops the answer, at the prompt or a second time it ends the talk."""
        if self._turn is None or self._cancelling is not None:
            if self._talking is not None:
                self._talking.cancel()
            return
        self._make_room()
        self._screen.notice("Stopping. Ctrl-C once more leaves.")
        self._cancelling = asyncio.create_task(self._turn.cancel())

    async def _read(self) -> str | None:
        self._is_prompting = True
        try:
            return await self._lines.read(PROMPT)
        finally:
            self._is_prompting = False

    @property
    def _shares_line_with_prompt(self) -> bool:
        return self._is_prompting and not self._options.is_piped

    def _command(self, said: str) -> None:
        if said == "/new":
            self._thread_id, self._session_id = None, str(uuid4())
            self._screen.notice("A new thread begins with the next question.")
        elif said == "/thread":
            self._screen.notice(f"--thread {self._thread_id}" if self._thread_id else "No thread yet: ask something.")
        else:
            if said != "/help":
                self._screen.notice(f"There is no command {harmless(said)}. These are there:")
            self._screen.line(_HELP)

    async def _ask(self, message: str) -> None:
        self._answer = Answer(self._screen, self.entities)
        try:
            self._turn = self.device.ask(
                message, thread_id=self._thread_id, session_id=self._session_id, scope=self._options.scope
            )
            self._own.add(self._turn.request_id)
            await self._show(self._turn, self._answer)
        except DeviceStopped:
            raise
        except DeviceError as error:
            self._make_room()
            self._screen.line(_told(error), "bad")
        self._turn = self._answer = self._cancelling = None

    async def _show(self, turn: Turn, answer: Answer) -> None:
        async for event in turn:
            match event:
                case Started():
                    self._thread_id = event.thread_id or self._thread_id
                case Activity():
                    answer.activity(event)
                case Text():
                    answer.text(event.chunk)
                case Ended():
                    answer.ended(event)
                case _:
                    pass  # a domain needs no line; approvals come through `decide`

    def _make_room(self) -> None:
        if self._answer is not None:
            self._answer.interrupted()
        if self._shares_line_with_prompt:
            self._screen.write("\n")
        self._screen.fresh()


def _told(error: DeviceError) -> str:
    sentence = harmless(str(error))
    if isinstance(error, TurnRefused) and error.retry_after_s:
        return f"{sentence.rstrip('.')}. Ask again in {error.retry_after_s:.0f} s."
    return sentence
