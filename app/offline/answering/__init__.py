"""The user's answer: short Markdown in which names stand, with tags for clients that render components."""

from app.offline.answering.compose import MORE, WHICH_ONE, compose
from app.offline.answering.groups import grouped_by
from app.offline.answering.remembered import not_looked_further
from app.offline.answering.talk import not_read, not_understood, small_talk, suggestion

__all__ = [
    "MORE",
    "WHICH_ONE",
    "compose",
    "grouped_by",
    "not_looked_further",
    "not_read",
    "not_understood",
    "small_talk",
    "suggestion",
]
