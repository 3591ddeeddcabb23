"""What a person says of themself and their work, in everyday English, and is worth keeping."""

from app.offline.facts.clauses import main_clause
from app.offline.facts.introductions import given_after, introduces
from app.offline.facts.others import predicate
from app.offline.facts.plain import long_form
from app.offline.facts.said import SaidFact, fact_of, facts_of
from app.offline.facts.secrets import tells_secret
from app.offline.facts.sentences import sentences
from app.offline.facts.subjects import is_told_by, place_of, told_under, value_under
from app.offline.facts.word_lists import is_name

__all__ = [
    "SaidFact",
    "fact_of",
    "facts_of",
    "given_after",
    "introduces",
    "is_name",
    "is_told_by",
    "long_form",
    "main_clause",
    "place_of",
    "predicate",
    "sentences",
    "tells_secret",
    "told_under",
    "value_under",
]
