"""vector_upsert and vector_search: one vector a note, compared by cosine, exactly.

No extension of SQLite: many Pythons are built without loading them. A desktop has thousands of notes, not millions, and
numpy compares ten thousand in tens of milliseconds. Vectors are stored at length one, so that a search is one product.
The first vector sets the dimension; vectors of two models cannot be compared.
"""

import math
import sqlite3
from typing import TYPE_CHECKING, Any

from device.calls import Call, Result
from device.errors import Refused
from device.filters import equality, row_limit
from device.rows import data_of, id_of
from device.schema import TABLES, shown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# ruff: noqa: S608 - the condition holds names of the schema only; values are bound
_FLOAT_BYTES = 4
_USUAL_LIMIT = 10
_NOTES = TABLES["notes"]


def upsert(connection: sqlite3.Connection, call: Call, _now: int) -> Result:
    """Store the vector of a note. The note itself (text, project) stays as its row has it: a search tells what it says now,
    not what it said when it was embedded. So a note must be there: a vector alone would be found and lead nowhere."""
    note_id = id_of(call)
    if not isinstance(data_of(call).get("content"), str):
        raise Refused("vector_upsert needs data.content, the text that was embedded.")
    unit = _unit(connection, call.vector)
    if connection.execute("SELECT 1 FROM notes WHERE id = ?", (note_id,)).fetchone() is None:
        raise Refused(f"There is no note with id {shown(note_id)}, so there is nothing to store a vector for.")
    connection.execute(
        "INSERT INTO vectors (id, vector) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET vector = excluded.vector",
        (note_id, unit.tobytes()),
    )
    return {"ok": True}


def search(connection: sqlite3.Connection, call: Call, _now: int) -> Result:
    """The nearest notes, best first; `filters` are equality on columns of notes."""
    limit = row_limit(_USUAL_LIMIT if call.limit is None else call.limit)
    where, values = _among(call.filters)
    unit = _unit(connection, call.vector)
    found = connection.execute(
        f"SELECT id, vector FROM vectors WHERE id IN (SELECT id FROM notes WHERE {where}) ORDER BY id", values
    ).fetchall()
    best = _nearest(unit, [each[1] for each in found], limit)
    return {"results": [_hit(connection, found[place][0], score) for place, score in best]}


def _among(filters: Any) -> tuple[str, list[Any]]:
    if filters is None:
        filters = {}
    if not isinstance(filters, dict):
        raise Refused(f"filters must be an object, not {shown(filters)}.")
    parts = [equality(_NOTES, name, value) for name, value in filters.items()]
    return " AND ".join(["1", *(part for part, _ in parts)]), [value for _, values in parts for value in values]


def _hit(connection: sqlite3.Connection, note_id: str, score: float) -> Result:
    (content,) = connection.execute("SELECT content FROM notes WHERE id = ?", (note_id,)).fetchone()
    return {"id": note_id, "content": content, "score": score}


def _nearest(unit: "NDArray[np.float32]", blobs: list[bytes], limit: int) -> list[tuple[int, float]]:
    """Places and scores of the most similar, best first; equals in the order given."""
    import numpy as np

    if not blobs:
        return []
    matrix = np.frombuffer(b"".join(blobs), dtype="<f4").reshape(len(blobs), -1)
    scores = np.clip(matrix @ unit, -1.0, 1.0)
    places = np.argsort(-scores, kind="stable")[:limit]
    return [(int(place), float(scores[place])) for place in places]


def _unit(connection: sqlite3.Connection, vector: Any) -> "NDArray[np.float32]":
    """The vector at length one, in the dimension of those stored. Zeros stay zeros: they are like nothing, score 0."""
    import numpy as np

    if not isinstance(vector, list) or not vector or not all(type(each) in (int, float) for each in vector):
        raise Refused("vector must be a list of numbers.")
    if not all(_is_sane(each) for each in vector):
        raise Refused("vector must hold finite numbers only, small enough for 32 bits.")
    stored = connection.execute("SELECT length(vector) FROM vectors LIMIT 1").fetchone()
    if stored is not None and stored[0] != len(vector) * _FLOAT_BYTES:
        raise Refused(
            f"vector has {len(vector)} dimensions, but the vectors on this device have {stored[0] // _FLOAT_BYTES}."
        )
    exact = np.array(vector, dtype=np.float64)
    length = float(np.linalg.norm(exact))
    return (exact / length if length else exact).astype("<f4")


def _is_sane(number: float) -> bool:
    return abs(number) <= 3.4e38 and math.isfinite(number)
