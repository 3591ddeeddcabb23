"""What became of a wish, on the supervisor's side."""

from dataclasses import dataclass, field

from app.offline.told import Row, Told, read_told
from app.offline.wishes import Wish


@dataclass(frozen=True, slots=True)
class Outcome:
    """`kind`: as in `Told`, or `ask` or `said`, with the question or the whole answer in `sentence`. `candidates`: (noun,
    row) when several were meant."""

    wish: Wish
    kind: str
    sentence: str = ""
    rows: list[Row] = field(default_factory=list)
    candidates: list[tuple[str, Row]] = field(default_factory=list)
    owners: dict[str, str] = field(default_factory=dict)  # "project" → the name that was found


def outcome_of(wish: Wish, told: Told) -> Outcome:
    candidates = [(wish.noun if wish.noun != "comment" else "task", row) for row in told.rows]
    return Outcome(wish, told.kind, told.sentence, told.rows, candidates if told.kind == "ambiguous" else [])


def read_outcome(wish: Wish, text: str) -> Outcome:
    return outcome_of(wish, read_told(text))


def asked(wish: Wish, question: str) -> Outcome:
    return Outcome(wish, "ask", question)


def said(wish: Wish, answer: str) -> Outcome:
    return Outcome(wish, "said", answer)
