"""What a turn did to the user's rows, a line each: ✓ created task “Buy milk”."""

from device.chat.entities import Entities, name_of
from device.chat.screen import harmless
from device.events import Mutation
from device.schema import TABLES

_DONE = {"insert": "created", "update": "changed", "delete": "deleted"}
_LONGEST = 60


def line_of(mutation: Mutation, entities: Entities) -> str:
    table = TABLES.get(mutation.table)
    what = table.singular if table is not None else mutation.table
    named = _name(mutation, entities)
    told = f" “{named}”" if named else f" {mutation.id[:8]}"
    return harmless(f"✓ {_DONE.get(mutation.action, mutation.action)} {what}{told}")


def _name(mutation: Mutation, entities: Entities) -> str:
    """What the row is called now; for one that is gone, what is known of it."""
    name = entities.name(mutation.table, mutation.id) or name_of(mutation.data)
    first = name.splitlines()[0] if name else ""
    return first if len(first) <= _LONGEST else first[: _LONGEST - 1] + "…"
