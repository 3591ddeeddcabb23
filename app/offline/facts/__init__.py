"""What a person says of themself and their work, in everyday English, and is worth keeping."""

from app.offline.facts.clauses import main_clause
from app.offline.facts.introductions import introduces
from app.offline.facts.others import predicate
from app.offline.facts.plain import long_form
from app.offline.facts.said import SaidFact, fact_of, facts_of
from app.offline.facts.sentences import sentences
from app.offline.facts.word_lists import is_name

__all__ = [
    "SaidFact",
    "fact_of",
    "facts_of",
    "introduces",
    "is_name",
    "long_form",
    "main_clause",
    "predicate",
    "sentences",
]
