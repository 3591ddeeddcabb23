"""The assistant asks before it does something: Delete the task “Buy milk”? [y/n]"""

import asyncio
from collections.abc import Callable
from typing import Any

from device.chat.lines import Lines
from device.chat.screen import Screen, harmless
from device.decisions import Approve, Decision, Edit, Reject
from device.events import Approval

_YES, _NO, _EDIT = ("y", "yes"), ("n", "no"), ("e", "edit")
_LONGEST_REASON = 500
_WRONG = object()


class Questions:
    """`is_own`: does the turn belong to this conversation? Questions of others are asked where a person can tell them apart
    (`asks_for_others`), and are never approved unasked. `before`: called when the screen is needed."""

    def __init__(
        self,
        lines: Lines,
        screen: Screen,
        *,
        approves_all: bool,
        asks_for_others: bool,
        is_own: Callable[[str], bool],
        before: Callable[[], None],
    ) -> None:
        self._lines, self._screen = lines, screen
        self._approves_all, self._asks_for_others = approves_all, asks_for_others
        self._is_own, self._before = is_own, before
        self._one_at_a_time = asyncio.Lock()

    async def decide(self, approval: Approval) -> Decision:
        """Cancelled when somebody else was quicker, or time is up."""
        is_own = self._is_own(approval.request_id)
        if not is_own and not self._asks_for_others:
            self._screen.notice(f"Another conversation asks: {_question(approval)} It is not answered here.")
            await asyncio.Event().wait()
        async with self._one_at_a_time:
            self._before()
            if self._approves_all and is_own:
                self._screen.line(f"{_question(approval)} yes (--yes)")
                return Approve()
            if not is_own:
                self._screen.notice("Another conversation asks:")
            try:
                return await self._asked(approval)
            except asyncio.CancelledError:
                self._screen.line("(answered elsewhere, or too late)", "dim")
                raise

    async def _asked(self, approval: Approval) -> Decision:
        """Until an answer is one. `n` may be followed by a reason, which the assistant reads."""
        can_edit = bool(_editable(approval))
        prompt = f"{_question(approval)} [y/n{'/edit' if can_edit else ''}] "
        while True:
            line = await self._lines.read(prompt)
            if line is None:
                return Reject("Nobody was there to answer.")
            word, _, rest = line.strip().partition(" ")
            if word.lower() in _YES:
                return Approve()
            if word.lower() in _NO:
                return Reject(rest.strip()[:_LONGEST_REASON])
            if can_edit and word.lower() in _EDIT:
                return await self._edited(approval)
            self._screen.notice("y is yes; n is no, and a reason may follow it.")

    async def _edited(self, approval: Approval) -> Decision:
        args = dict(approval.args)
        for name in _editable(approval):
            value = await self._value(name, args[name])
            if value is _WRONG:
                return Reject("Nobody was there to answer.")
            args[name] = value
        return Edit(args) if args != approval.args else Approve()

    async def _value(self, name: str, value: Any) -> Any:
        """The new value, of the kind of the old one; an empty line keeps it."""
        while True:
            line = await self._lines.read(f"  {harmless(name)} [{_flat(value)}]: ")
            if line is None:
                return _WRONG
            if not line.strip():
                return value
            if not isinstance(value, int):
                return line
            try:
                return int(line)
            except ValueError:
                self._screen.notice("That is no whole number.")


def _question(approval: Approval) -> str:
    summary = approval.summary or f"Allow {approval.tool}"
    return f"{_flat(summary).rstrip('?. ')}?"


def _editable(approval: Approval) -> list[str]:
    """What a person can type: texts and numbers, but no ids."""
    return [
        name
        for name, value in approval.args.items()
        if isinstance(value, (str, int)) and not isinstance(value, bool) and name != "id" and not name.endswith("_id")
    ]


def _flat(value: Any) -> str:
    return harmless(str(value).replace("\n", " ").replace("\t", " "))
