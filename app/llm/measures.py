"""What asking models counts. Labels are names of models from the settings and words of ours, never content."""

from prometheus_client import Counter

ATTEMPTS = Counter("adiuva_model_attempts_total", "Requests to models that have ended.", ["model", "outcome"])
TOKENS = Counter("adiuva_model_tokens_total", "Tokens as providers count them, or estimates.", ["model", "direction"])
