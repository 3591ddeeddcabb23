"""The recall set (`benchmarks/recall_set`): who said what when, what of it is worth remembering, and what is asked later."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson

FOLDER = Path(__file__).parent / "recall_set"
PLACE = ZoneInfo("Europe/Berlin")  # where all four live by the clock, near enough


@dataclass(frozen=True)
class Worth:
    """Something said that is worth remembering. A memory tells it when it holds all words of `answer` and, counted
    together with `words`, most of what is listed."""

    id: str  # among those of its person
    sentence: str
    words: tuple[str, ...]
    answer: tuple[str, ...]
    again: str | None  # said before, in other words, by the one with this id
    replaces: str | None  # what it contradicts


@dataclass(frozen=True)
class Message:
    text: str
    worths: tuple[Worth, ...]


@dataclass(frozen=True)
class Conversation:
    at: datetime
    messages: tuple[Message, ...]


@dataclass(frozen=True)
class Question:
    """Asked after all conversations. `kind` is what it shares with the sentences it is about: "words" (two or more
    words that mean something), "stems" (one, or only forms of it), "hard" (none)."""

    asks: str
    expects: tuple[str, ...]  # ids, each of them
    kind: str


@dataclass(frozen=True)
class Speaker:
    name: str
    about: str
    conversations: tuple[Conversation, ...]
    questions: tuple[Question, ...]

    @cached_property
    def worths(self) -> dict[str, Worth]:
        """By id, in the order they were said."""
        return {each.id: each for talk in self.conversations for message in talk.messages for each in message.worths}

    def same_as(self, worth_id: str) -> frozenset[str]:
        """It, and all that says the same in other words."""
        first = self._first_said(worth_id)
        return frozenset(each for each in self.worths if self._first_said(each) == first)

    def stale_since(self, worth_id: str) -> frozenset[str]:
        """All that is not true any more because of it."""
        replaced = {self.worths[each].replaces for each in self.same_as(worth_id)} - {None}
        return frozenset().union(*(self.same_as(each) | self.stale_since(each) for each in replaced if each))

    @cached_property
    def outdated(self) -> frozenset[str]:
        """All that something said later has replaced."""
        return frozenset().union(*(self.stale_since(each) for each in self.worths))

    def _first_said(self, worth_id: str) -> str:
        while before := self.worths[worth_id].again:
            worth_id = before
        return worth_id


def speakers() -> list[Speaker]:
    return [_speaker(orjson.loads(path.read_bytes())) for path in sorted(FOLDER.glob("*.json"))]


def _speaker(written: dict[str, Any]) -> Speaker:
    return Speaker(
        written["person"],
        written["about"],
        tuple(_conversation(each) for each in written["conversations"]),
        tuple(Question(each["asks"], tuple(each["expects"]), each["kind"]) for each in written["questions"]),
    )


def _conversation(written: dict[str, Any]) -> Conversation:
    at = datetime.fromisoformat(written["at"]).replace(tzinfo=PLACE)
    return Conversation(at, tuple(Message(each["text"], tuple(_worths(each))) for each in written["messages"]))


def _worths(message: dict[str, Any]) -> Iterator[Worth]:
    for each in message.get("facts", ()):
        words, answer = tuple(each["words"]), tuple(each["answer"])
        yield Worth(each["id"], each["sentence"], words, answer, each.get("again"), each.get("replaces"))
