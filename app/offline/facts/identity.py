"""Who somebody is: what there is one of, by its name."""

from app.offline.facts import health, origins, people, places, things, work
from app.offline.facts.plain import Slot, value_of

_TABLE = (*people.NAMES, *health.ROWS, *origins.ROWS, *places.ROWS, *work.ROWS, *people.ROWS, *things.ROWS)


def identity_slots(sentence: str) -> list[Slot]:
    """What the sentence, in its long form, says of who the speaker is; empty for one about anything else."""
    for pattern, reading in _TABLE:
        match = pattern.fullmatch(sentence)
        slots = [(key, value_of(value)) for key, value in reading(match)] if match is not None else []
        if slots and all(key and value for key, value in slots):
            return slots
    return []
