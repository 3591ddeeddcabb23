"""What remembering leaves to others: reading facts out of what was said, summing sessions up, seeing patterns.

Each has two makers: rules, for a service without a model (`app.memory.by_rules`), and a language model
(`app.memory.by_model`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from app.memory.records import Tier


@dataclass(frozen=True, kw_only=True)
class Touched:
    """A row of the user's that a turn has created or changed."""

    entity_type: str  # "task", "project", "note", "timeline", "client"
    entity_id: str
    name: str  # its title or name; may be empty


@dataclass(frozen=True)
class Forgot:
    """A core memory that a turn was to forget, and has. `value`: what it said; empty when there was none."""

    key: str
    value: str = ""


@dataclass(frozen=True, kw_only=True)
class Said:
    """A turn, as it is remembered from: what the user said. The answer is no part of it: nothing is learned from the
    assistant's own words."""

    run_id: UUID
    session: str
    at: datetime  # in the user's time zone
    message: str
    recalled: tuple[str, ...] = ()  # texts of memories that were shown to the model: never a source of facts
    touched: tuple[Touched, ...] = ()
    forgot: tuple[Forgot, ...] = ()  # its user has taken something back: it adds no sentence to its session


@dataclass(frozen=True)
class Known:
    """A memory that is there already and may be about the same."""

    id: UUID
    tier: Tier
    key: str | None
    text: str


@dataclass(frozen=True, kw_only=True)
class Fact:
    """Something worth remembering. With a `key` it is a core memory, whose value `text` then is ("short answers"); without
    one it is an associative one, a whole sentence in the user's words."""

    text: str
    key: str | None = None
    entity_type: str | None = None
    entity_id: str | None = None
    replaces: tuple[UUID, ...] = field(default=())  # of the known ones: those it contradicts, or says better


class Extractor(Protocol):
    async def facts(self, user_id: UUID, said: Said, known: Sequence[Known]) -> list[Fact]:
        """What the user said in this turn that is worth remembering; empty for most turns.

        Raises an `AdiuvaError` when no model answers now.
        """
        ...


@dataclass(frozen=True)
class Note:
    """What one turn adds to the summary of its session: a sentence. Without a run: what the user wrote in its place."""

    run_id: UUID | None
    text: str


class Summarizer(Protocol):
    async def note(self, user_id: UUID, said: Said) -> str:
        """One sentence: what this turn was about. At most 300 characters. Raises an `AdiuvaError` as above."""
        ...

    async def summary(self, user_id: UUID, earlier: str, notes: Sequence[Note]) -> str:
        """The session in one paragraph. `earlier`: the paragraph so far, empty at first; `notes` oldest first, the last of
        them new. Raises an `AdiuvaError` as above."""
        ...


@dataclass(frozen=True, kw_only=True)
class Episode:
    """The summary of a session."""

    id: UUID
    summary: str
    started_at: datetime  # in the user's time zone
    ended_at: datetime


@dataclass(frozen=True, kw_only=True)
class KnownPattern:
    id: UUID
    text: str
    confidence: float


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """What several sessions have in common ("plans the week on Mondays")."""

    text: str
    grounds: str  # in words: "4 sessions on Mondays between 2 and 23 November"
    episodes: tuple[UUID, ...]  # those that show it
    same_as: UUID | None = None  # a known pattern that this confirms


class Reflector(Protocol):
    async def patterns(
        self, user_id: UUID, episodes: Sequence[Episode], known: Sequence[KnownPattern]
    ) -> list[Pattern]:
        """Patterns over these sessions, oldest first: at least three of them show each. Raises an `AdiuvaError` as above."""
        ...
