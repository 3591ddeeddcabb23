"""What a model is shown of the turns before this one."""

from typing import Any
from uuid import UUID

from app.keys.vault import KeyVault
from app.kit.crypto import Place
from app.kit.db import Database
from app.threads.content import from_json
from app.threads.records import READ_OUTSIDE_TEXT, Messages
from app.threads.rings import ring_of
from app.threads.tokens import PER_MESSAGE, cut, of_text

SHORTENED_TO = 4  # a turn larger than everything there is room for gets one part in so many of it

# One round trip (`thread_history` in the migrations): it names the user and reads behind row-level security.
_FITTING = "SELECT ids, transcripts, sizes FROM thread_history($1, $2, $3, $4, $5)"


class History:
    def __init__(self, db: Database, vault: KeyVault) -> None:
        self._db, self._vault = db, vault

    async def before(self, user_id: UUID, thread_id: UUID, run_id: UUID, *, most_tokens: int) -> Messages:
        """The messages of the thread's turns that began before this run and have ended, oldest first.

        Whole turns, the newest (at most 200) that fit into `most_tokens` together, so that a tool call is never without
        its result. A turn that alone is larger than that is shortened to its question and the beginning of its answer.
        """
        if most_tokens <= 0:
            return []
        share = most_tokens // SHORTENED_TO
        row = await self._db.hot_row(_FITTING, user_id, thread_id, run_id, most_tokens, share)
        if row is None or row["ids"] is None:
            return []
        keys = await ring_of(self._db, self._vault, user_id)
        messages: Messages = []
        for turn_id, transcript, size in zip(row["ids"], row["transcripts"], row["sizes"], strict=True):
            turn: Messages = from_json(await keys.open(Place("runs", "transcript", turn_id), transcript))
            messages += turn if size <= most_tokens else shortened(turn, share)
        return messages


def shortened(turn: Messages, most: int) -> Messages:
    """The turn's question and the beginning of its last answer, in at most `most` tokens. Nothing when there is no room
    for a few words of both."""
    question, answer = _first(turn, "user"), _last_answer(turn)
    room = most - 2 * PER_MESSAGE
    if room < 16:
        return []
    question = cut(question, max(room // 2, room - of_text(answer)))
    answer = cut(answer, room - of_text(question))
    said: Messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    if turn[0].get(READ_OUTSIDE_TEXT):
        said[0][READ_OUTSIDE_TEXT] = True
    return [message for message in said if message["content"]]


def _first(turn: Messages, role: str) -> str:
    return next((_words(message) for message in turn if message.get("role") == role), "")


def _last_answer(turn: Messages) -> str:
    return next(
        (_words(message) for message in reversed(turn) if message.get("role") == "assistant" and _words(message)), ""
    )


def _words(message: dict[str, Any]) -> str:
    content = message.get("content")
    return content if isinstance(content, str) else ""
