"""Turns under way: how far each was told, so that a reconnect goes on from there and nothing is told twice.

In memory only. The numbers are worth something together with the text that was shown, and that is gone with the process; a
turn lost this way is read over REST (`GET /chat/{request_id}`).
"""

from collections import OrderedDict
from enum import Enum, auto

from device.calls import Frame

_ENDED_KEPT = 1000


class Heard(Enum):
    NEW = auto()
    DUPLICATE = auto()
    AFTER_GAP = auto()  # new, but something before it never came


class Turns:
    def __init__(self) -> None:
        self._last: dict[str, int] = {}
        self._ended: OrderedDict[str, int] = OrderedDict()  # so that a late duplicate begins no turn anew

    @property
    def open(self) -> dict[str, int]:
        """request_id → last seq, of turns whose end has not come: what `device_hello.resume` offers."""
        return dict(self._last)

    def hear(self, frame: Frame) -> Heard:
        """Take note of a frame that has `request_id` and `seq`."""
        request_id, seq = frame["request_id"], frame["seq"]
        last = self._last.get(request_id, self._ended.get(request_id, 0))
        if seq <= last:
            return Heard.DUPLICATE
        if frame["type"] == "stream_end":
            self._last.pop(request_id, None)
            self._ended[request_id] = seq
            while len(self._ended) > _ENDED_KEPT:
                self._ended.popitem(last=False)
        else:
            self._last[request_id] = seq
        return Heard.NEW if seq == last + 1 else Heard.AFTER_GAP

    def expected(self, request_id: str) -> int:
        return self._last.get(request_id, 0) + 1

    def ask_again(self, request_id: str) -> None:
        """A request is sent whose turn has ended: it will be told once more, from the first frame."""
        self._ended.pop(request_id, None)

    def drop(self, request_ids: list[str]) -> None:
        """The server cannot resume these."""
        for request_id in request_ids:
            self._last.pop(request_id, None)
