"""How long a model is waited for, and how often it is asked again."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelLimits:
    connect_s: float = 5.0
    first_token_s: float = 30.0  # from the question to the first sign of an answer
    between_tokens_s: float = 30.0
    call_s: float = 180.0  # everything: repeats, pauses and fallbacks too
    attempts: int = 3  # on one model
    pause_s: float = 0.5  # before the second attempt; doubled before each further one
    longest_pause_s: float = 8.0
    longest_retry_after_s: float = 20.0  # a model that asks for more is left for its fallback
