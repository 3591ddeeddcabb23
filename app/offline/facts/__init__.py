"""What a person says of themself and their work, in everyday English, and is worth keeping."""

from app.offline.facts.said import SaidFact, fact_of, facts_of
from app.offline.facts.sentences import sentences

__all__ = ["SaidFact", "fact_of", "facts_of", "sentences"]
