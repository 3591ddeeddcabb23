"""How long a turn may take and how much may be under way. Tests and benchmarks move them."""

from dataclasses import dataclass

from app.assistant.meter import MODEL_CALLS, TOOL_CALLS
from app.threads.leases import RENEW_EVERY_S

UNLIMITED_TURNS = 1_000


@dataclass(frozen=True)
class TurnLimits:
    turn_s: float = 900  # waits for approvals do not count
    approval_s: float = 600
    device_s: float = 60  # how long a turn from a device waits for it to come back
    model_calls: int = MODEL_CALLS
    tool_calls: int = TOOL_CALLS
    history_tokens: int = 24_000  # of earlier turns; the rest of a model's window is for this one
    turns_at_once: int = 10  # of one user; without rate limits, `UNLIMITED_TURNS`
    lease_every_s: float = RENEW_EVERY_S
    beat_s: float = 15  # of a stream of events: proxies close a connection on which nothing moves
    drain_s: float = 10  # what a stopping service gives the turns under way
    ending_s: float = 5  # and then their ends, to be kept and told
