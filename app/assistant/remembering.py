"""What a turn knows of its user's memory, and what it leaves to be remembered."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.assistant.question import Question
from app.devices.frames import Mutation
from app.errors import NotFound
from app.memory.memories import Memories
from app.memory.ports import Forgot, Said, Touched
from app.memory.telling import line_of
from app.threads.records import OpenedRun

_ENTITIES = {"tasks": "task", "projects": "project", "notes": "note", "timelines": "timeline", "clients": "client"}
_SAYS_WHAT_HOLDS = ("core", "associative")  # a summary repeats what its user said, which may become true again
_ANSWERS_HEARD, _MOST_OF_AN_ANSWER = 3, 2_000


class TurnMemory:
    """`heard`: what the user has been shown of memory, or told by the assistant. Said again by them, it is not news.
    `forgot`: what they have taken back in this turn."""

    def __init__(
        self,
        memories: Memories,
        user_id: UUID,
        run_id: UUID,
        said_at: datetime,
        heard: Iterable[str] = (),
        forgot: Iterable[Forgot] = (),
    ) -> None:
        """`said_at`: when the turn began, however long it waits: what is forgotten from then on
        is not remembered of it."""
        self._memories, self._user_id, self._run_id, self.said_at = memories, user_id, run_id, said_at
        self.heard, self.forgot = list(heard), list(forgot)

    async def told(self, message: str) -> str:
        """All four tiers for this message, as the supervisor is told of them; empty when there is nothing."""
        gathered = await self._memories.gather(self._user_id, message)
        self.heard += [item.text for item in gathered.items if item.tier in _SAYS_WHAT_HOLDS]
        return gathered.text

    def said_before(self, earlier: Sequence[dict[str, Any]]) -> None:
        """The conversation so far."""
        answers = [each["content"] for each in earlier if each.get("role") == "assistant" and each.get("content")]
        self.heard += [str(answer)[:_MOST_OF_AN_ANSWER] for answer in answers[-_ANSWERS_HEARD:]]

    async def recall(self, query: str) -> list[str]:
        """A line for each memory. Raises `MemoryOff` and the errors of `app.llm.failures`."""
        found = await self._memories.recall(self._user_id, query)
        self.heard += [each.text for each in found if each.tier in _SAYS_WHAT_HOLDS]
        return [line_of(each) for each in found]

    async def update(self, key: str, value: str) -> str:
        """The line that is now remembered. Raises `MemoryOff`."""
        kept = await self._memories.put_core(self._user_id, key, value, written_by="assistant", run_id=self._run_id)
        return f"{kept.key}: {kept.text}"

    async def forget(self, key: str) -> None:
        """Raises `NotFound`; that it was to be forgotten is not remembered then, either."""
        try:
            memory_id = await self._memories.core_id(self._user_id, key)
            self.forgot.append(Forgot(key, await self._memories.forget(self._user_id, "core", memory_id)))
        except NotFound:
            self.forgot.append(Forgot(key))
            raise

    async def to_remember(self, question: Question, run: OpenedRun, mutations: Sequence[Mutation]) -> bytes:
        """Sealed, for the transaction that ends the turn. Raises `KeysUnavailable`."""
        said = Said(
            run_id=run.id,
            session=question.session_id or str(run.thread_id),
            at=self.said_at,
            message=question.message,
            recalled=tuple(dict.fromkeys(self.heard)),
            touched=tuple(_touched(mutations)),
            forgot=tuple(self.forgot),
        )
        return await self._memories.sealed(self._user_id, said)


def _touched(mutations: Sequence[Mutation]) -> Iterable[Touched]:
    for each in mutations:
        if each.action != "delete" and each.table in _ENTITIES:
            name = each.data.get("title") or each.data.get("name") or ""
            yield Touched(entity_type=_ENTITIES[each.table], entity_id=each.id, name=str(name))
