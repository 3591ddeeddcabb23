"""Where a graph stands while it waits for an approval.

LangGraph stops at an interrupt and goes on from what its checkpointer kept. This one keeps it in the process, in
LangGraph's own serialized form, only when a graph stops (`durability="exit"`); a turn that waits hands it over as bytes to
be sealed with the user's key, and a turn that ends drops it.
"""

from typing import Any

import msgspec
from langgraph.checkpoint.memory import InMemorySaver

_Typed = tuple[str, bytes]


class _Held(msgspec.Struct):
    storage: dict[str, dict[str, tuple[_Typed, _Typed, str | None]]]
    writes: list[tuple[str, str, list[tuple[str, int, tuple[str, str, _Typed, str]]]]]
    blobs: list[tuple[str, str, str | int | float, _Typed]]


_DECODER = msgspec.msgpack.Decoder(_Held)


class HeldGraphs(InMemorySaver):
    """By run: LangGraph's `thread_id` is the run's id."""

    def dump(self, run: str) -> bytes:
        held = _Held(
            storage={namespace: dict(kept) for namespace, kept in self.storage[run].items()},
            writes=[
                (namespace, checkpoint, [(*key, value) for key, value in kept.items()])
                for (thread, namespace, checkpoint), kept in self.writes.items()
                if thread == run
            ],
            blobs=[
                (namespace, channel, version, value)
                for (thread, namespace, channel, version), value in self.blobs.items()
                if thread == run
            ],
        )
        return msgspec.msgpack.encode(held)

    def restore(self, run: str, dumped: bytes) -> None:
        held = _DECODER.decode(dumped)
        for namespace, kept in held.storage.items():
            self.storage[run][namespace].update(kept)
        for namespace, checkpoint, writes in held.writes:
            outer: dict[tuple[str, int], Any] = self.writes[(run, namespace, checkpoint)]
            outer.update({(task, index): value for task, index, value in writes})
        for namespace, channel, version, value in held.blobs:
            self.blobs[(run, namespace, channel, version)] = value
