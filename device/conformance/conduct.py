"""What the client did all run long, whatever was being tried: the rules of `discipline` are judged from this."""

import time
from collections import Counter
from dataclasses import dataclass, field

import orjson

from device.conformance import frames
from device.conformance.frames import Frame
from device.conformance.verdicts import brief

LARGEST_FRAME = 1024 * 1024
FRAMES_PER_SECOND, BURST = 50, 200
_FLOOD = 2_000  # frames above the pace: nobody's slip any more
_ENVELOPE = {"type", "id"}
_FIELD = {
    "select": "rows",
    "get": "row",
    "insert": "row",
    "update": "row",
    "delete": "deleted",
    "vector_upsert": "ok",
    "vector_search": "results",
}


@dataclass
class Findings:
    """How often something was wrong, and the first time in full."""

    expected: str
    got: str
    times: int = 1


@dataclass
class Conduct:
    findings: dict[str, Findings] = field(default_factory=dict)
    types: Counter[str] = field(default_factory=Counter)
    pings: int = 0
    is_flooding: bool = False
    total: int = 0
    approvals: set[str] = field(default_factory=set)
    """Ids of every `approval_request` that was sent."""
    _asked: Counter[str] = field(default_factory=Counter)
    _answered: Counter[str] = field(default_factory=Counter)
    _actions: dict[str, str] = field(default_factory=dict)
    _allowance: float = BURST
    _counted_at: float = field(default_factory=time.monotonic)

    def found(self, rule_id: str, expected: str, got: str) -> None:
        known = self.findings.get(rule_id)
        if known is None:
            self.findings[rule_id] = Findings(expected, got)
        else:
            known.times += 1
        self.total += 1

    def asked(self, call: Frame) -> None:
        """A `tool_call` is on its way, or on its way again."""
        if isinstance(call.get("id"), str):
            self._asked[call["id"]] += 1
            self._actions[call["id"]] = str(call.get("action"))

    def frame(self, raw: str | bytes) -> Frame | None:
        """A frame came. The same frame as an object, unless nothing can be done with it."""
        size = len(raw.encode(errors="surrogatepass") if isinstance(raw, str) else raw)
        if size > LARGEST_FRAME:
            self.found("discipline.size", "frames of at most 1 MiB (1,048,576 bytes)", f"a frame of {size:,} bytes")
        if isinstance(raw, bytes):
            self.found("discipline.text-frames", "text frames only", f"a binary frame of {size:,} bytes")
        try:
            frame = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            self.found("discipline.json", "a JSON object in each frame", f"{error}: {brief(str(raw))}")
            self._paced("")
            return None
        if not isinstance(frame, dict) or not isinstance(frame.get("type"), str):
            self.found("discipline.json", "a JSON object with a `type` in each frame", brief(frame))
            self._paced("")
            return None
        self._judge(frame)
        return frame

    def _judge(self, frame: Frame) -> None:
        kind = frame["type"]
        self.types[kind] += 1
        unasked = True
        if kind not in frames.FIELDS:
            self.found("discipline.vocabulary", "only the frame types of section 2", brief(frame))
        else:
            fault = frames.fault(frame)
            if fault is not None:
                self.found("discipline.fields", *fault)
            if kind == "tool_result":
                unasked = not self._answer(frame)
            elif kind == "approval_response":
                self._approval(frame)
            elif kind == "pong":
                unasked = not self._pong()
        if unasked:
            self._paced(kind)

    def _answer(self, frame: Frame) -> bool:
        """Is it an answer to something? Frames that were asked for do not count against the pace."""
        call_id = frame.get("id")
        if not isinstance(call_id, str):
            return False
        if call_id not in self._asked:
            self.found("discipline.known-calls", "a `tool_result` only for an id that a `tool_call` had", brief(frame))
            return False
        self._answered[call_id] += 1
        self._exact(call_id, frame)
        if self._answered[call_id] > self._asked[call_id]:
            asked, answered = self._asked[call_id], self._answered[call_id]
            self.found(
                "discipline.answers-once",
                "one `tool_result` for each time a `tool_call` was sent",
                f"{answered} for {_actions_of(self._actions[call_id])} that was sent {_times(asked)} (id {call_id})",
            )
            # A second answer is told of here; only more than that is a flood.
            return answered <= 2 * asked
        return True

    def _exact(self, call_id: str, frame: Frame) -> None:
        wanted = _FIELD.get(self._actions[call_id])
        if wanted is None or "error" in frame:
            wanted = "error"
        extra = sorted(set(frame) - _ENVELOPE - {wanted})
        if extra:
            self.found(
                "discipline.exact-results",
                f"`type`, `id` and `{wanted}` in the result of `{self._actions[call_id]}`",
                f"also {', '.join(f'`{name}`' for name in extra)}",
            )

    def _approval(self, frame: Frame) -> None:
        if frame.get("id") not in self.approvals:
            expected = "an `approval_response` only for an id that an `approval_request` had"
            self.found("discipline.known-approvals", expected, brief(frame))

    def _pong(self) -> bool:
        if self.types["pong"] <= self.pings:
            return True
        self.found("discipline.pongs", "a `pong` only as the answer to a `ping`", "one that nobody asked for")
        return False

    def _paced(self, kind: str) -> None:
        now = time.monotonic()
        refilled = self._allowance + (now - self._counted_at) * FRAMES_PER_SECOND
        self._allowance, self._counted_at = min(BURST, refilled) - 1, now
        if self._allowance < 0:
            self.found(
                "discipline.pace",
                f"at most {FRAMES_PER_SECOND} frames a second of its own accord, {BURST} in a burst",
                f"more; the last was `{kind}`" if kind else "more, and not even JSON",
            )
            self.is_flooding = self.findings["discipline.pace"].times > _FLOOD
        self._allowance = max(self._allowance, -1.0)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _actions_of(action: str) -> str:
    return f"a call of `{action}`"
