"""Memories as they are read and written, opened, in the words of those who ask."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

Tier = Literal["core", "associative", "episodic", "proactive"]
TIERS: tuple[Tier, ...] = get_args(Tier)
WrittenBy = Literal["user", "assistant", "extractor", "summary", "reflection"]
Why = Literal["corrected", "replaced", "merged"]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a memory comes from. `runs` are the turns in which it was said, oldest first; none when it was written over
    the API."""

    written_by: WrittenBy
    runs: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Remembered:
    """A memory of any tier. `text` is what it says: a core value, a piece, a summary, a pattern."""

    id: UUID
    tier: Tier
    text: str
    is_readable: bool = True  # else its payload does not open: it has no text, and no key
    key: str | None = None  # core only
    entity_type: str | None = None  # associative only
    entity_id: str | None = None  # associative only
    grounds: str | None = None  # proactive only: where the pattern comes from, in words
    confidence: float | None = None  # proactive only, 0 to 1
    score: float | None = None  # cosine to what was asked for, when something was
    pinned: bool
    mentions: int
    created_at: datetime
    updated_at: datetime
    source: Source


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """A memory as a turn is told of it."""

    id: UUID
    tier: Tier
    text: str
    key: str | None
    pinned: bool
    confidence: float | None
    score: float | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Version:
    """What a memory said from `valid_from` until `replaced_at`, and why it does not any more."""

    text: str
    written_by: WrittenBy
    why: Why
    valid_from: datetime
    replaced_at: datetime
