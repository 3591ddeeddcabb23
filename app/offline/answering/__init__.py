"""The user's answer: short Markdown in which names stand, with tags for clients that render components."""

from app.offline.answering.compose import MORE, WHICH_ONE, compose
from app.offline.answering.talk import not_understood, small_talk, suggestion

__all__ = ["MORE", "WHICH_ONE", "compose", "not_understood", "small_talk", "suggestion"]
