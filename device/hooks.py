"""What a device tells whoever runs it. Hooks are plain functions, called in the event loop: they must not block."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from device.calls import Call, Frame, Outcome

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CallDone:
    """A call that was carried out. `took_ms`: from its arrival to its result, waiting in line included."""

    call: Call
    outcome: Outcome
    took_ms: float


@dataclass(frozen=True)
class Hooks:
    """`frame`: every well-formed frame that is no duplicate. `lost`: turns that the server cannot resume. `gap`: request_id,
    the seq expected, the seq that came. `state`: a word (connecting, ready, waiting, stopped) and a sentence."""

    say: Callable[[str], None] | None = None
    frame: Callable[[Frame], None] | None = None
    call: Callable[[CallDone], None] | None = None
    error: Callable[[Frame], None] | None = None
    lost: Callable[[list[str]], None] | None = None
    gap: Callable[[str, int, int], None] | None = None
    state: Callable[[str, str], None] | None = None

    def tell(self, name: str, *facts: Any) -> None:
        """Call a hook, if it is there. One that fails is written to the log: it is not the connection's fault."""
        hook = getattr(self, name)
        if hook is None:
            if name == "say":
                log.info("%s", *facts)
            return
        try:
            hook(*facts)
        except Exception:
            log.exception("the hook %s failed", name)
