"""Faults to order, for tests of a server: a slow device, a cut at the worst moment, results twice, late or broken.

A test holds the object and moves its levers while the device runs. All at rest, a device is as it should be.
The whole numbers count down, one for each call they hit: `Levers(cut_after=2)` cuts the next two.
"""

import asyncio
import random
from dataclasses import dataclass, field

import orjson

from device.calls import Call, Frame
from device.faulty_journals import LateJournal, NoJournal
from device.journal import Journal

Text = bytes  # a frame as it goes out; garbage need not be JSON

_GARBAGE = (
    lambda call: b'{"type": "tool_result", "id": ' + orjson.dumps(call.id) + b", ",  # cut short
    lambda call: orjson.dumps({"type": "tool_result", "id": call.id, "rows": "none", "row": [1], "deleted": "maybe"}),
    lambda call: orjson.dumps({"type": "tool_result", "id": call.id}),  # no result
    lambda _call: orjson.dumps({"type": "tool_result", "row": None}),  # no id
    lambda _call: b"[1, 2, 3]",
)


class Cut(Exception):
    """The connection is to be torn off here, without a close frame."""


@dataclass
class Levers:
    slow_before_s: float = 0.0  # before each call is carried out
    slow_after_s: float = 0.0  # before each result is sent
    cut_before: int = 0  # the socket tears before the effect ...
    cut_after: int = 0  # ... or after it, before the answer
    cut_before_chance: float = 0.0  # the same by the dice
    cut_after_chance: float = 0.0
    duplicate: int = 0  # so many copies more of every result
    reorder: int = 0  # hold so many results, then send them last first; those held tear away with the socket
    forget: int = 0  # carry the call out and never answer
    garbage: int = 0  # answer with something that is no result, a different kind each time
    without_journal: bool = False
    claims_journal: bool = True  # what the hello says; an honest device without a journal says False
    journal_outside_transaction: bool = False
    crash_between: int = 0  # with it: the process "ends" after the effect, before the journal
    no_pong: bool = False
    dice: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311 - repeatable, not secret
    _held: list[Text] = field(default_factory=list, repr=False)
    _garbage_sent: int = field(default=0, repr=False)

    def journal(self) -> Journal | None:
        """The faulty journal that was ordered; None for the real one."""
        if self.without_journal:
            return NoJournal()
        if self.journal_outside_transaction:
            return LateJournal(lambda: self._use_up("crash_between"))
        return None

    async def before(self) -> None:
        """Raises `Cut`."""
        if self.slow_before_s:
            await asyncio.sleep(self.slow_before_s)
        if self._use_up("cut_before") or self.dice.random() < self.cut_before_chance:
            raise Cut

    async def outgoing(self, call: Call, result: Frame) -> list[Text]:
        """What goes out instead of this one result: usually just it. Raises `Cut`."""
        if self.slow_after_s:
            await asyncio.sleep(self.slow_after_s)
        if self._use_up("cut_after") or self.dice.random() < self.cut_after_chance:
            raise Cut
        if self._use_up("forget"):
            return []
        text = self._some_garbage(call) if self._use_up("garbage") else orjson.dumps(result)
        return self._in_order([text] * (1 + self.duplicate))

    def torn(self) -> None:
        """The socket is gone, and with it what was held back for it."""
        self._held.clear()

    def _in_order(self, texts: list[Text]) -> list[Text]:
        if not self.reorder and not self._held:
            return texts
        self._held += texts
        if len(self._held) < self.reorder:
            return []
        held, self._held = self._held, []
        return held[::-1]

    def _some_garbage(self, call: Call) -> Text:
        self._garbage_sent += 1
        return _GARBAGE[(self._garbage_sent - 1) % len(_GARBAGE)](call)

    def _use_up(self, lever: str) -> bool:
        left: int = getattr(self, lever)
        if left > 0:
            setattr(self, lever, left - 1)
        return left > 0
