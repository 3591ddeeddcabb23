"""Everything of memory that is counted, weighed or thrown away."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, kw_only=True)
class MemoryLimits:
    """The defaults are those of the service; tests have smaller ones."""

    # What a turn is told
    core_bytes: int = 4096
    near: int = 8  # associative memories
    floor: float = 0.1  # cosine below which two texts have nothing to do with each other
    sessions: int = 5
    confident: float = 0.6  # patterns from here on
    patterns: int = 20

    # What a search looks at
    among: int = 200  # nearest by sign bits, whose vectors are then compared

    # What is kept
    core_items: int = 200
    memories: int = 100_000  # of a user, all tiers together
    key_characters: int = 64
    value_characters: int = 1_000
    content_characters: int = 2_000
    summary_characters: int = 1_200
    notes_of_a_session: int = 50

    # When two memories are one
    same: float = 0.9  # cosine

    # When they go
    episodes_kept: timedelta = timedelta(days=365)
    versions_kept: timedelta = timedelta(days=365)
    struck_kept: timedelta = timedelta(days=30)  # longer than any turn waits to be remembered
    pattern_forgotten: float = 0.1  # confidence
    pattern_half_life: timedelta = timedelta(days=45)

    embed_s: float = 2.0  # a turn does not wait longer to find out what it is about
