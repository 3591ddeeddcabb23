"""How long to wait before the next try: exponential, with full jitter.

When a server restarts, all its devices lose their connection in one moment. Waiting a random part of the span, not the span
plus a little, spreads them evenly over it.
"""

import random


class Backoff:
    """Spans of base, 2 × base, 4 × base, … seconds, never above cap."""

    def __init__(self, base_s: float = 0.5, cap_s: float = 30.0, dice: random.Random | None = None) -> None:
        self._base_s, self._cap_s = base_s, cap_s
        self._dice = dice or random.Random()  # noqa: S311 - jitter is no secret
        self._tries = 0

    def next(self, at_least_s: float = 0.0) -> float:
        """Seconds to wait. `at_least_s`: what the server asked for; the jitter comes on top, or all come back at once."""
        span = min(self._cap_s, self._base_s * 2.0 ** min(self._tries, 60))
        self._tries += 1
        return at_least_s + self._dice.uniform(0.0, span)

    def reset(self) -> None:
        """A connection became ready."""
        self._tries = 0
