"""What truly happened: SQLite itself writes down every effect, in the effect's own transaction, and is asked at the end."""

import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import psycopg

_TRIGGERS = """
    CREATE TABLE effects (what TEXT NOT NULL);
    CREATE TRIGGER saw_insert AFTER INSERT ON tasks BEGIN INSERT INTO effects VALUES ('insert ' || NEW.title); END;
    CREATE TRIGGER saw_update AFTER UPDATE ON tasks BEGIN INSERT INTO effects VALUES ('update ' || NEW.description); END;
    CREATE TRIGGER saw_delete AFTER DELETE ON tasks BEGIN INSERT INTO effects VALUES ('delete ' || OLD.title); END;
"""


@dataclass
class Change:
    """Something a device was asked to change, and what the one who asked was told."""

    action: str
    tag: str  # in the row: no two changes share one
    body: dict[str, Any]
    told: int = 0  # the HTTP status; 0 when the connection broke before there was an answer
    answer: dict[str, Any] | None = None

    @property
    def effect(self) -> str:
        return f"{self.action} {self.tag}"


class Witness:
    def __init__(self, database: Path) -> None:
        self._database = database
        with closing(sqlite3.connect(database)) as connection:
            connection.executescript(_TRIGGERS)

    def effects(self) -> Counter[str]:
        return Counter(what for (what,) in self._all("SELECT what FROM effects"))

    def journal(self) -> dict[str, bool]:
        """Call id → was it carried out? (else refused)"""
        return {
            each: "error" not in orjson.loads(result) for each, result in self._all("SELECT id, result FROM journal")
        }

    def answers(self) -> list[dict[str, Any]]:
        """The results the device has given, as frames."""
        rows = self._all("SELECT id, result FROM journal ORDER BY at")
        return [{"type": "tool_result", "id": call_id, **orjson.loads(result)} for call_id, result in rows]

    def _all(self, statement: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self._database, timeout=10)) as connection:
            return connection.execute(statement).fetchall()


def ledger(superuser_url: str, user_id: str) -> dict[str, str]:
    """Call id → its state."""
    with psycopg.connect(superuser_url) as connection:
        rows = connection.execute("SELECT id::text, state FROM tool_calls WHERE user_id = %s", [user_id]).fetchall()
    return dict(rows)


def check(changes: list[Change], witness: Witness, written: dict[str, str]) -> None:
    """Everything that must hold once nothing is under way any more."""
    effects = witness.effects()
    twice = [what for what, times in effects.items() if times > 1]
    assert not twice, f"took effect more than once: {twice}"
    for change in changes:
        happened = effects[change.effect]
        if change.told == 200 and _has_effect(change):
            assert happened == 1, f"reported done, and was not done: {change.effect}"
        elif change.told in (200, 409, 422):
            assert happened == 0, f"reported as not done ({change.told}), and was done: {change.effect}"
    unknown = set(effects) - {change.effect for change in changes}
    assert not unknown, f"nobody asked for: {unknown}"
    for call_id, was_carried_out in witness.journal().items():
        assert call_id in written, "the device was sent a change that is not in the ledger"
        assert written[call_id] == ("done" if was_carried_out else "refused"), (
            f"the ledger says {written[call_id]}, the device's journal that it was "
            f"{'carried out' if was_carried_out else 'refused'}"
        )


def _has_effect(change: Change) -> bool:
    assert change.answer is not None
    return bool(change.answer["deleted"] if change.action == "delete" else change.answer["row"])
