"""Having a model write the diary: a sentence for a turn, a paragraph for a session."""

from collections.abc import Sequence
from uuid import UUID

from app.memory.by_model.asking import Asking, CannotUse, IsPrivate, Told
from app.memory.by_model.tidying import sentence, shortened
from app.memory.limits import MemoryLimits
from app.memory.ports import Note, Said
from app.memory.telling import one_line

NOTE_CHARACTERS = 300
MOST_ASKED = 4_000  # characters read of a question; its answer may tell of other memories, and is not read


class ModelSummarizer:
    """`app.memory.ports.Summarizer`."""

    def __init__(self, asking: Asking, is_private: IsPrivate, limits: MemoryLimits) -> None:
        self._asking, self._is_private, self._limits = asking, is_private, limits

    async def note(self, user_id: UUID, said: Said) -> str:
        """Raises the errors of `Asking.usable`."""
        rows = "\n".join(one_line(f"{each.entity_type} {each.name}") for each in said.touched)
        told = Told().fact(f"On {said.at:%A %Y-%m-%d %H:%M}.").data("question", said.message[:MOST_ASKED])
        told.data("rows created or changed", rows)
        return await self._asking.usable(user_id, "note", told, lambda answer: self._prose(answer, NOTE_CHARACTERS))

    async def summary(self, user_id: UUID, earlier: str, notes: Sequence[Note]) -> str:
        """The first note of a session is its summary; no model is asked. Raises the errors of `Asking.usable`."""
        most = self._limits.summary_characters
        if not earlier and len(notes) == 1:
            return shortened(notes[0].text, most)
        told = Told().data("so far", earlier).data("notes", "\n".join(f"- {one_line(each.text)}" for each in notes))
        return await self._asking.usable(user_id, "summary", told, lambda answer: self._prose(answer, most))

    def _prose(self, answer: str, most: int) -> str:
        text = shortened(sentence(answer), most)
        if not text or self._is_private(text):
            raise CannotUse
        return text
