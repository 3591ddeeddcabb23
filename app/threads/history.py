"""What a model is shown of the turns before this one."""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.keys.vault import KeyVault
from app.kit.crypto import KeyRing, Place
from app.kit.db import Database
from app.threads.content import from_json
from app.threads.records import Messages
from app.threads.tokens import PER_MESSAGE, cut, of_text

MOST_TURNS = 200  # however small they are
SHORTENED_TO = 4  # a turn larger than everything there is room for gets one part in so many of it

# Sizes are added up from the newest turn backwards, and only rows that fit leave the database.
_FITTING = text(f"""
    SELECT id, transcript, size FROM (
        SELECT id, transcript, transcript_tokens AS size, position,
               sum(CASE WHEN transcript_tokens > :most THEN :shortened ELSE transcript_tokens END)
                   OVER (ORDER BY position DESC) AS so_far
        FROM runs
        WHERE user_id = :user_id AND thread_id = :thread_id AND ended_at IS NOT NULL AND transcript IS NOT NULL
          AND position < (SELECT position FROM runs WHERE id = :run_id AND user_id = :user_id)
        ORDER BY position DESC LIMIT {MOST_TURNS}
    ) earlier
    WHERE so_far <= :most ORDER BY position
""")  # noqa: S608 - built from constants


class History:
    def __init__(self, db: Database, vault: KeyVault) -> None:
        self._db, self._vault = db, vault

    async def before(self, user_id: UUID, thread_id: UUID, run_id: UUID, *, most_tokens: int) -> Messages:
        """The messages of the thread's turns that began before this run and have ended, oldest first.

        Whole turns, the newest that fit into `most_tokens` together, so that a tool call is never without its result. A
        turn that alone is larger than that is shortened to its question and the beginning of its answer.
        """
        if most_tokens <= 0:
            return []
        values = {
            "user_id": user_id,
            "thread_id": thread_id,
            "run_id": run_id,
            "most": most_tokens,
            "shortened": most_tokens // SHORTENED_TO,
        }
        async with self._db.of(user_id) as session:
            rows = (await session.execute(_FITTING, values)).all()
            keys = await self._vault.of(session, user_id)
        messages: Messages = []
        for row in rows:
            turn = await _opened(keys, row)
            messages += turn if row.size <= most_tokens else shortened(turn, most_tokens // SHORTENED_TO)
        return messages


async def _opened(keys: KeyRing, row: Any) -> Messages:
    turn: Messages = from_json(await keys.open(Place("runs", "transcript", row.id), row.transcript))
    return turn


def shortened(turn: Messages, most: int) -> Messages:
    """The turn's question and the beginning of its last answer, in at most `most` tokens. Nothing when there is no room
    for a few words of both."""
    question, answer = _first(turn, "user"), _last_answer(turn)
    room = most - 2 * PER_MESSAGE
    if room < 16:
        return []
    question = cut(question, max(room // 2, room - of_text(answer)))
    answer = cut(answer, room - of_text(question))
    said = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
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
